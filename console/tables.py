"""A table's columns and formats: what a list shows, and writes into a file, of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from console import formats
from console.keyset import Order
from console.totals import Summed

Row = TypeVar("Row", bound=Model)
#: The class of a cell that a phone's card folds away.
FOLDED: Final = "folded"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """`value` is the plain value (Decimal, date, text), `show` its cell; `show` defaults to text.

    `sort` names a non-null model field with an index on (field, id); `total` is what is added up
    under the list, a field or an expression with the sign that the cell has. An `is_extra` column
    stands in files and in the choice of columns, and on the page for those who choose it.
    """

    key: str
    label: str
    value: Callable[[Row], Any]
    show: Callable[[Row], SafeString] | None = None
    is_number: bool = False
    sort: str = ""
    css: str = ""
    total: Any = None
    is_extra: bool = False

    def cell(self, row: Row) -> str:
        """The whole cell: a list has hundreds of them, too many for a template's loop."""
        html = self.show(row) if self.show else formats.text(self.value(row))
        return f"{self._start}{html}</td>"

    @cached_property
    def _start(self) -> SafeString:
        classes = format_html(' class="{}"', self.classes) if self.classes else ""
        return format_html('<td{} data-label="{}">', classes, self.label)

    def folded(self) -> Column[Row]:
        """The same, not shown on a phone's card before it is opened."""
        return (
            self
            if FOLDED in self.css.split()
            else replace(self, css=f"{self.css} {FOLDED}".strip())
        )

    def unfolded(self) -> Column[Row]:
        return replace(self, css=self.css.removesuffix(FOLDED).strip())

    @property
    def classes(self) -> str:
        return f"{'number ' if self.is_number else ''}{self.css}".strip()


@dataclass(frozen=True)
class TableRow:
    pk: Any
    cells: SafeString
    is_current: bool = False


@dataclass(frozen=True)
class Head:
    """A column's head; `url` sorts by it, `direction` is how it is sorted now."""

    label: str
    classes: str
    url: str = ""
    direction: str = ""


@dataclass(frozen=True)
class TotalRow:
    """What stands under the list for one currency: its name spans the columns before `cells`."""

    currency: str
    spans: int
    cells: Sequence[tuple[Head, SafeString | str]]


@dataclass(frozen=True)
class Table(Generic[Row]):
    """`currency` names the field that says in which money the rows are.

    On a phone a row is a card: of the first column and those of `card`, by their keys, with the
    rest folded away; without `card` it shows them all.
    """

    columns: Sequence[Column[Row]]
    order: Order
    caption: str
    currency: str = "currency"
    card: Sequence[str] = ()
    sorts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        if self.card:
            first, *others = self.columns
            folded = [each if each.key in self.card else each.folded() for each in others]
            object.__setattr__(self, "columns", (first, *folded))
        found = frozenset(column.sort for column in self.columns if column.sort)
        object.__setattr__(self, "sorts", found | {self.order.field})

    def order_named(self, name: str) -> Order:
        """The order of the address, or the table's own when it names none that there is."""
        wanted = Order.named(name)
        return wanted if wanted.field in self.sorts else self.order

    def with_columns(self, keys: Sequence[str]) -> Table[Row]:
        """The first column, which says what a row is, and those of `keys`, in the table's order.

        What somebody has chosen is not folded away on a phone.
        """
        chosen = [column.unfolded() for column in self.columns[1:] if column.key in keys]
        return replace(self, columns=(self.columns[0], *chosen), card=()) if chosen else self

    def usual(self) -> Table[Row]:
        """Without the columns that only those see who choose them."""
        return replace(self, columns=tuple(each for each in self.columns if not each.is_extra))

    def rows(self, found: Iterable[Row], current: Any = None) -> list[TableRow]:
        return [
            TableRow(
                row.pk,
                # Every part is a cell of format_html or of SafeString: nothing is unescaped here.
                mark_safe("".join([column.cell(row) for column in self.columns])),  # noqa: S308
                row.pk == current,
            )
            for row in found
        ]

    @property
    def sums(self) -> dict[str, Any]:
        """What is added up, by the key of its column: of the columns that are shown."""
        return {column.key: column.total for column in self.columns if column.total is not None}

    def total_rows(self, sums: Sequence[Summed]) -> list[TotalRow]:
        """The sums in the columns they are of; the row's own name has the room before them."""
        keys = [column.total is not None for column in self.columns]
        first = max(keys.index(True), 1) if any(keys) else len(keys)
        cells = self.columns[first:]
        return [
            TotalRow(
                summed.currency,
                first,
                [(Head(c.label, c.classes), _total(summed, c.key)) for c in cells],
            )
            for summed in sums
        ]

    def heads(self, order: Order, url_for: Callable[[str], str]) -> list[Head]:
        return [self._head(column, order, url_for) for column in self.columns]

    def _head(self, column: Column[Row], order: Order, url_for: Callable[[str], str]) -> Head:
        if not column.sort:
            return Head(column.label, column.classes)
        if column.sort != order.field:
            return Head(column.label, column.classes, url_for(f"-{column.sort}"))
        direction = "descending" if order.descending else "ascending"
        turned = Order(column.sort, not order.descending)
        return Head(column.label, column.classes, url_for(turned.name), direction)


def _total(summed: Summed, key: str) -> SafeString | str:
    amount = summed.amounts.get(key)
    return "" if amount is None else formats.bare_money(amount, summed.currency)
