"""A bank statement whose balances and lines do not fit stands on the desk until one fits.

Its lines are in the books as they came: what is missing, twice or changed is for a person to find.
Where a line cannot be read, that is what stands on the desk: the balance is asked again by the file
that has all lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from integrations.choices import FactEnd
from integrations.clock import wall_now
from integrations.contracts import Parsed
from integrations.models import Connection, Envelope, Fact
from integrations.services.rereading import READS_AGAIN
from reconciliation.choices import OPEN_STATES, Reason
from reconciliation.models import ExceptionItem, ExceptionNote
from reconciliation.services.desk_open import Wanted, close_by_machine
from reconciliation.services.reading_problems import READ_ENDS

STATEMENT: Final = "statement"
#: One without a line is the file's that comes within so many days.
NEAR: Final = timedelta(days=7)

Read = tuple[Envelope, Parsed, Sequence[Fact]]


def unbalanced(read: Sequence[Read]) -> list[Wanted]:
    """An exception for each statement that can be read as a whole and does not add up."""
    return [
        _wanted(envelope, parsed)
        for envelope, parsed, facts in read
        if envelope.kind == STATEMENT and parsed.warnings and _is_whole(facts)
    ]


def settle(connection: Connection, read: Sequence[Read]) -> int:
    """Close those whose lines all stand in a later statement that adds up; in a transaction.

    Where that one lacks a line, the exception stays and is told: the line is in the books, and the
    bank's own statement does not have it.
    """
    fitting = [each for each in read if _fits(*each)]
    if not fitting:
        return 0
    items = list(
        ExceptionItem.objects.filter(
            connection=connection, reason=Reason.STATEMENT_UNBALANCED, state__in=OPEN_STATES
        ).order_by("pk")
    )
    closed = 0
    for item in items:
        for envelope, parsed, facts in fitting:
            if int(item.details.get("envelope", 0)) >= envelope.pk:
                continue
            if item.details.get("checked") and not parsed.is_checked:
                continue
            if _answers(item, envelope, facts):
                closed += 1
                break
    return closed


def _answers(item: ExceptionItem, envelope: Envelope, facts: Sequence[Fact]) -> bool:
    """Whether a fitting statement closes the exception; what it lacks is noted."""
    mine, theirs = _lines_of(int(item.details.get("envelope", 0))), _ids(facts)
    if mine <= theirs if mine else _is_near(item, envelope):
        why = f"Statement {envelope.name} holds its lines and adds up."
        close_by_machine(ExceptionItem.objects.filter(pk=item.pk), why)
        return True
    if mine & theirs:
        _note_lacking(item, envelope, len(mine - theirs))
    return False


def _is_whole(facts: Sequence[Fact]) -> bool:
    return all(fact.end != FactEnd.UNREADABLE for fact in facts)


def _fits(envelope: Envelope, parsed: Parsed, facts: Sequence[Fact]) -> bool:
    return envelope.kind == STATEMENT and not parsed.warnings and bool(facts) and _is_whole(facts)


def _ids(facts: Sequence[Fact]) -> set[str]:
    return {fact.vendor_id for fact in facts if fact.end in READ_ENDS}


def _lines_of(envelope: int) -> set[str]:
    return _ids(list(Fact.objects.filter(envelope=envelope, kind="bank_line")))


def _is_near(item: ExceptionItem, envelope: Envelope) -> bool:
    return abs(envelope.business_at.date() - item.business_on) <= NEAR


def _note_lacking(item: ExceptionItem, envelope: Envelope, lacking: int) -> None:
    lines = "1 line" if lacking == 1 else f"{lacking} lines"
    text = f"Statement {envelope.name} adds up and has not {lines} of this one, in the books too."
    ExceptionNote.objects.create(
        item=item, at=wall_now(), actor="worker", action="told anew", text=text[:400]
    )


def _wanted(envelope: Envelope, parsed: Parsed) -> Wanted:
    first = envelope.context.get(READS_AGAIN) or str(envelope.pk)
    name = envelope.name or "without a name"
    return Wanted(
        reason=Reason.STATEMENT_UNBALANCED,
        # The same bytes read once more are the same statement.
        subject=f"statement:{first}",
        connection=envelope.connection,
        message=f"{name}: {parsed.warnings[0]}",
        business_on=envelope.business_at.date(),
        details={
            "envelope": str(envelope.pk),
            "name": name,
            "checked": parsed.is_checked,
            "said": list(parsed.warnings),
        },
    )
