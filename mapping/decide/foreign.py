"""A payment in another currency than its pair posts: held, with what it comes to by the rules.

No document of it is made before a person has said by which rate: what the bank pays for it is not
ours to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from integrations.money import Money
from mapping.decide.decision import Desk, Payment
from mapping.problems import Problem, ProblemKind
from mapping.rulebook import RuleBook
from mapping.rules import currencies
from mapping.rules.currencies import Converted, CurrencyError, CurrencyRow, Rate


def is_foreign(payment: Payment, desk: Desk) -> bool:
    """Whether it is in another currency than the pair's; where nobody says which, it is not."""
    return bool(desk.currency) and payment.amount.currency != desk.currency


def problem_of(payment: Payment, rules: RuleBook, desk: Desk) -> Problem:
    amount = payment.amount
    return Problem(
        ProblemKind.CURRENCY_FOREIGN,
        f"The payment is {amount}; its pair posts in {desk.currency} and in nothing else.",
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
    return Worth(amount, currencies.kept(row, exact)[0], rate, row)


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
    said = f"1 {source} = {rate.rate.normalize():f} {rate.target} from {rate.valid_on}"
    return f"{kept} by {rate.table}: {said}, rounded by {rounding.normalize():f}"
