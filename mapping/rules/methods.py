"""The ERP's payment method for a card brand, whatever its spelling: 'MasterCard', 'Mastercard'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import holds


@dataclass(frozen=True, slots=True)
class MethodRow:
    position: int
    method: str
    erp_method: str

    @property
    def name(self) -> str:
        return f"method {self.position}: {self.method or 'any'} → {self.erp_method}"


def plain(method: str) -> str:
    return re.sub(r"[^a-z0-9]", "", method.casefold())


def choose(rows: Sequence[MethodRow], method: str) -> MethodRow | None:
    for row in rows:
        if holds(plain(row.method), plain(method)):
            return row
    return None
