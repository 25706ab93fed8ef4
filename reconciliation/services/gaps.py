"""Gaps are fetched without being asked: what a report, an announcement or a refund names, and what
is not here, is read again, later and later, until it is here or a person has been told.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from integrations.choices import AlertKind, ConnectionState, FactEnd
from integrations.clock import business_now, wall_now
from integrations.contracts import Capability, Document
from integrations.errors import EdgeError
from integrations.models import Connection, Fact
from integrations.services import alerts, circuit
from integrations.services.connectors import reader_of, rereads_days
from integrations.services.pull import store
from reconciliation.choices import NOT_PAID, BatchState, GapCause
from reconciliation.models import GapReading, SettlementBatch, Transaction
from reconciliation.services.completeness import gateways

#: Batches short of members or without a report, refused announcements of payments that are not here
#: and refunds that name a sale that is not, unless they have just been looked for.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch b
             WHERE b.state IN ('open', 'closed') AND b.closed_at < %(business)s - interval '1 hour'
               AND b.closed_on >= %(business)s::date - 14
               AND (b.reported_count IS NULL
                    OR b.reported_count > (
                        SELECT count(*) FROM reconciliation_transaction t
                         WHERE t.batch_id = b.id AND t.status NOT IN ('declined', 'voided')))
               AND NOT EXISTS (SELECT 1 FROM reconciliation_gapreading g
                                WHERE g.connection_id = b.connection_id
                                  AND g.subject = 'batch:' || b.id AND g.next_at > %(wall)s))
    OR EXISTS (SELECT 1 FROM integrations_fact f
                WHERE f."end" = 'blocked' AND f.kind = 'hint'
                  AND NOT EXISTS (SELECT 1 FROM reconciliation_transaction t
                                   WHERE t.connection_id = f.connection_id
                                     AND t.vendor_id = f.vendor_id)
                  AND NOT EXISTS (SELECT 1 FROM reconciliation_gapreading g
                                   WHERE g.connection_id = f.connection_id
                                     AND g.subject = 'transaction:' || f.vendor_id
                                     AND g.next_at > %(wall)s))
    OR EXISTS (SELECT 1 FROM reconciliation_transaction r
                WHERE r.parent_ref <> '' AND r.parent_id IS NULL
                  AND r.captured_at >= %(business)s - interval '14 days'
                  AND NOT EXISTS (SELECT 1 FROM reconciliation_transaction t
                                   WHERE t.connection_id = r.connection_id
                                     AND t.vendor_id = r.parent_ref)
                  AND NOT EXISTS (SELECT 1 FROM reconciliation_gapreading g
                                   WHERE g.connection_id = r.connection_id
                                     AND g.subject = 'transaction:' || r.parent_ref
                                     AND g.next_at > %(wall)s))"""

logger = logging.getLogger(__name__)

