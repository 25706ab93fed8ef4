"""The desk's limits change by two persons: proposed by administrators, approved by approvers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.db import transaction
from django.urls import reverse

from audit import services as audit
from audit.roles import Duty
from integrations.clock import wall_now
from integrations.services.setting_changes import Lines, Setting, Values
from reconciliation.models import DeskLimit
from reconciliation.services.desk.limits import BOUNDS, DEFAULTS, Limit, limit_of

#: What a limit is for, in the words of the desk's own actions.
LABELS: Final = {
    "dismiss": "Dismiss",
    "accept": "Accept a batch as it is",
    "link_batch": "Link a deposit to a batch",
    "post_anyway": "Post what a check stops",
    "release": "Release what a risk rule holds or blocks",
    "apply_elsewhere": "Apply a payment elsewhere",
    "book_at_rate": "Book at another rate than the table's",
    "give_back": "Take a refund from a customer's account",
    "correct": "Correct a record or a document",
    "write_off": "Write off a difference",
}


def plain(limit: Limit) -> dict[str, str]:
    """JSON-plain, as a proposed change keeps it; `never_above` empty for no such limit."""
    never = "" if limit.never_above is None else f"{limit.never_above:.2f}"
    return {"alone_up_to": f"{limit.alone_up_to:.2f}", "never_above": never}


def limit_from(values: dict[str, str], action: str = "") -> Limit:
    """Raises ValueError with a sentence for limits that cannot be, of an action if one is given."""
    try:
        alone = Decimal(values["alone_up_to"])
        never = Decimal(values["never_above"]) if values["never_above"] else None
    except (InvalidOperation, KeyError) as error:
        raise ValueError("A limit is an amount.") from error
    if not 0 <= alone < Decimal(10) ** 12:
        raise ValueError("What one person may do alone is an amount from 0 on.")
    if never is not None and not alone <= never < Decimal(10) ** 12:
        raise ValueError(
            f"What nobody may do begins above {never:,.2f}, and one person may do up to "
            f"{alone:,.2f} alone: the first has to be as much or more."
        )
    bound = BOUNDS.get(action)
    if bound is not None and max(alone, never or bound) > bound:
        raise ValueError(f"Nobody ever does more than {bound:,.2f}, whatever the limits say.")
    return Limit(alone, never)


def _standing(key: str) -> dict[str, Any]:
    return {action: plain(limit_of(action) or DEFAULTS[action]) for action in DEFAULTS}


def _put(key: str, values: Values, made_by: str, approved_by: str) -> None:
    """Raises ValueError for limits that cannot be."""
    wanted = {action: limit_from(values[action], action) for action in DEFAULTS if action in values}
    with transaction.atomic():
        for action, limit in wanted.items():
            DeskLimit.objects.update_or_create(
                action=action,
                defaults={
                    "alone_up_to": limit.alone_up_to,
                    "never_above": limit.never_above,
                    "changed_by": approved_by[:80],
                    "changed_at": wall_now(),
                },
            )
        audit.record(
            "desk_limits.changed",
            ("setting", SETTING.subject(key)),
            actor=approved_by,
            summary=f"The limits of the desk are others. Proposed by {made_by}.",
            details={action: plain(limit) for action, limit in wanted.items()},
        )


def _lines(before: Values, after: Values) -> Lines:
    return [
        (LABELS[action], _said(before.get(action)), _said(value)) for action, value in after.items()
    ]


def _said(value: Any) -> str:
    if not value:
        return ""
    limit = limit_from(value)
    never = "" if limit.never_above is None else f", nobody above {limit.never_above:,.2f}"
    return f"alone up to {limit.alone_up_to:,.2f}{never}"


SETTING: Final = Setting(
    name="desk-limits",
    propose=Duty.MANAGE_ALERTS,
    approve=Duty.APPROVE_POSTINGS,
    standing=_standing,
    put=_put,
    lines=_lines,
    page=lambda key: reverse("limits"),
)
