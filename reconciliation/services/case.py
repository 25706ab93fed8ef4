"""A transaction that is to be decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from mapping.references import Reference
from reconciliation.models import Transaction


@dataclass(frozen=True, slots=True)
class Case:
    """A transaction to decide, with what it names and the checks that need not hold for it."""

    row: Transaction
    business_on: date
    references: tuple[Reference, ...]
    accepted: frozenset[str] = frozenset()
