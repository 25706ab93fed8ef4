"""What the rules' validations and currencies need to know, and what a person said of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from integrations.models import Pair
from integrations.services.connectors import open_items_of
from mapping.decide.risk import REFUSED, RELEASED
from mapping.models import ExchangeRate
from mapping.rulebook import RuleBook
from mapping.rules.currencies import Rate
from mapping.rules.risks import Level
from mapping.rules.validations import Check, Severity
from reconciliation.choices import OPEN_STATES, ExceptionState, Reason
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.case import Case
from reconciliation.services.desk_open import Wanted, close_by_machine, open_or_tell_anew

#: In the details of an exception: a person let the payment through, for this amount.
LET_THROUGH: Final = "let_through"
#: The same of a payment that a person refused.
TURNED_DOWN: Final = "turned_down"
#: What the rules hold back and a person can let through.
HELD_BY_RULES: Final = (Reason.VALIDATION_HELD, Reason.RISK_HELD, Reason.RISK_BLOCKED)
#: Why these are held is told as it is by now.
TOLD_ANEW: Final = (*HELD_BY_RULES, Reason.CURRENCY_FOREIGN)
_STOPPING: Final = (Level.HOLD, Level.BLOCK)


def closed_days(pair: Pair, rules: RuleBook, day: date) -> frozenset[date] | None:
    """The day, if it lies in a closed period of the ERP; None where no rule asks for that.

    Raises: TransientError, AuthError.
    """
    asked = any(
        row.checks == Check.PERIOD_OPEN and row.severity != Severity.OFF
        for row in rules.validations
    )
    return open_items_of(pair.erp).closed_periods(pair.company, [day]) if asked else None


def rates_for(pair: Pair, rules: RuleBook, cases: Sequence[Case]) -> list[Rate]:
    """The rates that may be asked for payments in other currencies than the pair's."""
    sources = {case.row.currency for case in cases} - {pair.currency}
    rows = [row for row in rules.currencies if row.base == pair.currency]
    if not sources or not rows:
        return []
    days = [case.business_on for case in cases]
    oldest = min(days) - timedelta(days=max(row.max_age_days for row in rows))
    found = ExchangeRate.objects.filter(
        table__in={row.rate_table for row in rows},
        source__in=sources,
        target=pair.currency,
        valid_on__range=(oldest, max(days)),
    )
    return [rate.as_rate() for rate in found]


def with_accepted(rules: RuleBook, cases: Sequence[Case]) -> list[Case]:
    """Each with what a person let it through in spite of, or refused; one statement for all."""
    stops = any(row.severity == Severity.HOLD for row in rules.validations)
    if not stops and not any(row.level in _STOPPING for row in rules.risks):
        return list(cases)
    found: dict[int, set[str]] = defaultdict(set)
    items = ExceptionItem.objects.filter(
        transaction__in=[case.row.pk for case in cases],
        reason__in=HELD_BY_RULES,
        state=ExceptionState.RESOLVED,
    )
    amounts = {case.row.pk: str(case.row.amount) for case in cases}
    for pk, reason, details in items.values_list("transaction_id", "reason", "details"):
        # What was accepted of another amount is not accepted of this one.
        if details.get(LET_THROUGH) == amounts.get(pk or 0):
            accepted = str(details.get("check", "")).split(", ")
            found[pk or 0].update(accepted if reason == Reason.VALIDATION_HELD else (RELEASED,))
        if details.get(TURNED_DOWN) == amounts.get(pk or 0):
            found[pk or 0].add(REFUSED)
    return [
        replace(case, accepted=case.accepted | found[case.row.pk]) if case.row.pk in found else case
        for case in cases
    ]


def tell(wanted: Iterable[Wanted]) -> None:
    """What is held by other findings than its open exception says, says it; in a transaction."""
    held = {(one.subject, one.reason): one for one in wanted if one.reason in TOLD_ANEW}
    if not held:
        return
    told = ExceptionItem.objects.filter(
        subject__in=[subject for subject, _ in held],
        reason__in=TOLD_ANEW,
        state__in=OPEN_STATES,
    )
    for subject, reason, message in told.values_list("subject", "reason", "message"):
        now = held.get((subject, reason))
        if now is not None and now.message[:400] != message:
            open_or_tell_anew([now])


def close_where_other(held: Sequence[tuple[Transaction, frozenset[str]]]) -> None:
    """Payments that are held for another reason now, each with its reasons; in a transaction."""
    if not held:
        return
    now = {row.pk: reasons for row, reasons in held}
    items = ExceptionItem.objects.filter(
        transaction__in=now, reason__in=HELD_BY_RULES, state__in=OPEN_STATES
    )
    gone = [
        pk
        for pk, row, reason in items.values_list("pk", "transaction_id", "reason")
        if reason not in now[row or 0]
    ]
    if gone:
        close_by_machine(
            ExceptionItem.objects.filter(pk__in=gone), "It is held for another reason now."
        )
