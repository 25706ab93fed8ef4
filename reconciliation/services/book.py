"""Book: read each envelope once, give every fact its end, bring the books up to date.

One worker books a connection at a time, in the order the envelopes came. A portion is one
transaction: a crash repeats it whole.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.canonical import (
    BatchRecord,
    HintRecord,
    OrderRecord,
    Record,
    StatementLineRecord,
    TransactionRecord,
    Unreadable,
    meaning_hash,
    meaning_of,
    plain_hash,
)
from integrations.choices import EnvelopeState, FactEnd
from integrations.clock import wall_now
from integrations.contracts import FetchesDocuments, Parsed
from integrations.errors import EdgeError, UnreadableError
from integrations.locks import session_lock
from integrations.models import Connection, Envelope, Fact
from integrations.services import circuit, lanes
from integrations.services.connectors import reader_of
from integrations.services.intake import SAME_ID_AS, open_body
from integrations.services.vault import VaultError
from reconciliation.services import (
    book_batches,
    book_lines,
    book_orders,
    book_transactions,
    statement_balances,
)
from reconciliation.services.desk_open import open_exceptions
from reconciliation.services.duplicates import mark_duplicates
from reconciliation.services.reading_problems import (
    card_data_found,
    heal,
    still_unreadable,
    unreadable_document,
    unreadable_record,
)

logger = logging.getLogger(__name__)

WAITING: Final = "EXISTS (SELECT 1 FROM integrations_envelope WHERE state = 'received')"

ENVELOPES_AT_ONCE: Final = 1000
BYTES_AT_ONCE: Final = 4_000_000
#: What booking looks at; moments of an envelope are dear to read and not needed, but for one.
READ: Final = (
    "connection_id", "source", "kind", "name", "identity", "business_at", "context", "key_id",
    "body", "size", "guard_findings",
)  # fmt: skip
LONGEST_ID: Final = 60
LONGEST_BATCH_ID: Final = 40


@dataclass(slots=True)
class Reading:
    """One envelope and what was read in it."""

    envelope: Envelope
    parsed: Parsed
    facts: list[Fact] = field(default_factory=list)
    problem: str = ""


def drain() -> int:
    """Book a portion for every connection that has unread envelopes; answers facts booked."""
    waiting = Envelope.objects.filter(connection=OuterRef("pk"), state=EnvelopeState.RECEIVED)
    booked = 0
    for connection in Connection.objects.filter(Exists(waiting)).order_by("pk"):
        with session_lock(f"book:{connection.pk}") as is_ours:
            if is_ours:
                booked += _book_or_pause(connection)
    return booked


def _book_or_pause(connection: Connection) -> int:
    """A connection whose settings do not hold keeps its envelopes and stops no other."""
    try:
        return book(connection)
    except EdgeError as error:
        circuit.failed(connection, error, must_pause=True)
        return 0
    except VaultError as error:
        circuit.failed(connection, EdgeError(str(error)), must_pause=True)
        return 0


def book(connection: Connection) -> int:
    """Book the oldest unread envelopes of a connection; answers how many were read."""
    with transaction.atomic():
        readings = _read_all(connection, _portion(connection))
        if not readings:
            return 0
        meanings: dict[str, dict[str, Any]] = {}
        facts = _make_facts(connection, readings, meanings)
        mark_duplicates(
            connection, [fact for fact, _ in facts], [reading.envelope for reading in readings]
        )
        # Duplicates name their first, which has to have its id by then.
        insert_rows([f for f, _ in facts if f.end != FactEnd.DUPLICATE])
        insert_rows([f for f, _ in facts if f.end == FactEnd.DUPLICATE])
        fresh = [(f, r) for f, r in facts if f.end == FactEnd.BOOKED and f.duplicate_of is None]
        _book_fresh(connection, fresh, meanings)
        _finish(connection, readings)
        lanes.wake("deliver")
        audit.record(
            "facts.booked",
            ("connection", str(connection.pk)),
            actor="worker",
            summary=f"{len(readings)} envelope(s) read, {len(fresh)} new fact(s).",
            details={"envelopes": [reading.envelope.pk for reading in readings]},
        )
    return len(readings)


def _portion(connection: Connection) -> list[Envelope]:
    rows: list[Envelope] = []
    size = 0
    waiting = Envelope.objects.filter(connection=connection, state=EnvelopeState.RECEIVED)
    for envelope in waiting.only(*READ).order_by("id")[:ENVELOPES_AT_ONCE].iterator(50):
        envelope.connection = connection
        rows.append(envelope)
        size += envelope.size
        if size > BYTES_AT_ONCE:
            break
    return rows


def _read_all(connection: Connection, envelopes: Sequence[Envelope]) -> list[Reading]:
    if not envelopes:
        return []
    reader = reader_of(connection)
    return [_read(reader, envelope) for envelope in envelopes]


def _read(reader: FetchesDocuments, envelope: Envelope) -> Reading:
    if first := envelope.context.get(SAME_ID_AS):
        # Which of the two is true is for a person to say.
        problem = f"its id came before with other content, in envelope {first}."
        return Reading(envelope, Parsed(records=()), problem=problem)
    body = open_body(envelope)
    try:
        parsed = reader.parse(envelope.kind, body, envelope.context)
    except UnreadableError as error:
        return Reading(envelope, Parsed(records=()), problem=error.message)
    except Exception as error:
        # A parser's own fault stops this document and no other; a person is shown it.
        logger.exception("The parser failed in envelope %s.", envelope.pk)
        return Reading(envelope, Parsed(records=()), problem=f"the reader failed: {error!r}"[:200])
    return Reading(envelope, replace(parsed, records=[_fit(r) for r in parsed.records]))


def _fit(record: Record | Unreadable) -> Record | Unreadable:
    """The record, or why the books cannot hold it: an id is never cut."""
    ids = [record.external_id]
    if isinstance(record, TransactionRecord):
        ids += [record.batch_ref, record.parent_ref]
    if isinstance(record, HintRecord):
        ids = [record.vendor_id]  # by which the vendor is asked
    longest = LONGEST_BATCH_ID if isinstance(record, BatchRecord) else LONGEST_ID
    too_long = [one for one in ids if len(one) > longest]
    if isinstance(record, TransactionRecord) and len(record.batch_ref) > LONGEST_BATCH_ID:
        too_long.append(record.batch_ref)
    if isinstance(record, Unreadable) or not too_long:
        return record
    reason = f"The id {too_long[0][:20]}… has {len(too_long[0])} characters, {longest} fit."
    return Unreadable(0, reason, record.external_id, record.fact_kind)


def _make_facts(
    connection: Connection, readings: Sequence[Reading], meanings: dict[str, dict[str, Any]]
) -> list[tuple[Fact, Record | Unreadable]]:
    """A fact for every record, in order; unreadable ones have their end at once.

    `meanings` gets what each record means, by its hash.
    """
    now = wall_now()
    made: list[tuple[Fact, Record | Unreadable]] = []
    for reading in readings:
        for position, record in enumerate(reading.parsed.records):
            fact = Fact(
                envelope_id=reading.envelope.pk,
                connection_id=connection.pk,
                position=position,
                kind=record.fact_kind.value,
                vendor_id=record.external_id[:100],
            )
            if isinstance(record, Unreadable):
                fact.end, fact.reason, fact.ended_at = FactEnd.UNREADABLE, record.reason[:300], now
            elif isinstance(record, HintRecord):
                fact.vendor_id = record.vendor_id[:100]
                fact.meaning_hash = meaning_hash(record)
            else:
                meaning = meaning_of(record)
                fact.meaning_hash = plain_hash(meaning)
                meanings[fact.meaning_hash] = meaning
                fact.end, fact.ended_at = FactEnd.BOOKED, now
            reading.facts.append(fact)
            made.append((fact, record))
    return made


def _book_fresh(
    connection: Connection,
    fresh: Sequence[tuple[Fact, Record | Unreadable]],
    meanings: Mapping[str, dict[str, Any]],
) -> None:
    moves = [(f, r) for f, r in fresh if isinstance(r, TransactionRecord)]
    closes = [(f, r) for f, r in fresh if isinstance(r, BatchRecord)]
    lines = [(f, r) for f, r in fresh if isinstance(r, StatementLineRecord)]
    if closes or moves:
        batches = book_batches.book(connection, closes, [record for _, record in moves])
        book_transactions.book(connection, moves, batches, meanings)
    if lines:
        book_lines.book(connection, lines)
    orders = [(f, r) for f, r in fresh if isinstance(r, OrderRecord)]
    if orders:
        book_orders.book(connection, orders, meanings)


def _finish(connection: Connection, readings: Sequence[Reading]) -> None:
    """Close the envelopes, open what needs a person, close what a clean reading has healed."""
    now = wall_now()
    wanted = []
    newest: datetime | None = None
    for reading in readings:
        envelope = reading.envelope
        envelope.read_at = now
        envelope.state = EnvelopeState.UNREADABLE if reading.problem else EnvelopeState.READ
        said = (*reading.parsed.warnings, *reading.parsed.remarks)
        envelope.problem = (reading.problem or " ".join(said))[:300]
        newest = max(newest or envelope.business_at, envelope.business_at)
        known = still_unreadable(envelope, reading.facts, reading.problem)
        if reading.problem and -1 not in known:
            wanted.append(unreadable_document(envelope, reading.problem))
        wanted += [
            unreadable_record(envelope, fact)
            for fact in reading.facts
            if fact.end == FactEnd.UNREADABLE and fact.position not in known
        ]
        if envelope.guard_findings:
            wanted.append(card_data_found(envelope, reading.facts))
    read = [(one.envelope, one.parsed, one.facts) for one in readings if not one.problem]
    wanted += statement_balances.unbalanced(read)
    update_rows([reading.envelope for reading in readings], ["read_at", "state", "problem"])
    open_exceptions(wanted)
    heal(
        connection,
        [(one.envelope, one.facts) for one in readings if not one.problem],
        unsound={one.envelope.pk for one in readings if one.parsed.warnings},
    )
    statement_balances.settle(connection, read)
    Connection.objects.filter(pk=connection.pk).update(newest_fact_at=newest)


def last_booked_at(connection: Connection) -> datetime | None:
    """Business time of the newest envelope whose facts are in the books."""
    answer = Envelope.objects.filter(connection=connection, state=EnvelopeState.READ).aggregate(
        newest=Max("business_at")
    )
    newest: datetime | None = answer["newest"]
    return newest
