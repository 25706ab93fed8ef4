"""Sums under a list: of everything that the filter selects, for each currency, in bounded time.

The statement that counts up to a limit also adds up, as long as there are few enough rows; a longer
list is added up for whoever asks for it, like its exact count. Currencies are never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count as CountOf
from django.db.models import F, QuerySet, Sum

from console import counting
from console.counting import Count, capped, within_time

#: So many rows are added up without being asked: counting takes an index, adding up the rows.
SUM_LIMIT: Final = 1_000
#: Few rows are read once, counted and added up; only of many the count is asked for as well.
_COUNTED: Final = (
    'WITH "few"({columns}) AS MATERIALIZED ({few}),'
    ' "number" AS (SELECT count(*) AS "rows" FROM "few")'
    ' SELECT CASE WHEN "number"."rows" <= %s THEN "number"."rows"'
    ' ELSE (SELECT count(*) FROM ({found}) AS "found") END, "sums".*'
    ' FROM "number" LEFT JOIN LATERAL (SELECT "currency", {sums} FROM "few"'
    ' WHERE "number"."rows" <= %s GROUP BY "currency") AS "sums" ON true'
)


@dataclass(frozen=True)
class Summed:
    """The sums of one currency, by the keys of their columns."""

    currency: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True)
class Totals:
    """`sums` is None where the rows are too many to be added up unasked."""

    count: Count
    sums: Sequence[Summed] | None


def totals(
    queryset: QuerySet[Any], currency: str, sums: Mapping[str, Any], limit: int | None = None
) -> Totals:
    """Count and sums in one statement. `sums` names what is added up: a field, an expression.

    Rows are counted up to `limit`, or up to COUNT_LIMIT.
    """
    most = counting.COUNT_LIMIT if limit is None else limit
    found = queryset.order_by().values("pk")[: most + 1]
    added = {_name(key): F(what) if isinstance(what, str) else what for key, what in sums.items()}
    few = queryset.order_by().annotate(**added).values_list(currency, *added)[: SUM_LIMIT + 1]
    try:
        found_sql, found_values = found.query.sql_with_params()
        few_sql, few_values = few.query.sql_with_params()
    except EmptyResultSet:
        return Totals(Count(0), ())
    names = [connection.ops.quote_name(name) for name in added]
    sql = _COUNTED.format(
        columns=", ".join(['"currency"', *names]),
        few=few_sql,
        found=found_sql,
        sums=", ".join(f"sum({name})" for name in names),
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*few_values, SUM_LIMIT, *found_values, SUM_LIMIT])
        rows = cursor.fetchall()
    count = capped(rows[0][0], most)
    if count.number > SUM_LIMIT:
        return Totals(count, None)
    return Totals(count, _read([row[1:] for row in rows], list(sums)))


def all_totals(queryset: QuerySet[Any], currency: str, sums: Mapping[str, Any]) -> Totals | None:
    """Of every row, however many there are; None when that took longer than a person waits."""
    added = {_name(key): Sum(what) for key, what in sums.items()}
    found = queryset.order_by().values(currency).annotate(**added, number_of_rows=CountOf("pk"))
    names = [_name(key) for key in sums]
    rows = within_time(lambda: list(found.values_list(currency, *names, "number_of_rows")))
    if rows is None:
        return None
    return Totals(Count(sum(row[-1] for row in rows)), _read(rows, list(sums)))


def _name(key: str) -> str:
    """A name of its own: `amount` alone would be the field."""
    return f"sum_of_{key}"


def _read(rows: Sequence[Sequence[Any]], keys: Sequence[str]) -> list[Summed]:
    """Rows are (currency, a sum for each key, …); what has no currency is no money."""
    return sorted(
        (
            Summed(row[0], {key: row[at] for at, key in enumerate(keys, 1) if row[at] is not None})
            for row in rows
            if row[0]
        ),
        key=lambda summed: summed.currency,
    )
