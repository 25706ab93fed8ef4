"""A census's own paper: temporary tables of the database session, so that memory stays bounded.

They live as long as the session and are emptied by the next census; nothing reads them but the
census that fills them. Should the session end under it, the census fails and is taken again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import connection

from integrations.choices import STANDING_STATES, PostingState

TABLES: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS census_owed (key text PRIMARY KEY, posting_id bigint);
    CREATE TEMPORARY TABLE IF NOT EXISTS census_read (key text, document_key text);
    CREATE TEMPORARY TABLE IF NOT EXISTS census_spool (
        id bigserial PRIMARY KEY, finding jsonb NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS census_spool_once
        ON census_spool ((finding->>'kind'), (finding->>'subject'));
    CREATE INDEX IF NOT EXISTS census_read_by_key ON census_read (key);
    TRUNCATE census_owed, census_read, census_spool;
"""
SNAPSHOT: Final = """
    INSERT INTO census_owed (key, posting_id)
    SELECT e.key, p.id FROM reconciliation_effect e
      JOIN integrations_posting p ON p.id = e.posting_id
     WHERE e.pair_id = %s AND p.state = ANY(%s)
"""
ON_THE_WAY: Final = """
    SELECT p.state, count(*) FROM reconciliation_effect e
      JOIN integrations_posting p ON p.id = e.posting_id
     WHERE e.pair_id = %s AND p.state <> ALL(%s) GROUP BY 1 ORDER BY 1
"""
NOT_READ: Final = """
    SELECT o.key FROM census_owed o
     WHERE o.key > %s AND NOT EXISTS (SELECT 1 FROM census_read r WHERE r.key = o.key)
     ORDER BY o.key LIMIT %s
"""


def begin(pair_id: int) -> tuple[int, dict[str, int]]:
    """Note what is owed now: how many effects stand, and how many are on their way by state."""
    standing = [str(state) for state in STANDING_STATES]
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute(SNAPSHOT, [pair_id, standing])
        owed = cursor.rowcount
        cursor.execute("ANALYZE census_owed")
        cursor.execute(ON_THE_WAY, [pair_id, [*standing, str(PostingState.CANCELLED)]])
        return owed, dict(cursor.fetchall())


def note_read(documents: Sequence[tuple[str, str]]) -> None:
    """Keys that were read, each with its document."""
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO census_read VALUES (%s, %s)", list(documents))


def owed_keys(keys: Sequence[str]) -> set[str]:
    """Those of `keys` that stood as the census began."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM census_owed WHERE key = ANY(%s)", [list(keys)])
        return {key for (key,) in cursor.fetchall()}


def finish_reading() -> None:
    """The planner learns how much was read."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE census_read")


def not_read(page: int) -> Iterator[list[str]]:
    """Owed keys that were not read in the ERP, a page at a time."""
    after = ""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NOT_READ, [after, page])
            keys = [key for (key,) in cursor.fetchall()]
        if not keys:
            return
        yield keys
        after = keys[-1]


def spool(findings: Sequence[str]) -> None:
    """Put findings aside, as JSON, until the census is counted; each of them once."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO census_spool (finding) VALUES (%s::jsonb) ON CONFLICT DO NOTHING",
            [[each] for each in findings],
        )


def spooled(page: int) -> Iterator[list[dict[str, Any]]]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, finding::text FROM census_spool WHERE id > %s ORDER BY id LIMIT %s",
                [after, page],
            )
            rows = cursor.fetchall()
        if not rows:
            return
        yield [_loads(text) for _, text in rows]
        after = rows[-1][0]


def _loads(text: str) -> dict[str, Any]:

    found: dict[str, Any] = json.loads(text)
    return found
