"""Book a payment in another currency at a rate: it stands in the books in the pair's currency.

From then on it is decided, applied, added up and posted like any other; what the gateway says,
the rate and where that is from stand beside it. The settlement's own rate shows when the batch is
added up, and what the two differ by is named there (`services/rate_differences.py`).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from audit import guard
from audit import services as audit
from integrations.clock import business_now, wall_now
from integrations.models import Pair
from integrations.money import Money
from mapping.decide.foreign import Worth, at, worth_of
from mapping.rules.currencies import CurrencyError
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import ADDED_UP
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import booked_rates, checks
from reconciliation.services.decide import decide_again
from reconciliation.services.desk import limits
from reconciliation.services.desk.customers import transaction_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, pair_of, resolve
from reconciliation.services.known import case_of

ACTION: Final = "book_at_rate"
#: What a rate column holds.
DECIMALS: Final = 8
SET_UP: Final = (
    "A mapper adds a currency rule to the rule set and loads its table under Exchange rates; "
    "then it can be booked."
)


def book_at_rate(item: ExceptionItem, rate: str, note: str, actor: str) -> None:
    """Book the payment at the table's rate, or at another one with a reason.

    The limits are compared with what the two rates differ by for this payment, never with the
    payment itself.
    """
    said = guard.inspect_text(note.strip()).text
    with at_work(item, ACTION, actor) as locked:
        pair, row = pair_of(locked), transaction_of(locked)
        by_table = offered(pair, row)
        wanted = _chosen(by_table, rate)
        is_own = wanted.rate.rate != by_table.rate.rate
        if is_own and not said:
            raise DeskError("Say why it is another rate than the table's; it stays with it.")
        differs = abs(wanted.amount - by_table.amount)
        limits.require_within(limits.limit_of(ACTION), differs.amount, pair.currency)
        source = booked_rates.source_of(by_table)
        if is_own:
            table_rate = f"{by_table.rate.rate.normalize():f}"
            source = f"{actor.removeprefix('user:')}, instead of {table_rate} by {source}"
        booked_rates.put(row, wanted, source, actor, business_now().date() if is_own else None)
        row.updated_at = wall_now()
        row.save(update_fields=[*booked_rates.FIELDS, "updated_at"])
        told = booked_rates.told(wanted, source)
        audit.record_many([booked_rates.entry(row, wanted, source, actor)])
        resolve(locked, ACTION, actor, f"{told} {said}".strip())
        decide_again([row])


def require_undoable(row: Transaction) -> None:
    """Raises DeskError once the settlement batch has been added up with the amount as booked."""
    batch = row.batch
    if batch is not None and batch.state in ADDED_UP:
        raise DeskError(
            f"Settlement batch {batch.vendor_ref} has been added up with it; what the rates differ "
            "by is named there, and the payment stays at its rate."
        )


def offered(pair: Pair, row: Transaction) -> Worth:
    """What the rules in force make of a payment. Raises DeskError that says what to set up."""
    if row.currency == pair.currency:
        raise DeskError(f"It is in {pair.currency} by now; try again.")
    batch = row.batch
    if batch is not None and booked_rates.is_foreign(batch, pair):
        raise DeskError(
            f"Its settlement batch {batch.vendor_ref} is in {batch.currency} as a whole: that is a "
            f"matter of a payment route of its own that posts in {batch.currency}."
        )
    if batch is not None and batch.state in ADDED_UP:
        raise DeskError(f"Settlement batch {batch.vendor_ref} has been added up without it.")
    day = row.settled_on or row.captured_on
    rules = rules_in_force(pair, day)
    if rules is None:
        raise DeskError(f"No rule set of {pair.name} is in force on {day}.")
    rates = checks.rates_for(pair, rules, [case_of(row, day)])
    amount = Money(row.amount, row.currency)
    try:
        return worth_of(amount, rules.currencies, rates, pair.currency, day)
    except CurrencyError as error:
        raise DeskError(f"{error} {SET_UP}") from error


def _chosen(by_table: Worth, text: str) -> Worth:
    """At the rate that a person typed; the table's where nothing is typed."""
    if not text.strip():
        return by_table
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as error:
        raise DeskError(f"{text.strip()[:20]} is no rate such as 1.0842.") from error
    exponent = number.as_tuple().exponent
    if not number.is_finite() or not 0 < number < 10**9:
        raise DeskError("A rate is above zero.")
    if isinstance(exponent, int) and -exponent > DECIMALS and number != round(number, DECIMALS):
        raise DeskError(f"A rate has at most {DECIMALS} decimals.")
    try:
        return at(by_table.row, by_table.original, replace(by_table.rate, rate=number))
    except CurrencyError as error:
        raise DeskError(f"{error}") from error
