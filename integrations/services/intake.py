"""Intake: guard the bytes, encrypt them, store them once, wake who reads them. Nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import connection as database
from django.db import transaction
from psycopg.types.json import Jsonb

from audit import guard
from audit import services as audit
from integrations.choices import EnvelopeSource
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Envelope
from integrations.services import lanes, vault


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


INSERT = """
    INSERT INTO integrations_envelope
      (connection_id, source, kind, name, identity, received_at, business_at, headers, context,
       key_id, body, size, original_hash, guard_findings, state, problem)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'received', '')
    ON CONFLICT (connection_id, kind, identity) DO NOTHING
    RETURNING id
"""


def body_context(kind: str, identity: str) -> str:
    """What the vault binds an envelope's bytes to."""
    return f"envelope:{kind}:{identity}"


def _content_identity(arrival: Arrival) -> str:
    head = f"{arrival.kind}\n{arrival.name}\n".encode()
    return "sha256:" + sha256(head + arrival.body).hexdigest()


def _identity(arrival: Arrival) -> str:
    return (arrival.identity or _content_identity(arrival))[:130]


def receive(connection: Connection, arrival: Arrival) -> Received:
    """Store one envelope, once; committed when the caller's transaction is.

    The same identity with other bytes is another envelope: its identity gets the content's hash
    behind it, so that neither is lost and the reader can tell.
    """
    original_hash = vault.keyed_hash(arrival.body)
    identity = _identity(arrival)
    envelope_id = _insert(connection, arrival, identity, original_hash)
    if envelope_id is not None:
        return Received(envelope_id, is_new=True)
    known = Envelope.objects.only("id", "original_hash").get(
        connection=connection, kind=arrival.kind, identity=identity
    )
    if known.original_hash == original_hash:
        return Received(known.pk, is_new=False)
    second = f"{identity[:60]}#{_content_identity(arrival)}"[:130]
    second_id = _insert(connection, arrival, second, original_hash)
    if second_id is not None:
        return Received(second_id, is_new=True)
    before = Envelope.objects.only("id").get(
        connection=connection, kind=arrival.kind, identity=second
    )
    return Received(before.pk, is_new=False)


def unknown(connection: Connection, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Those of `arrivals` whose bytes are not stored yet, asked in one statement.

    A pull reads the same days again and again: what is known need not be guarded and encrypted.
    """
    known = set(
        Envelope.objects.filter(
            connection=connection, identity__in=[_identity(arrival) for arrival in arrivals]
        ).values_list("kind", "identity", "original_hash")
    )
    return [
        arrival
        for arrival in arrivals
        if (arrival.kind, _identity(arrival), vault.keyed_hash(arrival.body)) not in known
    ]


def _insert(
    connection: Connection, arrival: Arrival, identity: str, original_hash: str
) -> int | None:
    guarded = guard.inspect_bytes(arrival.body, arrival.content_type)
    name = guard.inspect_text(arrival.name).text
    sealed = vault.encrypt(guarded.body, body_context(arrival.kind, identity))
    findings = [asdict(finding) for finding in guarded.findings]
    now = wall_now()
    with transaction.atomic(), database.cursor() as cursor:
        values: list[Any] = [
            connection.pk, arrival.source.value, arrival.kind, name[:120], identity, now,
            business_now(), Jsonb(dict(arrival.headers)), Jsonb(dict(arrival.context)),
            sealed.key_id, sealed.ciphertext, len(guarded.body), original_hash, Jsonb(findings),
        ]  # fmt: skip
        cursor.execute(INSERT, values)
        row = cursor.fetchone()
        if row is None:
            return None
        if findings:
            audit.record(
                "guard.removed",
                ("envelope", str(row[0])),
                actor="intake",
                summary=f"{len(findings)} card data item(s) removed before anything was stored.",
                details={"findings": findings},
            )
        lanes.wake("receive")
        return int(row[0])


def receive_file(connection: Connection, name: str, body: bytes, actor: str) -> Received:
    """A file that a person uploaded; the same bytes again change nothing."""
    with transaction.atomic():
        received = receive(
            connection,
            Arrival(
                kind="statement",
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
            summary=f"Statement file {name[:80]} for {connection.name}.",
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
