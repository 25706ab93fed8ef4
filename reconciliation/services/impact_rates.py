"""Payments in another currency in a replay: what a rule books by itself is converted anew.

A rate is frozen on what it made: a payment that a rule booked keeps its rate wherever the same
table is asked, also where a nearer one was loaded since. What a person booked stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from integrations.models import Pair
from mapping.decide import Payment
from mapping.models import ExchangeRate
from mapping.rulebook import RuleBook
from mapping.rules.currencies import Rate
from reconciliation.models import Transaction
from reconciliation.services.booked_rates import is_by_rule


def as_said(payment: Payment) -> Payment:
    """As the gateway says it, where a rule booked it; else as it is in the books."""
    conversion = payment.conversion
    if conversion is None or not conversion.rule:
        return payment
    return replace(payment, amount=conversion.original, conversion=None)


def of(pair: Pair, rows: Sequence[Transaction], books: Sequence[RuleBook]) -> list[Rate]:
    """The rates that any of the rules may ask for; no query where no payment is foreign."""
    asking = [row for row in rows if row.currency != pair.currency or is_by_rule(row)]
    rules = [
        row
        for book in books
        for row in book.currencies
        if row.base == pair.currency and row.alone_days is not None
    ]
    if not asking or not rules:
        return []
    days = [row.settled_on or row.captured_on for row in asking]
    oldest = min(days) - timedelta(days=max(row.max_age_days for row in rules))
    found = ExchangeRate.objects.filter(
        table__in={row.rate_table for row in rules},
        source__in={row.original_currency or row.currency for row in asking},
        target=pair.currency,
        valid_on__range=(oldest, max(days)),
    )
    return [rate.as_rate() for rate in found]


def frozen(rates: Sequence[Rate], row: Transaction) -> Sequence[Rate]:
    """With the rate at which a rule booked the row in place of its table's others."""
    if not is_by_rule(row) or row.rate_on is None or row.booked_rate is None:
        return rates
    kept = Rate(row.rate_table, row.original_currency, row.currency, row.rate_on, row.booked_rate)
    others = [
        rate
        for rate in rates
        if (rate.table, rate.source) != (row.rate_table, row.original_currency)
    ]
    return [*others, kept]
