"""Intake: guard the bytes, encrypt them, store them once, wake who reads them. Nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import guard
from audit import services as audit
from audit.acting import require_actor
from audit.guard import Finding
from audit.roles import Duty
from integrations.choices import AlertKind, EnvelopeSource
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Envelope
from integrations.prepared import preparing_cursor
from integrations.registry import info_of
from integrations.services import alerts, envelope_rows, lanes, vault

logger = logging.getLogger(__name__)

#: The lane that reads what comes in.
LANE: Final = "receive"
#: In an envelope's context: the id of the envelope that came under the same id with other content.
SAME_ID_AS: Final = "same_id_as"
LONGEST_IDENTITY: Final = 130


@dataclass(frozen=True, slots=True)
class Arrival:
    """Bytes that came in. `identity` is signed vendor material, or empty for the content's hash."""

    kind: str
    body: bytes
    source: EnvelopeSource
    identity: str = ""
    name: str = ""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    """What intake did: the envelope's id, and whether it was new."""

    envelope_id: int
    is_new: bool


# Behind the commit, in one of its own that waits for no disk: a commit that notifies holds a lock
# that all others which notify wait for.
NOTIFY: Final = "SELECT pg_notify(%s, '')"


def body_context(kind: str, identity: str) -> str:
    """What the vault binds an envelope's bytes to."""
    return f"envelope:{kind}:{identity}"


def _content_identity(arrival: Arrival) -> str:
    head = f"{arrival.kind}\n{arrival.name}\n".encode()
    return "sha256:" + sha256(head + arrival.body).hexdigest()


def _identity(arrival: Arrival, is_clean: bool) -> str:
    """What the sender signed as its id, else the content's hash.

    A sender's id may be anything: one that holds card data is replaced by its keyed hash, so that
    a repeat is still known and nothing of it is stored.
    """
    if not arrival.identity:
        return _content_identity(arrival)
    if not is_clean and guard.inspect_text(arrival.identity).findings:
        return "hmac:" + vault.keyed_hash(arrival.identity.encode())
    if len(arrival.identity) > LONGEST_IDENTITY:
        return "sha256:" + sha256(arrival.identity.encode()).hexdigest()
    return arrival.identity


def _is_clean(arrival: Arrival) -> bool:
    """Quick: whether identity, name and headers together cannot hold anything that has to go."""
    return guard.is_clearly_clean(
        "\n".join((arrival.identity, arrival.name, *arrival.headers.values()))
    )


def _second_identity(arrival: Arrival, identity: str) -> str:
    """Of other content under an id that is taken: the id's beginning, and a hash of both."""
    both = f"{identity}\n{_content_identity(arrival)}".encode()
    return f"{identity[:50]}#sha256:{sha256(both).hexdigest()}"


def receive(connection: Connection, arrival: Arrival) -> Received:
    """Store one envelope, once; committed when the caller's transaction is.

    The same identity with other bytes is another envelope: its identity gets a hash behind it and
    its context names the first (SAME_ID_AS), so that neither is lost and a person is shown both.
    """
    original_hash = vault.keyed_hash(arrival.body)
    is_clean = _is_clean(arrival)
    identity = _identity(arrival, is_clean)
    envelope_id = _insert(connection, arrival, is_clean, identity, original_hash)
    if envelope_id is not None:
        return Received(envelope_id, is_new=True)
    known = _known(connection, arrival.kind, identity)
    if known.original_hash == original_hash:
        return Received(known.pk, is_new=False)
    other = replace(arrival, context={**arrival.context, SAME_ID_AS: str(known.pk)})
    second = _second_identity(arrival, identity)
    second_id = _insert(connection, other, is_clean, second, original_hash)
    if second_id is not None:
        return Received(second_id, is_new=True)
    return Received(_known(connection, arrival.kind, second).pk, is_new=False)


def _known(connection: Connection, kind: str, identity: str) -> Envelope:
    return Envelope.objects.only("id", "original_hash").get(
        connection=connection, kind=kind, identity=identity
    )


