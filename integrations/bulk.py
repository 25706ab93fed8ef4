"""Write many changed rows with one statement: `UPDATE … FROM unnest(…)`.

Django's own bulk update builds a CASE of every row for every column, whose cost in Python grows
with both; here a column is one array. Rows are found by primary key; fields are plain columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb

ModelT = TypeVar("ModelT", bound=models.Model)


def update_rows(rows: Sequence[ModelT], names: Sequence[str]) -> int:
    """Write the named fields of the rows; answers how many rows there were to write."""
    if not rows:
        return 0
    model = type(rows[0])
    primary = model._meta.pk
    if primary is None:
        raise ValueError(f"{model.__name__} has no primary key.")
    fields = [primary, *(model._meta.get_field(name) for name in names)]
    columns = [_column(field) for field in fields]
    statement = sql.SQL(
        "UPDATE {table} AS t SET {sets} FROM unnest({arrays}) AS v({aliases}) WHERE t.{pk} = v.{pk}"
    ).format(
        table=sql.Identifier(model._meta.db_table),
        sets=sql.SQL(", ").join(
            sql.SQL("{c} = v.{c}").format(c=sql.Identifier(name)) for name, _ in columns[1:]
        ),
        arrays=sql.SQL(", ").join(sql.SQL("%s::" + kind + "[]") for _, kind in columns),
        aliases=sql.SQL(", ").join(sql.Identifier(name) for name, _ in columns),
        pk=sql.Identifier(columns[0][0]),
    )
    values = [[_value(field, row) for row in rows] for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), values)
        return int(cursor.rowcount)


def _concrete(field: Any) -> models.Field[Any, Any]:
    if not isinstance(field, models.Field) or not field.column:
        raise ValueError(f"{field} is no plain column.")
    return field


def _column(field: Any) -> tuple[str, str]:
    """The column's name and its type in PostgreSQL, without serial and length."""
    concrete = _concrete(field)
    kind = (
        concrete.rel_db_type(connection) if concrete.primary_key else concrete.db_type(connection)
    )
    return str(concrete.column), str(kind).partition("(")[0]


def _value(field: Any, row: models.Model) -> Any:
    concrete = _concrete(field)
    value = getattr(row, concrete.attname)
    if isinstance(concrete, models.JSONField):
        return Jsonb(value)
    return value
