"""What differs between two things that a shop said of one order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_LABELS: Final[Mapping[str, str]] = {
    "ordered_on": "Ordered",
    "customer_ref": "Customer",
    "currency": "Currency",
    "shipping": "Shipping",
    "discount": "Discount",
    "total": "Total",
    "payment_ref": "Payment",
    "revision": "Revision",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field, in texts; an empty one is where it was not, or is no more."""

    label: str
    before: str
    after: str


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields of two meanings of one order that differ, lines and taxes by their place."""
    found = [
        Change(label, str(before.get(name, "")), str(after.get(name, "")))
        for name, label in _LABELS.items()
        if before.get(name) != after.get(name)
    ]
    found += _rows("Line", before.get("lines", ()), after.get("lines", ()), _line)
    found += _rows("Tax", before.get("taxes", ()), after.get("taxes", ()), _tax)
    return found


def _rows(word: str, before: Any, after: Any, text: Any) -> list[Change]:
    found = []
    for place in range(max(len(before), len(after))):
        was = text(before[place]) if place < len(before) else ""
        now = text(after[place]) if place < len(after) else ""
        if was != now:
            found.append(Change(f"{word} {place + 1}", was, now))
    return found


def _line(row: Mapping[str, Any]) -> str:
    what = row["item"] or row["description"]
    kept = ", ".join(filter(None, (row.get("category", ""), row.get("department", ""))))
    named = f"{what} ({kept})" if kept else what
    return f"{row['quantity']} × {named} at {row['unit_price']}: {row['amount']}"


def _tax(row: Mapping[str, Any]) -> str:
    what = " ".join(filter(None, (row["component"], row["jurisdiction"])))
    return f"{what} on {row['taxable']}: {row['charged']}"
