"""Tell of what stands on the desk and of batches that differ: grouped, never once for each row."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

from django.db.models import Count

from integrations.alert_kinds import AlertKind
from integrations.clock import business_now
from integrations.models import Connection
from integrations.services import alerts
from integrations.services.alert_watch import Pace
from integrations.services.alerts import Wanted
from reconciliation.alert_reasons import DAILY_KINDS, KIND_OF_REASON
from reconciliation.choices import OPEN_STATES, BatchState, Reason
from reconciliation.models import ExceptionItem, SettlementBatch

WAITING: Final = "true"
PACE: Final = Pace(15.0)
#: Batches that differ are told one by one up to this many.
BATCHES_TOLD: Final = 50
#: What happened, in words that a mail's subject can say.
HAPPENED: Final = {
    AlertKind.RULE_MISSING: "payments wait, for a rule is missing",
    AlertKind.PAYMENT_UNCLEAR: "a person must say where it belongs",
    AlertKind.POSTING_REFUSED: "the ERP refused documents",
    AlertKind.DEAD_LETTER: "something could not be worked on and was set aside",
    AlertKind.BATCH_DISCREPANT: "figures of a settled batch changed afterwards",
    AlertKind.PAGE_UNREADABLE: "something came in that could not be read",
}

Groups = dict[AlertKind, dict[str, Wanted]]


def drain() -> int:
    """Look at everything, if it is time; how many alerts changed."""
    return look() if PACE.is_due() else 0


def look() -> int:
    today = business_now().date()
    groups = _exceptions()
    changed = sum(
        alerts.keep(kind, "exceptions:", groups.get(kind, {}))
        for kind in sorted(set(KIND_OF_REASON.values()))
    )
    return changed + _overdue(today) + _batches()


def _exceptions() -> Groups:
    """Open exceptions by kind, connection and, where each day is news, business day."""
    found = (
        ExceptionItem.objects.filter(state__in=OPEN_STATES, reason__in=KIND_OF_REASON)
        .order_by()
        .values_list("reason", "connection_id", "business_on")
        .annotate(number=Count("id"))
    )
    counted: dict[tuple[AlertKind, int, date | None], dict[str, int]] = defaultdict(dict)
    for reason, connection_id, business_on, number in found:
        kind = KIND_OF_REASON[reason]
        day = business_on if kind in DAILY_KINDS else None
        reasons = counted[kind, connection_id, day]
        reasons[reason] = reasons.get(reason, 0) + number
    names = Connection.objects.in_bulk({connection_id for _, connection_id, _ in counted})
    groups: Groups = defaultdict(dict)
    for (kind, connection_id, day), reasons in counted.items():
        subject = f"exceptions:{connection_id}" + (f":{day}" if day else "")
        groups[kind][subject] = _told(kind, names[connection_id], day, reasons)
    return groups


def _told(
    kind: AlertKind, connection: Connection, day: date | None, reasons: dict[str, int]
) -> Wanted:
    """The title stays while the trouble does; the numbers, which move, are in the detail."""
    what = HAPPENED.get(kind, kind.label)
    when = f", money of {day}" if day else ""
    parts = [f"{number} × {Reason(reason).label}" for reason, number in sorted(reasons.items())]
    return Wanted(f"{connection.name}{when}: {what}.", ", ".join(parts) + ".", connection)


def _overdue(today: date) -> int:
    found = (
        ExceptionItem.objects.filter(state__in=OPEN_STATES, due_on__lt=today)
        .order_by()
        .values_list("owner")
        .annotate(number=Count("id"))
    )
    wanted = {
        f"overdue:{owner or 'nobody'}": Wanted(
            f"Exceptions {f'with {owner}' if owner else 'nobody owns'} are past their due day.",
            f"{number} should have been settled before today.",
        )
        for owner, number in found
    }
    return alerts.keep(AlertKind.EXCEPTIONS_OVERDUE, "overdue:", wanted)


def _batches() -> int:
    late: dict[str, Wanted] = {}
    discrepant: dict[str, Wanted] = {}
    rows = SettlementBatch.objects.filter(state=BatchState.DISCREPANT)
    for batch in rows.select_related("connection").order_by("-closed_on", "-id")[:BATCHES_TOLD]:
        is_late = any(each["reason"] == Reason.DEPOSIT_MISSING for each in batch.reasons)
        what = "its deposit is late" if is_late else "does not tie out"
        (late if is_late else discrepant)[f"batch:{batch.pk}"] = Wanted(
            f"{batch.connection.name}, batch {batch.vendor_ref} of {batch.closed_on}: {what}.",
            " ".join(each["message"] for each in batch.reasons),
            batch.connection,
        )
    return alerts.keep(AlertKind.DEPOSIT_LATE, "batch:", late) + alerts.keep(
        AlertKind.BATCH_DISCREPANT, "batch:", discrepant
    )
