"""The ERP's payment method for a card brand, whatever its spelling: 'MasterCard', 'Mastercard'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first, plain


@dataclass(frozen=True, slots=True)
class MethodRow(Row):
    """`classification`: a class of tender of the ERP's own, such as gift cards (a liability)."""

    method: str
    erp_method: str
    classification: str = ""

    WORD = "method"
    CONDITIONS = ("method",)
    OUTCOMES = ("erp_method", "classification")
    COMPARED_BY = {"method": plain}

    @property
    def summary(self) -> str:
        return f"{self.method or 'any'} → {self.erp_method}"


def choose(rows: Sequence[MethodRow], method: str) -> MethodRow | None:
    return first(rows, {"method": method})
