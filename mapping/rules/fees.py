"""The processor's fee by contract: percent of a sale plus a fixed part, rounded half up per sale.

A refund costs no fee and gives none back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from integrations.money import Money, minor_units, round_half_up
from mapping.rules.rows import Row, first, plain


@dataclass(frozen=True, slots=True)
class FeeRow(Row):
    method: str
    percent: Decimal
    fixed: Decimal

    WORD = "fee"
    CONDITIONS = ("method",)
    OUTCOMES = ("percent", "fixed")
    COMPARED_BY = {"method": plain}

    @property
    def summary(self) -> str:
        return f"{self.percent.normalize():f} % + {self.fixed}"

    def fee(self, sale: Money) -> Money:
        exact = sale.amount * self.percent / 100 + self.fixed
        return Money(round_half_up(exact, minor_units(sale.currency)), sale.currency)


def choose(rows: Sequence[FeeRow], method: str) -> FeeRow | None:
    return first(rows, {"method": method})
