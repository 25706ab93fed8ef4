"""The ERP's item and revenue account for what was sold, by number, category and department."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first


@dataclass(frozen=True, slots=True)
class ItemRow(Row):
    item: str
    erp_item: str
    account: str = ""
    category: str = ""
    department: str = ""
    location: str = ""

    WORD = "item"
    CONDITIONS = ("item", "category", "department", "location")
    OUTCOMES = ("erp_item", "account")

    @property
    def summary(self) -> str:
        what = self.item or self.category or self.department or "any item"
        return f"{what} → {self.erp_item}"


def choose(rows: Sequence[ItemRow], item: str, **more: str) -> ItemRow | None:
    """more: category, department and location where they are known."""
    return first(rows, {"item": item, **more})
