"""Tell of what stands on the desk and of batches that differ: grouped, never once for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from django.db.models import Count

from audit.acting import PERSON
from audit.pace import Pace
from integrations.alert_kinds import AlertKind, AlertState
from integrations.clock import business_now
from integrations.models import Alert, Connection
from integrations.services import alerts
from integrations.services.alerts import Wanted
from reconciliation.alert_reasons import DAILY_KINDS, KIND_OF_REASON
from reconciliation.choices import OPEN_STATES, BatchState, ExceptionState, Reason
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


class About(NamedTuple):
    """What exceptions are told together by; `owner` is the person who looks after them, if any."""

    kind: AlertKind
    connection_id: int
    day: date | None
    owner: str

    @property
    def subject(self) -> str:
        parts = ("exceptions", str(self.connection_id), str(self.day or ""), self.owner)
        return ":".join(filter(None, parts))


def _exceptions() -> Groups:
    """Open exceptions by kind, connection, owner and, where each day is news, business day.

    What somebody has claimed keeps an alert open, and opens none.
    """
    counted: dict[About, dict[str, int]] = defaultdict(dict)
    open_now = set(_open_subjects())
    for reason, connection_id, business_on, owner, state, number in _numbers():
        kind = KIND_OF_REASON[reason]
        is_claimed = state == ExceptionState.CLAIMED
        day = business_on if kind in DAILY_KINDS else None
        about = About(kind, connection_id, day, "" if is_claimed else _person(owner))
        if is_claimed and about not in counted and (kind, about.subject) not in open_now:
            continue
        reasons = counted[about]
        reasons[reason] = reasons.get(reason, 0) + number
    names = Connection.objects.in_bulk({about.connection_id for about in counted})
    groups: Groups = defaultdict(dict)
    for about, reasons in counted.items():
        groups[about.kind][about.subject] = _told(about, names[about.connection_id], reasons)
    return groups


def _numbers() -> Iterable[tuple[str, int, date, str, str, int]]:
    """How many there are, those that nobody has claimed first."""
    found = ExceptionItem.objects.filter(state__in=OPEN_STATES, reason__in=KIND_OF_REASON)
    rows = found.order_by().values_list("reason", "connection_id", "business_on", "owner", "state")
    counted = rows.annotate(number=Count("id"))
    return sorted(counted, key=lambda row: row[4] == ExceptionState.CLAIMED)


def _open_subjects() -> Iterable[tuple[str, str]]:
    found = Alert.objects.filter(state=AlertState.OPEN, subject__startswith="exceptions:")
    return found.values_list("kind", "subject")


def _person(owner: str) -> str:
    """The owner, where it is one person and not a team."""
    return owner if owner.startswith(PERSON) else ""


def _told(about: About, connection: Connection, reasons: dict[str, int]) -> Wanted:
    """The title stays while the trouble does; the numbers, which move, are in the detail."""
    what = HAPPENED.get(about.kind, about.kind.label)
    when = f", money of {about.day}" if about.day else ""
    parts = [f"{number} × {Reason(reason).label}" for reason, number in sorted(reasons.items())]
    whose = f" {about.owner.removeprefix(PERSON)} looks after them." if about.owner else ""
    told = f"{', '.join(parts)}.{whose}"
    return Wanted(f"{connection.name}{when}: {what}.", told, connection, about.owner)


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
            owner=_person(owner),
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
