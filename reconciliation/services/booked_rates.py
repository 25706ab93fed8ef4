"""The rate at which a payment stands in the books: put on it, read from it, taken off it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from audit import services as audit
from integrations.clock import business_now
from integrations.models import Pair
from integrations.money import Money, minor_units, round_half_up
from mapping.decide.conversion import Conversion
from mapping.decide.foreign import Worth
from reconciliation.models import SettlementBatch, Transaction

#: What a rate changes of a payment.
FIELDS: Final = (
    *("amount", "currency", "original_amount", "original_currency", "booked_rate", "rate_source"),
    *("rate_table", "rate_on", "rate_rounding", "rate_by"),
)
RULE: Final = "rule:"


def put(
    row: Transaction, worth: Worth, source: str, by: str, chosen_on: date | None = None
) -> None:
    """Onto the row; the caller stores it.

    source: where the rate is from, in words. by: the person or rule. chosen_on: the day on which a
    person chose another rate than the table's.
    """
    row.original_amount, row.original_currency = row.amount, row.currency
    row.amount, row.currency = worth.amount.amount, worth.amount.currency
    row.booked_rate, row.rate_source = worth.rate.rate, source[:200]
    row.rate_table = "" if chosen_on else worth.rate.table
    row.rate_on = chosen_on or worth.rate.valid_on
    row.rate_rounding, row.rate_by = worth.rounding, by[:80]


def source_of(worth: Worth) -> str:
    """The table and its day, in words."""
    return f"{worth.rate.table} of {worth.rate.valid_on}"


def told(worth: Worth, source: str) -> str:
    rate = f"{worth.rate.rate.normalize():f}"
    return f"{worth.original} booked as {worth.amount} at {rate} ({source})."


def entry(row: Transaction, worth: Worth, source: str, actor: str) -> audit.EntryDraft:
    """What the audit trail keeps of it."""
    return audit.EntryDraft(
        "transaction.booked_at_rate",
        ("transaction", str(row.pk)),
        actor=actor,
        summary=told(worth, source),
        details={
            "said": worth.original.text,
            "booked": worth.amount.text,
            "rate": str(worth.rate.rate),
            "source": source,
            "rounding": str(worth.rounding),
        },
        business_on=business_now().date(),
    )


def taken_back(row: Transaction) -> audit.EntryDraft:
    """The audit entry of one that has come to more than its rule books by itself."""
    return audit.EntryDraft(
        "transaction.rate_taken_back",
        ("transaction", str(row.pk)),
        actor="worker",
        summary=f"It is {Money(row.amount, row.currency)} by now: more than its rule books.",
        business_on=business_now().date(),
    )


def take_off(row: Transaction) -> None:
    """The gateway says it in the books' currency by now."""
    row.original_amount, row.original_currency, row.booked_rate = None, "", None
    row.rate_source = row.rate_table = row.rate_by = ""
    row.rate_on = row.rate_rounding = None


def is_foreign(batch: SettlementBatch, pair: Pair) -> bool:
    """Whether the gateway settles it in another currency as a whole; before it says, it is not."""
    return batch.reported_count is not None and batch.currency != pair.currency


def in_books(row: Transaction, said: Money) -> Money:
    """What the gateway says as it stands in the books: by the rate at which it is booked."""
    if row.booked_rate is None or said.currency != row.original_currency:
        return said
    if said.amount == row.original_amount:
        return Money(row.amount, row.currency)
    return _converted(row, said)[0]


def follow(row: Transaction, said: Money) -> None:
    """What the gateway says by now, at the same rate; call before the row's amount changes."""
    if row.booked_rate is None:
        return
    if said.currency != row.original_currency:
        take_off(row)
    elif said.amount != row.original_amount:
        if row.rate_rounding is not None:
            row.rate_rounding = _converted(row, said)[1]
        row.original_amount = said.amount


def _converted(row: Transaction, said: Money) -> tuple[Money, Decimal]:
    exact = said.amount * (row.booked_rate or Decimal(1))
    kept = round_half_up(exact, minor_units(row.currency))
    return Money(kept, row.currency), kept - exact


def is_by_rule(row: Transaction) -> bool:
    return row.rate_by.startswith(RULE)


def conversion_of(row: Transaction) -> Conversion | None:
    """None for what is as the gateway says, or was booked when day and rounding were not kept."""
    if row.booked_rate is None or row.original_amount is None or row.rate_on is None:
        return None
    return Conversion(
        original=Money(row.original_amount, row.original_currency),
        rate=row.booked_rate,
        source=row.rate_table or row.rate_by.removeprefix("user:"),
        on=row.rate_on,
        rounding=row.rate_rounding or Decimal(0),
        rule=row.rate_by if is_by_rule(row) else "",
    )
