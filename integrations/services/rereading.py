"""Read once more, because a person asks for it: stored bytes, or a stream from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import transaction

from integrations.choices import EnvelopeSource, EnvelopeState
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.locks import try_transaction_lock
from integrations.models import Connection, Envelope, Pull
from integrations.services import intake, lanes
from integrations.services.connectors import reader_of

#: In the context of an envelope that repeats an earlier one's bytes: the earlier one's id.
READS_AGAIN: Final = "reads_again"
#: In the context of an envelope whose bytes are not as they came: somebody has corrected them.
CORRECTED: Final = "corrected"


def read_again(envelope: Envelope, corrected: bytes | None = None) -> int | None:
    """Have an envelope's bytes read once more, as an envelope of its own; answers its id.

    `corrected` are its bytes as a person has corrected them; its context says so.
    The first one and its facts stay as they ended. What is known by now ends as a duplicate, what
    could not be read is booked if it can be by now. None while an earlier such wish is not done.
    """
    repeats = Envelope.objects.filter(
        connection=envelope.connection, kind=envelope.kind, context__reads_again=str(envelope.pk)
    )
    if repeats.filter(state=EnvelopeState.RECEIVED).exists():
        return None
    received = intake.receive(
        envelope.connection,
        intake.Arrival(
            kind=envelope.kind,
            body=intake.open_body(envelope) if corrected is None else corrected,
            source=EnvelopeSource(envelope.source),
            identity=f"again:{envelope.pk}:{repeats.count() + 1}",
            name=envelope.name,
            context={
                **envelope.context,
                READS_AGAIN: str(envelope.pk),
                **({CORRECTED: "by a person"} if corrected is not None else {}),
            },
        ),
    )
    lanes.wake("receive")
    return received.envelope_id


def forget_unread(envelope: Envelope, why: str) -> bool:
    """Close an envelope that was not read yet, unread; answers whether that was possible.

    Call inside a transaction, while nothing of its connection is being booked.
    """
    waiting = Envelope.objects.filter(pk=envelope.pk, state=EnvelopeState.RECEIVED)
    return bool(waiting.update(state=EnvelopeState.READ, read_at=wall_now(), problem=why[:300]))


def fetch_again(connection: Connection, streams: Sequence[Capability], day: date) -> bool:
    """Have streams of a connection fetched again from a business day on, as soon as may be.

    What is known already changes nothing. False while the connection is being read. Raises
    EdgeError when the connection cannot be used as it is set up.
    """
    cursor = dict(reader_of(connection).cursor_from(day))
    with transaction.atomic():
        pulls = Pull.objects.filter(connection=connection, stream__in=streams).order_by("pk")
        if not all(try_transaction_lock(f"pull:{pull.pk}") for pull in pulls):
            return False
        pulls.update(cursor=cursor, through=None, not_before=None)
        lanes.wake("receive")
    return True
