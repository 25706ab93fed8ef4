"""What a kind and status leads to: an action, and the status to show for it in the ERP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first


@dataclass(frozen=True, slots=True)
class StatusRow(Row):
    kind: str
    status: str
    action: str
    erp_status: str = ""

    WORD = "status"
    CONDITIONS = ("kind", "status")
    OUTCOMES = ("action", "erp_status")

    @property
    def summary(self) -> str:
        return f"{self.kind or 'any'} {self.status or 'any'} → {self.action}"


def choose(rows: Sequence[StatusRow], kind: str, status: str) -> StatusRow | None:
    return first(rows, {"kind": kind, "status": status})


def erp_status(rows: Sequence[StatusRow], kind: str, status: str) -> str:
    """What it is called in the ERP; empty where no rule says."""
    row = choose(rows, kind, status)
    return row.erp_status if row else ""
