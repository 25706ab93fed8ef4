"""The small world of the pages, built once in a process and copied as rows afterwards.

Its factories send some six hundred statements; hundreds of tests want the same rows.
"""

import pickle
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.db import connection, transaction

from tests.world import World

TABLES = """
    SELECT c.relname, a.attname
      FROM pg_class c
      JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnkeyatts = 1
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
     WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
#: What the database works out itself cannot be copied in.
COLUMNS = """
    SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position)
      FROM information_schema.columns
     WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY 1
"""


GIVEN = User.groups.through
APART = (GIVEN._meta.db_table, Group._meta.db_table)


@dataclass(frozen=True)
class Kept:
    """`rows` are the texts of COPY by the target of each; `numbers` is how far each sequence has
    come, for there are tests that begin one anew. `roles` is who has which by name: groups
    that were emptied and made anew have other keys. `world` is the pickled World.
    """

    rows: dict[str, bytes]
    numbers: dict[str, int]
    roles: list[tuple[int, str]]
    world: bytes


_kept: dict[tuple[tuple[str, int], ...], Kept] = {}


def kept_world(**size: int) -> World:
    """A World of this size, in the current transaction."""
    key = tuple(sorted(size.items()))
    if key not in _kept:
        return _built(key, size)
    _copy_in(_kept[key])
    found: World = pickle.loads(_kept[key].world)
    return found


def _built(key: tuple[tuple[str, int], ...], size: dict[str, int]) -> World:
    before = _newest()
    world = World(**size)
    _kept[key] = Kept(_copied_out(before), _numbers(before), _roles(before), pickle.dumps(world))
    return world


def _numbers(before: dict[tuple[str, str], str]) -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for name, key in before:
            sequence = f"pg_get_serial_sequence('{name}', '{key}')"
            cursor.execute(f"SELECT {sequence}, max({key})::text FROM {name}")
            sequence, last = cursor.fetchone()
            if sequence and last:
                found[sequence] = int(last)
    return found


def _roles(before: dict[tuple[str, str], str]) -> list[tuple[int, str]]:
    last = int(before[GIVEN._meta.db_table, "id"] or 0)
    return list(GIVEN.objects.filter(pk__gt=last).values_list("user_id", "group__name"))


def _newest() -> dict[tuple[str, str], str]:
    """The last key of each table that numbers its rows; of others the test has none yet."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        tables = cursor.fetchall()
        parts = [f"(SELECT max({key})::text FROM {name})" for name, key in tables]
        cursor.execute(f"SELECT {', '.join(parts)}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


def _copied_out(before: dict[tuple[str, str], str]) -> dict[str, bytes]:
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        columns = dict(cursor.fetchall())
        for (name, key), last in before.items():
            if name in APART:
                continue
            newer = f"WHERE {key} > '{last}'" if last is not None else ""
            picked = f"SELECT {columns[name]} FROM {name} {newer}"
            with cursor.copy(f"COPY ({picked}) TO STDOUT") as copy:
                if text := b"".join(copy):
                    rows[f"{name} ({columns[name]})"] = text
    return rows


def _copy_in(kept: Kept) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # Rows of a version in force are sealed, and were written before it came into force.
        cursor.execute("SET LOCAL session_replication_role = replica")
        for target, text in kept.rows.items():
            with cursor.copy(f"COPY {target} FROM STDIN") as copy:
                copy.write(text)
        cursor.execute("SET LOCAL session_replication_role = origin")
        ahead = [f"setval('{s}', GREATEST(nextval('{s}'), {n}))" for s, n in kept.numbers.items()]
        cursor.execute(f"SELECT {', '.join(ahead)}")
    names = {name for _, name in kept.roles}
    groups = {name: Group.objects.get_or_create(name=name)[0].pk for name in names}
    GIVEN.objects.bulk_create(
        GIVEN(user_id=user, group_id=groups[name]) for user, name in kept.roles
    )
