"""Pulls: read each stream of each active connection on its grid of business time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.module_loading import import_string

from integrations.choices import ConnectionState, EnvelopeSource
from integrations.clock import business_now, wall_now
from integrations.contracts import Capability, Document, FetchesDocuments, Page
from integrations.errors import EdgeError
from integrations.locks import session_lock
from integrations.models import Connection, Pull, PullReading
from integrations.services import circuit, intake
from integrations.services.connectors import reader_of

#: A stream whose newest slot on its grid of business time has not been read.
WAITING: Final = """EXISTS (
    SELECT 1 FROM integrations_pull p
     WHERE (p.not_before IS NULL OR p.not_before <= %(wall)s)
       AND (p.through IS NULL OR p.through < date_bin(
             make_interval(mins => p.every_minutes), %(business)s,
             date_trunc('day', %(business)s, 'UTC'))))"""

logger = logging.getLogger(__name__)

PAGE: Final = 31


def slot_of(moment: datetime, every_minutes: int) -> datetime:
    """The newest multiple of `every_minutes` since midnight UTC that is not after `moment`."""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    minutes = int((moment - midnight).total_seconds() // 60)
    return midnight + timedelta(minutes=minutes - minutes % every_minutes)


def due(now: datetime, wall: datetime) -> list[Pull]:
    """Pulls whose current slot has not been read, of connections that may be asked."""
    candidates = (
        Pull.objects.filter(connection__state=ConnectionState.ACTIVE)
        .filter(Q(not_before__isnull=True) | Q(not_before__lte=wall))
        .filter(Q(connection__paused_until__isnull=True) | Q(connection__paused_until__lte=wall))
        .select_related("connection")
        .order_by("id")
    )
    return [
        pull
        for pull in candidates
        if pull.through is None or pull.through < slot_of(now, pull.every_minutes)
    ]


def drain() -> int:
    """Read every due stream to its end; answers how many pulls were read."""
    read = 0
    for pull in due(business_now(), wall_now()):
        with session_lock(f"pull:{pull.pk}") as is_ours:
            if not is_ours:
                continue
            with circuit.asking(pull.connection) as may_ask:
                if may_ask:  # A stream that was read just before may have paused it.
                    read += _read(pull)
    return read


def _watched(connection: Connection) -> Sequence[str]:
    """Vendor ids that the books above still wait for; asked by name, since calls go down only."""
    ids: Sequence[str] = import_string(settings.TIEOUT_WATCH_LIST)(connection)
    return ids


def _read(pull: Pull) -> int:
    """Read one stream page by page; each page's envelopes and cursor commit together."""
    pull.refresh_from_db()
    moment = business_now()
    stream = Capability(pull.stream)
    try:
        reader = reader_of(pull.connection)
        watch = _watched(pull.connection) if stream is Capability.TRANSACTIONS else ()
        pages = 0
        while True:
            page = _fetch(reader, stream, pull, moment, watch)
            circuit.answered(pull.connection)
            pages += 1
            _keep(pull, page, moment, pages)
            if page.trouble is not None:
                raise page.trouble
            if not page.has_more:
                return 1
    except EdgeError as error:
        _failed(pull, error)
        return 0


def _keep(pull: Pull, page: Page, moment: datetime, pages: int) -> None:
    """A page that came is kept, whatever ended it: a failure counts from the last one on."""
    arrivals = intake.unknown(pull.connection, [_arrival(d) for d in page.documents])
    with transaction.atomic():
        for arrival in arrivals:
            intake.receive(pull.connection, arrival)
        pull.cursor = dict(page.next_cursor)
        pull.failures = 0
        if not page.has_more:
            # What came while a reading stood still belongs to the next one, which is due at once.
            slot = slot_of(min(page.covers or moment, moment), pull.every_minutes)
            _note_reading(pull, slot, pages)
            pull.through = slot
            pull.read_at = wall_now()
            pull.problem = ""
            pull.not_before = None
        pull.save()


def _note_reading(pull: Pull, slot: datetime, pages: int) -> None:
    """A slot that is read once more, because the clock was set back, is noted once."""
    PullReading.objects.bulk_create(
        [PullReading(pull=pull, slot=slot, since=pull.through, read_at=wall_now(), pages=pages)],
        ignore_conflicts=True,
    )


def _fetch(
    reader: FetchesDocuments,
    stream: Capability,
    pull: Pull,
    moment: datetime,
    watch: Sequence[str],
) -> Page:
    """One page. A connector's own fault backs off like any other: nobody is asked without end."""
    try:
        return reader.fetch(stream, pull.cursor, moment=moment, limit=PAGE, watch=watch)
    except EdgeError:
        raise
    except Exception as error:
        logger.exception("The connector of %s failed.", pull.connection)
        raise EdgeError(f"Reading failed for a reason of our own: {error!r}"[:300]) from error


def store(connection: Connection, document: Document, asked: str = "") -> intake.Received:
    """Keep a fetched document as an envelope, unless its newest reading said the same.

    `asked` says who named it, if it was asked by id.
    """
    arrival = _arrival(document, asked)
    return intake.receive(connection, next(iter(intake.unknown(connection, [arrival])), arrival))


def _arrival(document: Document, asked: str = "") -> intake.Arrival:
    return intake.Arrival(
        kind=document.kind,
        body=document.body,
        source=EnvelopeSource.PULL,
        identity=document.identity,
        name=document.name,
        content_type=document.content_type,
        headers={"asked": asked} if asked else {},
        context=document.context,
    )


def _failed(pull: Pull, error: EdgeError) -> None:
    """Back off with this stream; a throttle or refused credentials pause the whole connection."""
    Pull.objects.filter(pk=pull.pk).update(
        failures=F("failures") + 1,
        problem=error.message[:300],
        not_before=wall_now() + circuit.back_off(pull.failures + 1),
    )
    circuit.failed(pull.connection, error)
