"""A payment in another currency than its pair posts.

It is held, with what it comes to by the rules, until a person says by which rate: what the bank
pays for it is not ours to say. Unless the rule itself says that its table's rate will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.money import Money
from mapping.choices import Action
from mapping.decide.conversion import Conversion, plain
from mapping.decide.decision import Desk, Payment
from mapping.problems import Problem, ProblemKind, UnmappedError
from mapping.rulebook import RuleBook
from mapping.rules import currencies
from mapping.rules.currencies import Converted, CurrencyError, CurrencyRow, Rate

#: Among what a person has said of a payment: they took back the rate at which it was booked.
TAKEN_BACK: Final = "rate taken back"


class PersonAskedError(CurrencyError):
    """A rule books payments by itself, but not this one; the message says why."""


def is_foreign(payment: Payment, desk: Desk) -> bool:
    """Whether it is in another currency than the pair's; where nobody says which, it is not."""
    return bool(desk.currency) and payment.amount.currency != desk.currency


def problem_of(payment: Payment, rules: RuleBook, desk: Desk) -> Problem:
    amount = payment.amount
    return Problem(
        ProblemKind.CURRENCY_FOREIGN,
        f"The payment is {amount}; the company posts in {desk.currency} and in nothing else."
        + _why_asked(payment, rules, desk),
        amount,
        details=(("pair_currency", desk.currency), ("worth", _worth(payment, rules, desk))),
    )


@dataclass(frozen=True, slots=True)
class Worth:
    """What an amount comes to by a rule and a dated rate, in the decimals that the target keeps."""

    original: Money
    amount: Money
    rate: Rate
    row: CurrencyRow
    rounding: Decimal


def worth_of(
    amount: Money, rows: Sequence[CurrencyRow], rates: Sequence[Rate], base: str, day: date
) -> Worth:
    """By the first rule that converts it to `base`. Raises CurrencyError, in words."""
    row = currencies.choose(rows, amount.currency)
    if row is None or row.base != base:
        raise CurrencyError(f"No rule converts {amount.currency} to {base}.")
    rate = currencies.rate_on(rates, row, amount.currency, day)
    return at(row, amount, rate)


def at(row: CurrencyRow, amount: Money, rate: Rate) -> Worth:
    """By a rate that is given."""
    exact = Converted(amount, amount.amount * rate.rate, rate.target, rate)
    kept, rounding = currencies.kept(row, exact)
    return Worth(amount, kept, rate, row, rounding)


# --- without a person -------------------------------------------------------------------------


def by_itself(
    amount: Money, rows: Sequence[CurrencyRow], rates: Sequence[Rate], base: str, day: date
) -> Worth:
    """What a rule books a payment as without a person.

    Raises CurrencyError where no rule does, PersonAskedError where one does and not this payment.
    """
    row = currencies.choose(rows, amount.currency)
    if row is None or row.base != base or row.alone_days is None or row.alone_up_to is None:
        raise CurrencyError(f"No rule books {amount.currency} as {base} by itself.")
    try:
        worth = worth_of(amount, rows, rates, base, day)
    except CurrencyError as error:
        raise PersonAskedError(str(error)) from error
    days = (day - worth.rate.valid_on).days
    if days > row.alone_days:
        raise PersonAskedError(
            f"The newest rate of table {row.rate_table} is of {worth.rate.valid_on}, {days} days "
            f"old; the rule takes one of at most {row.alone_days} by itself."
        )
    if worth.amount.amount > row.alone_up_to:
        limit = Money(row.alone_up_to, base).rounded()
        raise PersonAskedError(
            f"It comes to {worth.amount}; by itself the rule books up to {limit}."
        )
    return worth


def rule_of(row: CurrencyRow, rules: RuleBook) -> str:
    """How what a row does by itself is signed."""
    return f"rule:currency {row.position} of version {rules.number}"


def leads_to_documents(payment: Payment, rules: RuleBook) -> bool:
    """Whether the rules make anything of a payment of its kind and status."""
    try:
        return rules.status(payment.kind, payment.status, payment.amount).action != Action.NONE
    except UnmappedError:
        return False


def as_booked(payment: Payment, rules: RuleBook, desk: Desk) -> Payment:
    """The payment as a rule books it by itself; as it is, where none does."""
    if not is_foreign(payment, desk) or not leads_to_documents(payment, rules):
        return payment
    try:
        worth = by_itself(
            payment.amount, rules.currencies, desk.rates, desk.currency, payment.business_on
        )
    except CurrencyError:
        return payment
    rate = worth.rate
    conversion = Conversion(
        *(payment.amount, rate.rate, rate.table, rate.valid_on),
        *(worth.rounding, rule_of(worth.row, rules)),
    )
    return replace(payment, amount=worth.amount, conversion=conversion)


def _why_asked(payment: Payment, rules: RuleBook, desk: Desk) -> str:
    """Why a rule that books by itself left this one to a person; empty where there is none."""
    if TAKEN_BACK in payment.accepted:
        return " A person took back the rate at which it was booked."
    try:
        by_itself(payment.amount, rules.currencies, desk.rates, desk.currency, payment.business_on)
    except PersonAskedError as error:
        return f" {error}"
    except CurrencyError:
        return ""
    return ""


def _worth(payment: Payment, rules: RuleBook, desk: Desk) -> str:
    """What it comes to in the pair's currency, with table, day and rate; else why that is open."""
    source = payment.amount.currency
    row = currencies.choose(rules.currencies, source)
    if row is None or row.base != desk.currency:
        return f"No rule converts {source} to {desk.currency}."
    try:
        converted = currencies.convert(row, payment.amount, desk.rates, payment.business_on)
        kept, rounding = currencies.kept(row, converted)
    except CurrencyError as error:
        return str(error)
    rate = converted.rate
    if rate is None:
        return str(kept)
    said = f"1 {source} = {plain(rate.rate)} {rate.target} from {rate.valid_on}"
    return f"{kept} by {rate.table}: {said}, rounded by {plain(rounding)}"
