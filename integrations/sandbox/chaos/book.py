"""The schedule in a vendor's database: put there before the run, struck call by call, read after.

Calls are counted by the database, so a vendor that is killed goes on where it was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg

from integrations.sandbox.chaos.schedule import Fault, vendor_of

SCRIPT: Final = Path(__file__).with_name("schedule.sql")
SCHEMA_LOCK: Final = 7_300_003
STRUCK: Final = """
    SELECT channel, call, kind, struck_at, note FROM public.sandbox_schedule
     WHERE struck_at IS NOT NULL ORDER BY struck_at, channel, call
"""


def install(database_url: str, channels: Iterable[str], faults: Sequence[Fault]) -> None:
    """Make the tables and lay down the schedule once; a repeat changes nothing."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
        connection.execute(SCRIPT.read_text("utf-8").encode())
        if connection.execute("SELECT 1 FROM public.sandbox_channel LIMIT 1").fetchone():
            return
        with connection.cursor() as cursor:
            with cursor.copy(
                "COPY public.sandbox_schedule (channel, call, kind) FROM STDIN"
            ) as copy:
                for fault in faults:
                    copy.write_row((fault.channel, fault.call, fault.kind))
            cursor.executemany(
                "INSERT INTO public.sandbox_channel (channel) VALUES (%s)", [(n,) for n in channels]
            )


def is_on(connection: psycopg.Connection[Any]) -> bool:
    """Whether this database was given a schedule."""
    found = connection.execute("SELECT to_regclass('public.sandbox_channel')").fetchone()
    if found is None or found[0] is None:
        return False
    return connection.execute("SELECT 1 FROM public.sandbox_channel LIMIT 1").fetchone() is not None


def strike(connection: psycopg.Connection[Any], channel: str, what: str) -> str | None:
    """Count one call of the channel; the kind of the fault that strikes it, or None.

    what: shown in the log, such as the path that was asked.
    """
    row = connection.execute("SELECT public.sandbox_strike(%s, %s)", (channel, what)).fetchone()
    return row[0] if row else None


def quieten(database_url: str) -> None:
    """From now on nothing strikes any more: vendors recover, sooner or later."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        if is_on(connection):
            connection.execute("UPDATE public.sandbox_channel SET quiet = true")


def struck(database_url: str) -> Iterator[dict[str, Any]]:
    """Every fault that struck, in the order of time, as JSON has it."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        if not is_on(connection):
            return
        for channel, call, kind, at, note in connection.execute(STRUCK):
            yield {
                "channel": channel,
                "call": call,
                "kind": kind,
                "at": at.isoformat(),
                "note": note,
            }


def write_log(path: Path, database_urls: Sequence[str]) -> dict[str, int]:
    """One JSON line for each fault that struck; answers how many there were of each class.

    A class is `vendor: kind`, as schedule.classes() has them.
    """
    lines = sorted((line for url in database_urls for line in struck(url)), key=lambda x: x["at"])
    text = "".join(json.dumps(line) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return dict(sorted(Counter(f"{vendor_of(x['channel'])}: {x['kind']}" for x in lines).items()))