AT_ONCE: Final = 20
BY_ID: Final = (GapCause.ANNOUNCED, GapCause.NAMED)
#: A batch's members and report may come a little later than its close.
PATIENCE: Final = timedelta(hours=1)
#: What closed longer ago is a matter of the desk.
LOOK_BACK: Final = timedelta(days=14)
#: Members were captured on the day of the close or before it.
DAYS_BEFORE: Final = 2
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(days=1)
#: From this look on, operations hear of it.
TELL_FROM: Final = 2


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is named and not here."""

    cause: str
    subject: str
    business_on: date
    words: str
    read: Callable[[], Sequence[Document]]


def drain() -> int:
    """Look for a portion of what is missing at every gateway; answers how many looks were made."""
    return sum(_look(gateway) for gateway in gateways())


def pause_after(number: int) -> timedelta:
    """Five minutes, twenty, an hour and twenty, …, a day."""
    minutes = FIRST_PAUSE.total_seconds() / 60 * 4.0 ** min(number - 1, 10)
    return min(LONGEST_PAUSE, timedelta(minutes=minutes))


def _look(gateway: Connection) -> int:
    if gateway.state != ConnectionState.ACTIVE:
        return 0
    gaps = [*_batch_gaps(gateway), *_named_gaps(gateway)][:AT_ONCE]
    looked = 0
    for gap in gaps:
        with circuit.asking(gateway) as may_ask:
            if not may_ask:
                break
            looked += _read_again(gateway, gap)
    if (
        not gaps
        and not GapReading.objects.filter(connection=gateway, next_at__gt=wall_now()).exists()
    ):
        alerts.clear(AlertKind.FACTS_MISSING, f"connection:{gateway.pk}")
    return looked


def _read_again(gateway: Connection, gap: Gap) -> int:
    """Read what the gap names, keep it, and note the look in the same transaction."""
    before = GapReading.objects.filter(connection=gateway, subject=gap.subject).count()
    documents: Sequence[Document] = ()
    problem = ""
    try:
        documents = gap.read()
        circuit.answered(gateway)
    except EdgeError as error:
        problem = error.message
        circuit.failed(gateway, error)
    except Exception as error:
        logger.exception("The connector of %s failed.", gateway)
        problem = f"Reading failed for a reason of our own: {error!r}"
    now = wall_now()
    with transaction.atomic():
        asked = gap.cause if gap.cause in BY_ID else ""
        news = sum(store(gateway, document, asked).is_new for document in documents)
        GapReading.objects.create(
            connection=gateway,
            cause=gap.cause,
            subject=gap.subject,
            business_on=gap.business_on,
            number=before + 1,
            asked_at=now,
            next_at=now + pause_after(before + 1),
            documents=len(documents),
            news=news,
            problem=problem[:300],
        )
        if before + 1 >= TELL_FROM:
            title = f"{gateway.name}: facts are missing"
            subject = f"connection:{gateway.pk}"
            alerts.raise_alert(
                AlertKind.FACTS_MISSING, subject, title, gap.words, connection=gateway
            )
    return 1


def _recently_read(gateway: Connection, subjects: Sequence[str]) -> set[str]:
    waiting = GapReading.objects.filter(
        connection=gateway, subject__in=subjects, next_at__gt=wall_now()
    )
    return set(waiting.values_list("subject", flat=True))


def _batch_gaps(gateway: Connection) -> list[Gap]:
    """Batches that report more than is here, or that nothing reports."""
    reader = rereads_days(gateway)
    if reader is None:
        return []
    now = business_now()
    paid = ~Q(transactions__status__in=NOT_PAID)
    rows = (
        SettlementBatch.objects.filter(
            connection=gateway,
            state__in=(BatchState.OPEN, BatchState.CLOSED),
            closed_at__lt=now - PATIENCE,
            closed_on__gte=(now - LOOK_BACK).date(),
        )
        .annotate(here=Count("transactions", filter=paid))
        .filter(Q(reported_count__isnull=True) | Q(reported_count__gt=F("here")))
        .order_by("closed_on", "id")[: AT_ONCE * 5]
    )
    waiting = _recently_read(gateway, [f"batch:{row.pk}" for row in rows])
    found: list[Gap] = []
    for row in rows:
        subject = f"batch:{row.pk}"
        if subject in waiting:
            continue
        is_short = row.reported_count is not None
        days = [row.closed_on - timedelta(days=back) for back in range(DAYS_BEFORE, -1, -1)]
        stream = Capability.TRANSACTIONS if is_short else Capability.BATCHES
        said = f"reports {row.reported_count}, {row.here} are here" if is_short else "no report"
        found.append(
            Gap(
                cause=GapCause.BATCH_SHORT if is_short else GapCause.BATCH_UNREPORTED,
                subject=subject,
                business_on=row.closed_on,
                words=f"Batch {row.vendor_ref}: {said}.",
                read=lambda days=days, stream=stream: [  # type: ignore[misc]
                    document for day in days for document in reader.fetch_day(stream, day)
                ],
            )
        )
    return found


def _named_gaps(gateway: Connection) -> list[Gap]:
    """Transactions that an announcement or a refund names, and that are not here."""
    known = Transaction.objects.filter(connection=gateway)
    refused = (
        Fact.objects.filter(connection=gateway, kind="hint", end=FactEnd.BLOCKED)
        .exclude(Exists(known.filter(vendor_id=OuterRef("vendor_id"))))
        .select_related("envelope")
        .order_by("-id")[: AT_ONCE * 5]
    )
    named = (
        known.exclude(parent_ref="")
        .filter(parent__isnull=True, captured_at__gte=business_now() - LOOK_BACK)
        .exclude(Exists(known.filter(vendor_id=OuterRef("parent_ref"))))
        .order_by("-id")[: AT_ONCE * 5]
    )
    wanted: dict[str, tuple[str, date]] = {
        fact.vendor_id: (GapCause.ANNOUNCED, fact.envelope.business_at.date()) for fact in refused
    }
    wanted |= {row.parent_ref: (GapCause.NAMED, row.captured_on) for row in named}
    waiting = _recently_read(gateway, [f"transaction:{vendor_id}" for vendor_id in wanted])
    reader = reader_of(gateway) if wanted else None
    return [
        Gap(
            cause=cause,
            subject=f"transaction:{vendor_id}",
            business_on=day,
            words=f"Transaction {vendor_id}: {GapCause(cause).label.lower()}.",
            read=lambda vendor_id=vendor_id: [  # type: ignore[misc]
                reader.fetch_by_id(Capability.TRANSACTIONS, vendor_id)  # type: ignore[union-attr]
            ],
        )
        for vendor_id, (cause, day) in wanted.items()
        if f"transaction:{vendor_id}" not in waiting
    ]
