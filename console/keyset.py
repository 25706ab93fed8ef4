"""Pages by keyset: no OFFSET, so that page 1,000 costs what page 1 costs.

A cursor is `[back, value, pk]`, signed and bound to the order that it was made for. Rows are
compared as rows, `(captured_at, id) < (…)`, which an index on both columns answers; the same
comparison written with OR does not use it.

Walking that index finds a page at once where many rows match. Where few do, it would pass all the
others: those few are found by what selects them and put in order afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, cast

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Field, Func, Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)
_SALT: Final = "console.keyset"


class CursorError(ValueError):
    """A cursor that this page did not make, or made for another order."""


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    next_cursor: str
    previous_cursor: str


@dataclass(frozen=True)
class Order:
    """One column and the direction; `id` settles ties in the same direction."""

    field: str
    descending: bool = True

    @property
    def name(self) -> str:
        return f"-{self.field}" if self.descending else self.field

    @classmethod
    def named(cls, name: str) -> Order:
        return cls(name.removeprefix("-"), name.startswith("-"))


class _Compare(Func):
    output_field = BooleanField()
    template = "%(expressions)s"


def fetch_page(
    queryset: QuerySet[Row],
    order: Order,
    cursor: str,
    size: int,
    *,
    unfiltered: QuerySet[Row] | None = None,
) -> Page[Row]:
    """One page in `order`. Raises CursorError. An empty cursor is the first page.

    `unfiltered`: given where few rows match; what the page shows is read from it.
    """
    back, value, pk = _opened(queryset, order, cursor) if cursor else (False, None, 0)
    descending = order.descending != back
    if cursor:
        queryset = queryset.filter(_beyond(queryset, order, value, pk, descending))
    if unfiltered is not None:
        here = _place(order)
        found = queryset.order_by(here.desc() if descending else here.asc()).values("pk")
        queryset = unfiltered.filter(pk__in=found[: size + 1])
    sign = "-" if descending else ""
    rows = list(queryset.order_by(f"{sign}{order.field}", f"{sign}pk")[: size + 1])
    is_more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    has_next, has_previous = (True, is_more) if back else (is_more, bool(cursor))
    return Page(
        rows,
        _sealed(rows[-1], order, back=False) if rows and has_next else "",
        _sealed(rows[0], order, back=True) if rows and has_previous else "",
    )


def _beyond(
    queryset: QuerySet[Row], order: Order, value: Any, pk: int, descending: bool
) -> _Compare:
    field = _field(queryset.model, order)
    there = Func(
        Value(value, output_field=field),
        Value(pk, output_field=queryset.model._meta.pk),
        function="ROW",
        output_field=BooleanField(),
    )
    return _Compare(_place(order), there, arg_joiner=" < " if descending else " > ")


def _place(order: Order) -> Func:
    """A row's place in the order as one value, which no index has: PostgreSQL sorts by it."""
    return Func(F(order.field), F("pk"), function="ROW", output_field=BooleanField())


def _field(model: type[Model], order: Order) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(order.field))


def _sealed(row: Model, order: Order, back: bool) -> str:
    value = _field(type(row), order).value_to_string(row)
    return signing.dumps([back, value, row.pk], salt=f"{_SALT}.{order.name}", compress=True)


def _opened(queryset: QuerySet[Row], order: Order, cursor: str) -> tuple[bool, Any, int]:
    field = _field(queryset.model, order)
    try:
        back, value, pk = signing.loads(cursor, salt=f"{_SALT}.{order.name}")
        return bool(back), field.to_python(value), int(pk)
    except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
        raise CursorError("This page link is not valid here.") from error
