"""What has the same cause as an exception: open, or closed with its money where it stood."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from reconciliation.choices import OPEN_STATES, Placement, Reason
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.fitting import (
    PLACEMENT_REASONS,
    POSTING_REASONS,
    RISK_REASONS,
)


@dataclass(frozen=True, slots=True)
class Cause:
    """The cause in words, and what finds all that has it, open or closed."""

    words: str
    condition: Q

    def open(self) -> QuerySet[ExceptionItem]:
        return ExceptionItem.objects.filter(self.condition, state__in=OPEN_STATES)

    def past(self) -> QuerySet[ExceptionItem]:
        """Closed, and its money stands where it stood: more can be done about it.

        What was decided and posted since is never among them: it is not decided again.
        """
        stands = Q(transaction__placement=Placement.ON_ACCOUNT) | Q(
            transaction__placement=Placement.UNIDENTIFIED
        )
        closed = ExceptionItem.objects.filter(self.condition, reason__in=PLACEMENT_REASONS)
        return closed.filter(stands).exclude(state__in=OPEN_STATES)


def cause_of(item: ExceptionItem) -> Cause:
    """The cause behind an exception, as exactly as it is known."""
    same = Q(reason=item.reason, connection=item.connection_id)
    about = item.details
    if item.reason == Reason.METHOD_UNMAPPED:
        method = about.get("method", "")
        return Cause(f"the card brand {method or 'without a name'}", same & _details(method=method))
    if item.reason == Reason.ACCOUNT_UNMAPPED:
        role, kind, method = (about.get(name, "") for name in ("role", "kind", "method"))
        words = " ".join(text for text in (role, kind, method) if text)
        return Cause(
            f"no account for {words}", same & _details(role=role, kind=kind, method=method)
        )
    if item.reason == Reason.ACTION_UNMAPPED:
        kind, status = about.get("kind", ""), about.get("status", "")
        return Cause(
            f"no rule for {kind} {status}".strip(), same & _details(kind=kind, status=status)
        )
    if item.reason == Reason.FIELD_UNFIT:
        field, row = about.get("field", ""), about.get("row", "")
        words = f"row {row} of the field map"
        return Cause(words, same & _details(field=field, row=row))
    if item.reason in (Reason.VALIDATION_HELD, Reason.VALIDATION_WARNED):
        check = about.get("check", "")
        words = ", ".join(each["field"] for each in about.get("checks", ()))
        return Cause(f"the check “{words}”", same & _details(check=check))
    if item.reason in (Reason.RISK_FLAGGED, *RISK_REASONS):
        rule = about.get("rule", "")
        return Cause(rule or "refused by a person", same & _details(rule=rule))
    if item.reason == Reason.RULES_MISSING:
        return Cause(f"no rule set on {item.business_on}", same & Q(business_on=item.business_on))
    if item.reason in POSTING_REASONS:
        return _of_posting(item, same)
    if item.reason in PLACEMENT_REASONS and item.transaction is not None:
        return _of_payer(item, same)
    return Cause(f"the same at {item.connection.name}", same)


def _details(**values: str) -> Q:
    """Noted details; what is empty was not noted."""
    found = Q()
    for name, value in values.items():
        if value:
            found &= Q(**{f"details__{name}": value})
        else:
            found &= Q(**{f"details__{name}__isnull": True}) | Q(**{f"details__{name}": ""})
    return found


def _of_posting(item: ExceptionItem, same: Q) -> Cause:
    """The same answer of the same target; of a closed period, about the same month."""
    code = item.details.get("code", "")
    same &= _details(code=code)
    words = f"the answer {code.replace('_', ' ') or 'without a code'} of {item.connection.name}"
    if item.reason == Reason.PERIOD_CLOSED:
        day = item.business_on
        same &= Q(business_on__year=day.year, business_on__month=day.month)
        words = f"the period {day:%b %Y} at {item.connection.name}"
    return Cause(words, same)


def _of_payer(item: ExceptionItem, same: Q) -> Cause:
    """The same payer: by the gateway's customer, or where that is unknown by the ERP's."""
    row = item.transaction
    if row is not None and row.customer_ref:
        who = Q(transaction__customer_ref=row.customer_ref)
        return Cause(f"the payer {row.customer_ref} of {item.connection.name}", same & who)
    if row is not None and row.customer_id:
        who = Q(transaction__customer_id=row.customer_id, transaction__customer_ref="")
        return Cause(f"customer {row.customer_id}", same & who)
    who = Q(transaction__customer_ref="", transaction__customer_id="")
    return Cause(f"payers of {item.connection.name} without any id", same & who)
