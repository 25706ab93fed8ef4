"""Which GL account plays a role, by what the money is and where it was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first, plain


@dataclass(frozen=True, slots=True)
class AccountRow(Row):
    role: str
    account: str
    kind: str = ""
    method: str = ""
    currency: str = ""
    location: str = ""
    department: str = ""

    WORD = "account"
    CONDITIONS = ("role", "kind", "method", "currency", "location", "department")
    OUTCOMES = ("account",)
    COMPARED_BY = {"method": plain}

    @property
    def summary(self) -> str:
        return f"{self.role} → {self.account}"


def choose(
    rows: Sequence[AccountRow], role: str, kind: str = "", method: str = "", **more: str
) -> AccountRow | None:
    """more: currency, location and department where they are known."""
    return first(rows, {"role": role, "kind": kind, "method": method, **more})
