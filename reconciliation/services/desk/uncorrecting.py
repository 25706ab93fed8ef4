"""Undo of a corrected record: possible for as long as nothing of it is in the books."""

from __future__ import annotations

from typing import Final

from audit import services as audit
from integrations.canonical import FactKind
from integrations.choices import EnvelopeState, FactEnd
from integrations.locks import try_transaction_lock
from integrations.models import Envelope, Fact
from integrations.services.rereading import forget_unread
from reconciliation.choices import BankLineState
from reconciliation.models import BankLine, ExceptionItem, Transaction
from reconciliation.services.book_lines import NO_MONEY, NOT_OURS
from reconciliation.services.desk.correcting import SECOND
from reconciliation.services.desk.errors import DeskError

#: Lines that are kept and never matched.
IGNORED_LINES: Final = (NO_MONEY, NOT_OURS)
#: The end of a fact whose line was taken out again.
TAKEN_BACK: Final = "bank line: its correction was taken back"


def forget_correction(item: ExceptionItem, actor: str) -> str:
    """Have the corrected record not read, or its line taken out; answers in words.

    The envelope stays, and the record can be corrected anew. Raises DeskError, saying why not.
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
    booked = list(second.facts.filter(end=FactEnd.BOOKED).order_by("position"))
    ignored = second.facts.filter(end=FactEnd.IGNORED, rule__in=IGNORED_LINES)
    if not booked and not ignored.exists():
        return "Nothing of the corrected record is in the books."
    said = [_line_back(fact, actor) for fact in [*booked, *ignored]]
    return " ".join(filter(None, said)) or "Nothing of the corrected record is in the books."


def _line_back(fact: Fact, actor: str) -> str:
    """Take a statement's line out that nothing has come of; the fact names who did it.

    Empty for a line that was here before: the statement was read once more as a whole.
    """
    line = BankLine.objects.select_for_update(of=("self",)).filter(fact=fact).first()
    if line is None and fact.kind == FactKind.BANK_LINE.value:
        return ""
    if line is None:
        raise DeskError(_became_of(fact))
    if not try_transaction_lock(f"match:bank:{line.connection_id}"):
        raise DeskError("Deposits are being matched just now; try again in a moment.")
    if line.state not in (BankLineState.NEW, BankLineState.IGNORED) or _is_used(line):
        state = BankLineState(line.state).label.lower()
        raise DeskError(
            f"The corrected record is a line of the statement over {line.amount:,.2f} "
            f"{line.currency}, and the books have gone on with it ({state}); undo that first, or "
            "correct it in the ERP."
        )
    said = f"The line of {line.booked_on} over {line.amount:,.2f} {line.currency} is taken out."
    audit.record(
        "bank_line.taken_back",
        ("bank_line", str(line.pk)),
        actor=actor,
        summary=said,
        details={"fact": fact.pk, "fingerprint": line.fingerprint, "text": line.description},
        business_on=line.booked_on,
    )
    line.delete()
    fact.end, fact.rule = FactEnd.IGNORED, TAKEN_BACK
    fact.save(update_fields=["end", "rule"])
    return said


def _is_used(line: BankLine) -> bool:
    exceptions = ExceptionItem.objects.filter(line=line)
    return line.effects.exists() or line.matches.exists() or exceptions.exists()


def _became_of(fact: Fact) -> str:
    """Why what was read cannot be taken back, with where it stands."""
    row = Transaction.objects.filter(
        connection=fact.connection_id, vendor_id=fact.vendor_id
    ).first()
    if row is None:
        return "The corrected record was read and is in the books; act on what has become of it."
    posted = "and posted" if row.effects.exists() else "and is not posted"
    return (
        f"The corrected record was read as payment {row.vendor_id} of {row.amount:,.2f} "
        f"{row.currency}, which is in the books {posted}. A payment's history is never taken out: "
        "what the gateway says of it next replaces it, or question its money on its page."
    )
