"""The nothing-missing statement, asked of the database: for one day, or for a row of days at once.

A day is the business day of the pair that the gateway belongs to. An event counts on the day on
which it reached us; a batch on the day on which it closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db.models import Count, Min, Q, Sum

from integrations.clock import business_now
from integrations.contracts import Capability
from integrations.models import Connection, Pull, PullReading
from integrations.registry import CONNECTORS
from reconciliation.choices import NOT_PAID, TransactionKind
from reconciliation.completeness import (
    Announced,
    Arrivals,
    BatchTold,
    IdHint,
    Polls,
    Statement,
    id_hint,
    polls_of,
    slots_between,
)
from reconciliation.models import SettlementBatch, Transaction
from reconciliation.services.pairs import of_gateway

GATEWAYS: Final = tuple(
    code for code, info in CONNECTORS.items() if Capability.TRANSACTIONS in info.capabilities
)
ARRIVALS: Final = """
    SELECT (v.business_at AT TIME ZONE %(zone)s)::date, f.kind, v.source, f."end", f.rule, count(*)
      FROM integrations_envelope v JOIN integrations_fact f ON f.envelope_id = v.id
     WHERE v.connection_id = %(connection)s AND v.business_at >= %(start)s
       AND v.business_at < %(end)s
     GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""
DOCUMENTS: Final = """
    SELECT (v.business_at AT TIME ZONE %(zone)s)::date,
           count(*) FILTER (WHERE v.state = 'received'),
           count(*) FILTER (WHERE v.state = 'unreadable' AND NOT EXISTS (
               SELECT 1 FROM integrations_fact f WHERE f.envelope_id = v.id))
      FROM integrations_envelope v
     WHERE v.connection_id = %(connection)s AND v.business_at >= %(start)s
       AND v.business_at < %(end)s AND v.state IN ('received', 'unreadable')
     GROUP BY 1
"""
ANNOUNCED: Final = """
    SELECT (v.business_at AT TIME ZONE %(zone)s)::date, f.id, f.vendor_id, f."end", f.reason
      FROM integrations_envelope v JOIN integrations_fact f ON f.envelope_id = v.id
     WHERE v.connection_id = %(connection)s AND v.business_at >= %(start)s
       AND v.business_at < %(end)s AND f.kind = 'hint'
       AND NOT EXISTS (SELECT 1 FROM reconciliation_transaction t
                        WHERE t.connection_id = f.connection_id AND t.vendor_id = f.vendor_id)
     ORDER BY f.id LIMIT 1000
"""
WAYS: Final = """
    SELECT w.announced, w.polled, w.reported, count(*) FROM (
      SELECT EXISTS (SELECT 1 FROM integrations_fact f WHERE f.connection_id = t.connection_id
                        AND f.kind = 'hint' AND f.vendor_id = t.vendor_id) AS announced,
             EXISTS (SELECT 1 FROM integrations_fact f
                       JOIN integrations_envelope v ON v.id = f.envelope_id
                      WHERE f.connection_id = t.connection_id AND f.kind = 'transaction'
                        AND f.vendor_id = t.vendor_id AND v.source = 'pull'
                        AND NOT v.headers ? 'asked') AS polled,
             b.reported_count IS NOT NULL AS reported
        FROM reconciliation_transaction t
        LEFT JOIN reconciliation_settlementbatch b ON b.id = t.batch_id
       WHERE t.connection_id = %(connection)s AND t.captured_at >= %(start)s
         AND t.captured_at < %(end)s) w
     GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2 DESC, 3 DESC
"""


def zone_of(gateway: Connection) -> ZoneInfo:
    """The zone in which the gateway's business days are counted: its pair's."""
    pair = of_gateway(gateway.pk)
    return ZoneInfo(pair.time_zone if pair else "UTC")


def gateways() -> list[Connection]:
    """Connections that send payment transactions."""
    return list(Connection.objects.filter(connector__in=GATEWAYS).order_by("name", "pk"))


def statement(connection: Connection, day: date) -> Statement:
    return statements(connection, day, day)[0]


def statements(connection: Connection, first: date, last: date) -> list[Statement]:
    """A statement for each day, the newest first; as many queries for a month as for a day."""
    zone = zone_of(connection)
    asked = _bounds(connection, first, last, zone)
    arrivals, documents = _arrivals(asked), _documents(asked)
    announced, batches = _announced(asked), _batches(connection, first, last)
    pulls = _pulls(connection, asked)
    now = business_now()
    found: list[Statement] = []
    for offset in range((last - first).days + 1):
        day = last - timedelta(days=offset)
        start, end = day_bounds(day, zone)
        unread, unreadable = documents.get(day, (0, 0))
        found.append(
            Statement(
                day=day,
                is_over=end <= now,
                arrivals=arrivals.get(day, ()),
                batches=batches.get(day, ()),
                polls=[_polls(pull, read, start, end, now) for pull, read in pulls],
                announced=announced.get(day, ()),
                unread=unread,
                unreadable=unreadable,
            )
        )
    return found


