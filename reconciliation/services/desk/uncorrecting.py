"""Undo of a corrected record: possible for as long as nothing of it is in the books."""

from __future__ import annotations

from integrations.choices import EnvelopeState, FactEnd
from integrations.locks import try_transaction_lock
from integrations.models import Envelope, Fact
from integrations.services.rereading import forget_unread
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk.correcting import SECOND
from reconciliation.services.desk.errors import DeskError


def forget_correction(item: ExceptionItem, actor: str) -> str:
    """Have the corrected record not read; answers in words. Raises DeskError, saying why not.

    The envelope stays, with who took it back; the record can be corrected anew.
    """
    named = item.details.get(SECOND)
    second = Envelope.objects.filter(pk=named).first() if named else None
    if second is None:
        raise DeskError("It is not known which document was read; act on what has become of it.")
    if not try_transaction_lock(f"book:{second.connection_id}"):
        raise DeskError("It is being read just now; try again in a moment.")
    second.refresh_from_db(fields=["state"])
    if second.state == EnvelopeState.RECEIVED:
        forget_unread(second, f"{actor.removeprefix('user:')} took the correction back.")
        return "The corrected record is not read."
    booked = second.facts.filter(end=FactEnd.BOOKED).order_by("position").first()
    if booked is None:
        return "Nothing of the corrected record is in the books."
    raise DeskError(_became_of(booked))


def _became_of(fact: Fact) -> str:
    """Why what was read cannot be taken back, with where it stands."""
    row = Transaction.objects.filter(
        connection=fact.connection_id, vendor_id=fact.vendor_id
    ).first()
    if row is None:
        return (
            "The corrected record was read and is in the books as a line of the statement. What is "
            "in the books is never taken out of them; a deposit without a batch can be dismissed."
        )
    posted = "and posted" if row.effects.exists() else "and is not posted"
    return (
        f"The corrected record was read as payment {row.vendor_id} of {row.amount:,.2f} "
        f"{row.currency}, which is in the books {posted}. What is in the books is never taken out "
        "of them: what the gateway says of this payment next replaces it, or question its money on "
        "its page."
    )
