"""Write many rows with one statement whose only parameter is a JSON text of all their values.

Django's own bulk statements adapt every value by itself, several calls of Python for each column of
each row; here the encoder of the standard library writes all of them at once, and PostgreSQL reads
them with `jsonb_to_recordset`. Columns are plain ones; nothing is cut: a text that is too long for
its column is refused as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from psycopg import sql

ModelT = TypeVar("ModelT", bound=models.Model)


def insert_rows(rows: Sequence[ModelT]) -> None:
    """Insert new rows in their order and give them their keys, as `bulk_create` does."""
    if not rows:
        return
    model = type(rows[0])
    fields = _insertable(model)
    returned = _fetch(_insert(model, fields), _text(rows, fields))
    for row, (primary,) in zip(rows, returned, strict=True):
        _stored(row, primary)


def insert_new(rows: Sequence[ModelT], unique: str) -> list[ModelT]:
    """Insert the rows whose `unique` field is not there yet; answers those, with their keys.

    Of several with the same one the first is inserted.
    """
    if not rows:
        return []
    model = type(rows[0])
    fields = _insertable(model)
    statement = _insert(model, fields, unique)
    by_value: dict[Any, ModelT] = {}
    for row in rows:
        by_value.setdefault(getattr(row, unique), row)
    returned = _fetch(statement, _text(list(by_value.values()), fields))
    new = []
    for primary, value in returned:
        _stored(by_value[value], primary)
        new.append(by_value[value])
    return new


def update_rows(rows: Sequence[ModelT], names: Sequence[str]) -> int:
    """Write the named fields of the rows; answers how many rows there were to write."""
    if not rows:
        return 0
    model = type(rows[0])
    fields = (_primary(model), *(_plain_field(model, name) for name in names))
    with connection.cursor() as cursor:
        cursor.execute(_update(model, fields), [_text(rows, fields)])
        return int(cursor.rowcount)


def values_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of plain values as the one JSON parameter of a statement with `jsonb_to_recordset`."""
    return json.dumps(list(rows), default=_exact, allow_nan=False, separators=(",", ":"))


Field = models.Field[Any, Any]


def _text(rows: Iterable[models.Model], fields: Sequence[Field]) -> str:
    """All values of the rows; the names of columns are short, since they repeat in every row."""
    names = [(f"c{place}", field.attname) for place, field in enumerate(fields)]
    for field in fields:
        if isinstance(field, models.ForeignKey):
            _refer(rows, field)
        if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
            for row in rows:
                field.pre_save(row, add=True)
    return values_text({short: getattr(row, name) for short, name in names} for row in rows)


def _refer(rows: Iterable[models.Model], field: models.ForeignKey[Any, Any]) -> None:
    """Rows that were referred to before they were stored have their keys by now."""
    for row in rows:
        if getattr(row, field.attname) is None and field.is_cached(row):
            referred = field.get_cached_value(row)
            if referred is not None and referred.pk is None:
                raise ValueError(f"{field.name} of {row!r} is not stored yet.")
            setattr(row, field.attname, referred.pk if referred else None)


def _exact(value: object) -> str:
    """What JSON has no form for, as the text that PostgreSQL reads it from without any loss."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    raise ValueError(f"{type(value).__name__} is no plain value: {value!r}")


def _fetch(statement: str, text: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [text])
        return list(cursor.fetchall())


def _stored(row: models.Model, primary: Any) -> None:
    row.pk = primary
    row._state.adding = False
    row._state.db = connection.alias


def _primary(model: type[models.Model]) -> Field:
    primary = model._meta.pk
    if primary is None:
        raise ValueError(f"{model.__name__} has no primary key.")
    return primary


def _plain_field(model: type[models.Model], name: str) -> Field:
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field) or not field.column:
        raise ValueError(f"{model.__name__}.{name} is no plain column.")
    return field


@lru_cache(maxsize=64)
def _insertable(model: type[models.Model]) -> tuple[Field, ...]:
    """Every column but a key that the database gives."""
    fields = model._meta.local_concrete_fields
    return tuple(f for f in fields if not (f.primary_key and isinstance(f, models.AutoField)))


@lru_cache(maxsize=64)
def _insert(model: type[models.Model], fields: tuple[Field, ...], unique: str = "") -> str:
    """In the order of the text, so that the keys which come back stand in it as well."""
    wanted = [_primary(model).column, *([_plain_field(model, unique).column] if unique else [])]
    statement = sql.SQL(
        "INSERT INTO {table} ({columns}) SELECT {shorts} FROM ROWS FROM"
        " (jsonb_to_recordset(%s::jsonb) AS ({types})) WITH ORDINALITY AS v ({shorts}, place)"
        " ORDER BY place {conflict} RETURNING {wanted}"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        columns=_listed(field.column for field in fields),
        shorts=_listed(f"c{place}" for place in range(len(fields))),
        types=_types(fields),
        conflict=sql.SQL("ON CONFLICT DO NOTHING" if unique else ""),
        wanted=_listed(wanted),
    )
    return statement.as_string(None)


@lru_cache(maxsize=64)
def _update(model: type[models.Model], fields: tuple[Field, ...]) -> str:
    statement = sql.SQL(
        "UPDATE {table} AS t SET {sets} FROM jsonb_to_recordset(%s::jsonb) AS v ({types})"
        " WHERE t.{primary} = v.c0"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        sets=sql.SQL(", ").join(
            [
                sql.SQL("{} = v.{}").format(_name(field), sql.Identifier(f"c{place}"))
                for place, field in enumerate(fields)
                if place
            ]
        ),
        types=_types(fields),
        primary=_name(fields[0]),
    )
    return statement.as_string(None)


def _listed(names: Iterable[str | None]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(str(name)) for name in names])


def _name(field: Field) -> sql.Identifier:
    return sql.Identifier(str(field.column))


def _types(fields: Sequence[Field]) -> sql.Composed:
    return sql.SQL(", ").join(
        [
            sql.SQL("{} {}").format(sql.Identifier(f"c{place}"), sql.SQL(_type(field)))
            for place, field in enumerate(fields)
        ]
    )


def _type(field: Field) -> str:
    """The column's type in PostgreSQL, without serial and length: the column itself checks them."""
    kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
    return str(kind).partition("(")[0]