def unknown(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those of `arrivals` whose bytes are not stored yet, and those that came back.

    A pull reads the same days again and again: what is known need not be guarded and encrypted.
    But a document that had changed, and now says again what it once said, is news: it gets an
    identity that names the reading which it follows.
    """
    identities = [_identity(arrival, _is_clean(arrival)) for arrival in arrivals]
    known = set(
        Envelope.objects.filter(connection=connection, identity__in=identities).values_list(
            "kind", "identity", "original_hash"
        )
    )
    keys = [
        (arrival.kind, identity, vault.keyed_hash(arrival.body))
        for arrival, identity in zip(arrivals, identities, strict=True)
    ]
    newest = _newest(connection, [a for a, key in zip(arrivals, keys, strict=True) if key in known])
    found: list[Arrival] = []
    for arrival, key in zip(arrivals, keys, strict=True):
        if key not in known:
            found.append(arrival)
            continue
        last_id, last_hash = newest.get((arrival.kind, arrival.name), (0, key[2]))
        if last_hash != key[2]:
            found.append(replace(arrival, identity=f"{key[1][:100]}@{last_id}"))
    return found


def _newest(
    connection: Connection, arrivals: Sequence[Arrival]
) -> dict[tuple[str, str], tuple[int, str]]:
    """Id and hash of the newest reading of each named document, by its kind and name."""
    names = {arrival.name for arrival in arrivals} - {""}
    if not names:
        return {}
    rows = (
        Envelope.objects.filter(
            connection=connection, kind__in={a.kind for a in arrivals}, name__in=names
        )
        .order_by("kind", "name", "-id")
        .distinct("kind", "name")
        .values_list("kind", "name", "id", "original_hash")
    )
    return {(kind, name): (pk, original) for kind, name, pk, original in rows}


def _insert(
    connection: Connection, arrival: Arrival, is_clean: bool, identity: str, original_hash: str
) -> int | None:
    """Guard, encrypt and insert; None when the identity is taken.

    By itself it is one statement in one round trip, committed with it. Only what the guard removed
    something from needs a transaction: the audit entry is committed with it or not at all.
    """
    guarded = guard.inspect_bytes(arrival.body, arrival.content_type)
    name, headers, beside = (
        (arrival.name, arrival.headers, []) if is_clean else _guarded_words(arrival)
    )
    findings = [asdict(finding) for finding in (*guarded.findings, *beside)]
    sealed = vault.encrypt(guarded.body, body_context(arrival.kind, identity))
    values: list[Any] = [
        connection.pk, arrival.source.value, arrival.kind, name[:120], identity, wall_now(),
        business_now(), _json(headers), _json(arrival.context), sealed.key_id, sealed.ciphertext,
        len(guarded.body), original_hash, json.dumps(findings) if findings else "[]",
    ]  # fmt: skip
    database = connections[DEFAULT_DB_ALIAS]
    if not findings and not database.in_atomic_block:
        row_id = envelope_rows.insert_alone(database, values)
        if row_id is not None:
            _wake(database)
        return row_id
    with transaction.atomic():
        row_id = envelope_rows.insert(database, values)
        if row_id is None:
            return None
        if findings:
            audit.record(
                "guard.removed",
                ("envelope", str(row_id)),
                actor="intake",
                summary=f"{len(findings)} card data item(s) removed before anything was stored.",
                details={"findings": findings},
            )
            alerts.raise_alert(
                AlertKind.CARD_NUMBER,
                f"connection:{connection.pk}",
                f"Card data came in from {connection.name} and was removed before it was stored.",
                f"The newest: {len(findings)} item(s) in envelope {row_id} ({arrival.kind}).",
                connection,
            )
        lanes.wake(LANE)
        return row_id


def _guarded_words(arrival: Arrival) -> tuple[str, Mapping[str, str], list[Finding]]:
    """Name and headers as they may be stored, and what was taken out of them."""
    findings: list[Finding] = []
    name = guard.inspect_text(arrival.name)
    findings += name.findings
    headers: dict[str, str] = {}
    for header, value in arrival.headers.items():
        guarded = guard.inspect_text(value)
        headers[header] = guarded.text
        findings += (replace(found, where=f"header {header}") for found in guarded.findings)
    return name.text, headers, findings


def _json(texts: Mapping[str, str]) -> str:
    """For a jsonb column: the statement takes its text. An encoder of its own takes longer."""
    quote = json.encoder.encode_basestring_ascii
    return "{" + ", ".join(f"{quote(key)}: {quote(text)}" for key, text in texts.items()) + "}"


def _wake(database: BaseDatabaseWrapper) -> None:
    """Tell the lane, now and then. A wake-up that fails costs time, and no row."""
    channel = lanes.channel_if_due(LANE)
    try:
        if channel is not None:
            with database.wrap_database_errors:
                preparing_cursor(database).execute(NOTIFY, [channel], prepare=True)
        lanes.look(LANE)
    except DatabaseError:
        logger.warning("A wake-up was lost; the next sweep finds the row.", exc_info=True)


def receive_file(connection: Connection, name: str, body: bytes, actor: str) -> Received:
    """A file that a person uploaded; the same bytes again change nothing."""
    require_actor(actor, Duty.UPLOAD_STATEMENTS, ("connection", str(connection.pk)))
    with transaction.atomic():
        received = receive(
            connection,
            Arrival(
                kind=info_of(connection.connector).file_kind,
                body=body,
                source=EnvelopeSource.FILE,
                identity="file:" + sha256(body).hexdigest(),
                name=name,
                content_type="text/csv",
            ),
        )
        audit.record(
            "file.received" if received.is_new else "file.known_already",
            ("envelope", str(received.envelope_id)),
            actor=actor,
            summary=f"File {name[:80]} for {connection.name}.",
        )
    return received


def open_body(envelope: Envelope) -> bytes:
    """The envelope's bytes in clear, for parsers and for those who may look."""
    return vault.decrypt(
        vault.Sealed(envelope.key_id, bytes(envelope.body)),
        body_context(envelope.kind, envelope.identity),
    )


def newest_business_moment(connection: Connection) -> datetime | None:
    """When the newest envelope of a connection came in, in business time."""
    return (
        Envelope.objects.filter(connection=connection)
        .order_by("-id")
        .values_list("business_at", flat=True)
        .first()
    )
