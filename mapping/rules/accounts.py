"""Which GL account plays a role, by kind and method of the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import holds


@dataclass(frozen=True, slots=True)
class AccountRow:
    position: int
    role: str
    account: str
    kind: str = ""
    method: str = ""

    @property
    def name(self) -> str:
        return f"account {self.position}: {self.role} → {self.account}"


def choose(rows: Sequence[AccountRow], role: str, kind: str, method: str) -> AccountRow | None:
    for row in rows:
        if row.role == role and holds(row.kind, kind) and holds(row.method, method):
            return row
    return None
