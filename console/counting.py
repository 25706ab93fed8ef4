"""How many rows there are: counted up to a limit, or all of them in a bounded time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled

Answer = TypeVar("Answer")
COUNT_LIMIT: Final = 10_000
#: So long a person waits for a count that they asked for.
EXACT_MS: Final = 5_000
_LIMIT: Final = (
    "SELECT current_setting('statement_timeout'), set_config('statement_timeout', %s, true)"
)


@dataclass(frozen=True)
class Count:
    """How many rows match, counted no further than a limit unless all were asked for."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}+" if self.is_capped else f"{self.number:,}"

    def __add__(self, other: Count) -> Count:
        return Count(self.number + other.number, self.is_capped or other.is_capped)


def capped_count(queryset: QuerySet[Any], limit: int | None = None) -> Count:
    """Up to `limit`, or up to COUNT_LIMIT."""
    most = COUNT_LIMIT if limit is None else limit
    return capped(queryset.order_by().values("pk")[: most + 1].count(), most)


def capped_counts(*querysets: QuerySet[Any]) -> list[Count]:
    """A count for each, all in one statement; what is empty by its nature is not asked for."""
    parts: list[str] = []
    given: list[Any] = []
    for queryset in querysets:
        try:
            limited = queryset.order_by().values("pk")[: COUNT_LIMIT + 1]
            sql, values = limited.query.sql_with_params()
        except EmptyResultSet:
            parts.append("0")
            continue
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")  # noqa: S608  (Django's own SQL)
        given.extend(values)
    if all(part == "0" for part in parts):
        return [Count(0) for _ in parts]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", given)
        found = cursor.fetchone() or ()
    return [capped(number) for number in found]


def exact_count(queryset: QuerySet[Any]) -> Count | None:
    """Every row, however many there are; None when that took longer than EXACT_MS."""
    number = within_time(queryset.order_by().values("pk").count)
    return None if number is None else Count(number)


def within_time(ask: Callable[[], Answer]) -> Answer | None:
    """What the database answers to `ask`; None when that took longer than EXACT_MS."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LIMIT, [str(EXACT_MS)])
            (usual, _) = cursor.fetchone() or ("0", "")
            answer = ask()
            # Within somebody else's transaction the limit would hold for the rest of it.
            cursor.execute(_LIMIT, [usual])
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
    return answer


def capped(found: int, limit: int | None = None) -> Count:
    """The count of a question that went one row beyond the limit and no further."""
    most = COUNT_LIMIT if limit is None else limit
    return Count(min(found, most), found > most)
