"""Who looks after an exception and until when, by rule; the rule is told with it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from audit import services as audit
from audit.acting import require_actor
from audit.roles import Duty
from integrations.clock import wall_now
from reconciliation.choices import Reason
from reconciliation.models import OwnerRule

TEAMS: Final = ("finance", "operations")
DUE_DAYS: Final = 3
#: Why, where no rule says otherwise.
OPERATIONS_HAVE_IT: Final = "No owner rule fits: connections and readings go to operations"
FINANCE_HAS_IT: Final = "No owner rule fits: money goes to finance"
#: Reasons that operations look after where no rule says otherwise; finance has the rest.
OPERATIONS: Final = frozenset(
    {
        Reason.UNKNOWN_OUTCOME,
        Reason.ATTEMPTS_EXHAUSTED,
        Reason.UNREADABLE_RECORD,
        Reason.UNREADABLE_STATEMENT_LINE,
        Reason.HINT_UNCONFIRMED,
        Reason.CARD_NUMBER_REMOVED,
    }
)


class OwnerRuleError(Exception):
    """The rule cannot be like that; the message is for the person who made it."""


@dataclass(frozen=True, slots=True)
class Owned:
    """`why` is the rule in words, as the exception shows it."""

    owner: str
    why: str
    due_days: int


class Owners:
    """The rules, read once for many exceptions."""

    def __init__(self) -> None:
        self._rules = list(OwnerRule.objects.select_related("connection").order_by("position"))

    def of(self, reason: str, connection_id: int | None, amount: Decimal) -> Owned:
        for rule in self._rules:
            if (
                rule.reason in ("", reason)
                and rule.connection_id in (None, connection_id)
                and amount >= rule.amount_from
            ):
                return Owned(rule.owner, f"Rule {rule.position}: {in_words(rule)}", rule.due_days)
        if reason in OPERATIONS:
            return Owned("operations", OPERATIONS_HAVE_IT, DUE_DAYS)
        return Owned("finance", FINANCE_HAS_IT, DUE_DAYS)


def in_words(rule: OwnerRule) -> str:
    """`Paid too much at PayTrace, from 500.00 on`."""
    text = Reason(rule.reason).label if rule.reason else "anything"
    if rule.connection is not None:
        text += f" at {rule.connection.name}"
    return f"{text}, from {rule.amount_from:,.2f} on" if rule.amount_from else text


def put(values: dict[str, Any], actor: str) -> OwnerRule:
    """Add a rule. Raises OwnerRuleError where it names nobody, or its place is taken."""
    require_actor(actor, Duty.MANAGE_ALERTS)
    owner = values["owner"].strip()
    if owner not in TEAMS:
        if not User.objects.filter(username=owner, is_active=True).exists():
            raise OwnerRuleError(
                f"“{owner}” is no active person, and no team ({', '.join(TEAMS)})."
            )
        owner = f"user:{owner}"
    try:
        with transaction.atomic():
            rule = OwnerRule.objects.create(
                **{**values, "owner": owner}, changed_by=actor, changed_at=wall_now()
            )
            _note("owners.rule_added", rule, actor)
    except IntegrityError as error:
        raise OwnerRuleError(f"Another rule stands at place {values['position']}.") from error
    return rule


def drop(rule: OwnerRule, actor: str) -> None:
    require_actor(actor, Duty.MANAGE_ALERTS)
    with transaction.atomic():
        _note("owners.rule_removed", rule, actor)
        rule.delete()


def _note(what: str, rule: OwnerRule, actor: str) -> None:
    audit.record(
        what,
        ("owner-rule", str(rule.pk)),
        actor=actor,
        summary=f"{in_words(rule)}: {rule.owner}, due after {rule.due_days} day(s).",
        details={"position": rule.position},
    )