def known_by(connection: Connection, day: date) -> list[tuple[list[str], int]]:
    """By which ways the day's captured transactions are known: ways, and how many."""
    with database.cursor() as cursor:
        cursor.execute(WAYS, _bounds(connection, day, day, zone_of(connection)))
        rows = cursor.fetchall()
    names = ("webhook", "poll", "batch report")
    return [
        ([name for name, known in zip(names, row[:3], strict=True) if known] or ["asked by id"],
         row[3])
        for row in rows
    ]  # fmt: skip


def left_out_ids(connection: Connection, day: date) -> IdHint | None:
    """Numbers between the day's ids that no transaction has; where ids are dense numbers."""
    start, end = day_bounds(day, zone_of(connection))
    rows = Transaction.objects.filter(
        connection=connection, captured_at__gte=start, captured_at__lt=end
    )
    ids = sorted(rows.values_list("vendor_id", flat=True)[:100_000], key=lambda i: (len(i), i))
    return id_hint(ids[0], ids[-1], len(ids)) if ids else None


def day_named(text: str) -> date:
    """The day of an address. Raises ValueError, also for one beyond which no days are counted."""
    day = date.fromisoformat(text)
    if not 1900 <= day.year < 3000:
        raise ValueError(f"{day} is no day of business.")
    return day


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(), zone).astimezone(UTC)
    return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def _bounds(connection: Connection, first: date, last: date, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "connection": connection.pk,
        "zone": zone.key,
        "start": day_bounds(first, zone)[0],
        "end": day_bounds(last, zone)[1],
    }


def _rows(statement: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement, asked)
        return list(cursor.fetchall())


def _arrivals(asked: Mapping[str, Any]) -> dict[date, list[Arrivals]]:
    found: dict[date, list[Arrivals]] = defaultdict(list)
    for day, *rest in _rows(ARRIVALS, asked):
        found[day].append(Arrivals(*rest))
    return found


def _documents(asked: Mapping[str, Any]) -> dict[date, tuple[int, int]]:
    return {day: (unread, unreadable) for day, unread, unreadable in _rows(DOCUMENTS, asked)}


def _announced(asked: Mapping[str, Any]) -> dict[date, list[Announced]]:
    found: dict[date, list[Announced]] = defaultdict(list)
    for day, *rest in _rows(ANNOUNCED, asked):
        found[day].append(Announced(*rest))
    return found


def _batches(connection: Connection, first: date, last: date) -> dict[date, list[BatchTold]]:
    """Batches that closed on these days with their members, other than what was never paid."""
    paid = ~Q(transactions__status__in=NOT_PAID)
    is_refund = Q(transactions__kind=TransactionKind.REFUND)
    rows = (
        SettlementBatch.objects.filter(connection=connection, closed_on__range=(first, last))
        .annotate(
            here=Count("transactions", filter=paid),
            sold=Sum("transactions__amount", filter=paid & ~is_refund, default=0),
            returned=Sum("transactions__amount", filter=paid & is_refund, default=0),
        )
        .order_by("closed_on", "id")
    )
    found: dict[date, list[BatchTold]] = defaultdict(list)
    for row in rows:
        found[row.closed_on].append(
            BatchTold(
                pk=row.pk,
                vendor_ref=row.vendor_ref,
                here=row.here,
                sales=row.sold,
                refunds=row.returned,
                currency=row.currency,
                reported=row.reported_count,
                reported_sales=row.reported_sales,
                reported_refunds=row.reported_refunds,
            )
        )
    return found


def _pulls(
    connection: Connection, asked: Mapping[str, Any]
) -> list[tuple[Pull, frozenset[datetime]]]:
    pulls = list(
        Pull.objects.filter(connection=connection)
        .annotate(first_slot=Min("readings__slot"))
        .order_by("stream")
    )
    read: dict[int, set[datetime]] = defaultdict(set)
    readings = PullReading.objects.filter(
        pull__connection=connection, slot__gte=asked["start"], slot__lt=asked["end"]
    )
    for pull_id, slot in readings.values_list("pull_id", "slot"):
        read[pull_id].add(slot)
    return [(pull, frozenset(read[pull.pk])) for pull in pulls]


def _polls(
    pull: Any, read: frozenset[datetime], start: datetime, end: datetime, now: datetime
) -> Polls:
    """On the day that is under way the newest slot may still be read: it is no gap yet."""
    last = end if end <= now else now - timedelta(minutes=pull.every_minutes)
    slots = slots_between(start, max(last, start), pull.every_minutes)
    return polls_of(pull.stream, slots, read, pull.through, pull.first_slot or pull.through)
