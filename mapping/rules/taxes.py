"""Tax components: the ERP's code and account for each, and the tax worked out anew to compare.

What the source says was charged is what is booked. The recomputed tax is only held against it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.money import Money, minor_units, round_half_up
from mapping.rules.rows import Row, first


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One tax on a sale as the source charged it; `taxable` is what it was worked out of."""

    component: str
    taxable: Money
    charged: Money
    jurisdiction: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class TaxRow(Row):
    """`percent` None: nothing is worked out anew. `tolerance` in major units of the currency."""

    component: str
    tax_code: str
    account: str
    jurisdiction: str = ""
    category: str = ""
    percent: Decimal | None = None
    tolerance: Decimal = Decimal(0)

    WORD = "tax"
    CONDITIONS = ("component", "jurisdiction", "category")
    OUTCOMES = ("tax_code", "account", "percent", "tolerance")

    @property
    def summary(self) -> str:
        what = " ".join(filter(None, (self.component, self.jurisdiction))) or "any tax"
        return f"{what} → {self.tax_code} {self.account}"


@dataclass(frozen=True, slots=True)
class MappedTax:
    """A component with its code and account; `difference` is charged less recomputed."""

    source: TaxComponent
    row: TaxRow
    recomputed: Money | None

    @property
    def difference(self) -> Money:
        charged = self.source.charged
        if self.recomputed is None:
            return Money.zero(charged.currency)
        return charged - self.recomputed

    @property
    def is_within_tolerance(self) -> bool:
        return abs(self.difference.amount) <= self.row.tolerance


def choose(rows: Sequence[TaxRow], component: TaxComponent) -> TaxRow | None:
    return first(
        rows,
        {
            "component": component.component,
            "jurisdiction": component.jurisdiction,
            "category": component.category,
        },
    )


def map_component(rows: Sequence[TaxRow], component: TaxComponent) -> MappedTax | None:
    """The component under the first rule that holds for it; None where there is none."""
    row = choose(rows, component)
    if row is None:
        return None
    if row.percent is None:
        return MappedTax(component, row, None)
    currency = component.taxable.currency
    exact = component.taxable.amount * row.percent / 100
    return MappedTax(component, row, Money(round_half_up(exact, minor_units(currency)), currency))
