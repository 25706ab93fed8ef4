"""What a kind and status leads to: an action, and the status to show for it in the ERP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import holds


@dataclass(frozen=True, slots=True)
class StatusRow:
    position: int
    kind: str
    status: str
    action: str
    erp_status: str = ""

    @property
    def name(self) -> str:
        what = f"{self.kind or 'any'} {self.status or 'any'}"
        return f"status {self.position}: {what} → {self.action}"


def choose(rows: Sequence[StatusRow], kind: str, status: str) -> StatusRow | None:
    for row in rows:
        if holds(row.kind, kind) and holds(row.status, status):
            return row
    return None
