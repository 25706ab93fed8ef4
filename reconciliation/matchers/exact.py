"""Exact matchers of bank lines to settlement batches: pure over the rows they are given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol, TypeVar

from reconciliation.tieout import banking_days_after

#: A line without the batch's name is matched by amount this many banking days after it at most.
AMOUNT_WINDOW = 5


class Line(Protocol):
    booked_on: date
    description: str
    reference: str
    amount: Decimal


class Batch(Protocol):
    vendor_ref: str
    closed_on: date
    net_amount: Decimal


BatchT = TypeVar("BatchT", bound=Batch)


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z0-9]+", text.upper()))


def batch_named(line: Line, batches: Sequence[BatchT], prefix: str) -> BatchT | None:
    """The batch whose number stands in the line's reference, closed before the line's day."""
    words = _numbers(line.reference)
    fits = [
        batch
        for batch in batches
        if batch.closed_on < line.booked_on
        and (batch.vendor_ref.upper() in words or _numbers(f"{prefix}{batch.vendor_ref}") <= words)
    ]
    return fits[-1] if len(fits) == 1 else None


def named_among(
    line: Line, sides: Sequence[tuple[str, Sequence[BatchT]]]
) -> tuple[int, BatchT] | None:
    """The batch that a line names where several gateways are paid to one bank account.

    `sides` are each gateway's prefix and batches; the answer is the side's place and its batch.
    Two gateways may use one number: then the prefix tells, else the amount, else nobody.
    """
    fits = [
        (place, batch)
        for place, (prefix, batches) in enumerate(sides)
        if (batch := batch_named(line, batches, prefix)) is not None
    ]
    words = _numbers(line.reference)
    with_prefix = [
        (place, batch)
        for place, batch in fits
        if _numbers(sides[place][0]) and _numbers(f"{sides[place][0]}{batch.vendor_ref}") <= words
    ]
    for found in (
        fits,
        with_prefix,
        [f for f in with_prefix or fits if f[1].net_amount == line.amount],
    ):
        if len(found) == 1:
            return found[0]
    return None


def batch_of_amount(line: Line, batches: Sequence[BatchT]) -> BatchT | None:
    """The only batch of exactly this net within the days after it; none where two would fit.

    Only for lines that name nothing: one that names another batch is never matched by amount.
    """
    if any(character.isdigit() for character in line.reference):
        return None
    fits = [
        batch
        for batch in batches
        if batch.net_amount == line.amount
        and batch.closed_on < line.booked_on <= banking_days_after(batch.closed_on, AMOUNT_WINDOW)
    ]
    return fits[0] if len(fits) == 1 else None
