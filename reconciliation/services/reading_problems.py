"""What could not be read stands on the desk, and leaves it when a later reading is clean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from integrations.choices import FactEnd
from integrations.clock import wall_now
from integrations.models import Connection, Envelope, Fact
from integrations.services.rereading import READS_AGAIN
from reconciliation.choices import OPEN_STATES, Reason
from reconciliation.models import BankLine, ExceptionItem, ExceptionNote
from reconciliation.services.desk_open import Wanted, close_by_machine

UNREADABLE: Final = (Reason.UNREADABLE_RECORD, Reason.UNREADABLE_STATEMENT_LINE)
#: Ends of facts that could be read.
READ_ENDS: Final = (FactEnd.BOOKED, FactEnd.DUPLICATE, FactEnd.IGNORED)
#: How far before its neighbours a broken line is looked for when it has only later ones.
LOOK_BACK: Final = timedelta(days=7)
#: Behind every line.
LAST_POSITION: Final = 2**31 - 1


class Line(NamedTuple):
    """A readable line of a statement and its place there."""

    fingerprint: str
    booked_on: date
    position: int


def unreadable_document(envelope: Envelope, problem: str) -> Wanted:
    return Wanted(
        reason=Reason.UNREADABLE_RECORD,
        subject=f"envelope:{envelope.pk}",
        connection=envelope.connection,
        message=f"The whole document {envelope.name or envelope.kind} cannot be read: {problem}",
        business_on=envelope.business_at.date(),
        details={"envelope": str(envelope.pk), "name": envelope.name},
    )


def unreadable_record(envelope: Envelope, fact: Fact) -> Wanted:
    is_line = fact.kind == "bank_line"
    return Wanted(
        reason=Reason.UNREADABLE_STATEMENT_LINE if is_line else Reason.UNREADABLE_RECORD,
        subject=f"fact:{fact.pk}",
        connection=envelope.connection,
        message=fact.reason,
        business_on=envelope.business_at.date(),
        fact=fact,
        details={
            "envelope": str(envelope.pk),
            "name": envelope.name,
            "kind": envelope.kind,
            "vendor_id": fact.vendor_id,
        },
    )


def still_unreadable(envelope: Envelope, facts: Sequence[Fact], problem: str) -> set[int]:
    """Positions in a second reading whose exceptions are open already, from the first one.

    They get a note instead of another exception; -1 stands for the document as a whole.
    """
    first = envelope.context.get(READS_AGAIN, "")
    if not first:
        return set()
    broken = {fact.position: fact for fact in facts if fact.end == FactEnd.UNREADABLE}
    told: dict[int, str] = {place: fact.reason for place, fact in broken.items()}
    if problem:
        told[-1] = problem
    items = ExceptionItem.objects.filter(
        connection=envelope.connection_id,
        state__in=OPEN_STATES,
        reason__in=UNREADABLE,
        details__envelope=first,
    ).select_related("fact")
    known = {item.fact.position if item.fact else -1: item for item in items}
    now = wall_now()
    ExceptionNote.objects.bulk_create(
        [
            ExceptionNote(
                item=known[place],
                at=now,
                actor="worker",
                action="read again",
                text=f"It still cannot be read: {said}"[:400],
            )
            for place, said in told.items()
            if place in known
        ]
    )
    return set(told) & set(known)


def card_data_found(envelope: Envelope, facts: Sequence[Fact]) -> Wanted:
    """Card data was removed before anything was stored; a person tells the payer."""
    kinds = sorted({str(finding.get("kind", "")) for finding in envelope.guard_findings})
    fact = facts[0] if len(facts) == 1 else None
    return Wanted(
        reason=Reason.CARD_NUMBER_REMOVED,
        subject=f"card data:{envelope.connection_id}:{envelope.kind}:{envelope.name}",
        connection=envelope.connection,
        message=(
            f"{envelope.kind.replace('_', ' ').capitalize()} from {envelope.connection.name}"
            f"{f' ({envelope.name})' if envelope.name else ''} held"
            f" {', '.join(map(_with_article, kinds)) or 'card data'}; it was removed before"
            " anything was stored. Ask the sender not to write it there."
        ),
        business_on=envelope.business_at.date(),
        fact=fact,
        details={
            "envelope": str(envelope.pk),
            "name": envelope.name,
            "findings": envelope.guard_findings,
        },
    )


def _with_article(kind: str) -> str:
    return f"a {kind}" if kind in ("card number", "security code") else kind


def heal(
    connection: Connection,
    read: Iterable[tuple[Envelope, Sequence[Fact]]],
    unsound: Collection[int] = (),
) -> int:
    """Close what clean readings have healed; what is open is asked for once for all of them.

    `unsound`: envelopes that have something wrong as a whole, though each line could be read.

    A record is healed by a later reading of the same document without a fault, or by any later
    fact of the same vendor id; a statement line by a later statement without a fault that repeats
    its days. Nothing is healed by what came in before it.
    """
    problems = list(
        ExceptionItem.objects.filter(
            connection=connection, state__in=OPEN_STATES, reason__in=UNREADABLE
        )
        .select_related("fact__envelope")
        .order_by("pk")
    )
    healed = 0
    for envelope, facts in read if problems else ():
        for why, gone in _healed_by(envelope, facts, problems, envelope.pk not in unsound):
            if gone:
                healed += close_by_machine(ExceptionItem.objects.filter(pk__in=gone), why)
                problems = [item for item in problems if item.pk not in gone]
    return healed


def _healed_by(
    envelope: Envelope,
    facts: Sequence[Fact],
    problems: Sequence[ExceptionItem],
    is_sound: bool,
) -> list[tuple[str, set[int]]]:
    """What one reading heals: each reason in words, with the exceptions that it closes."""
    again = f"Its bytes could be read again, as envelope {envelope.pk}."
    found = [
        (again, _healed_again(envelope, facts, problems)),
        (f"Read without a fault in envelope {envelope.pk}.", _records(envelope, facts, problems)),
    ]
    is_clean = all(fact.end != FactEnd.UNREADABLE for fact in facts)
    if is_clean and envelope.kind == "statement" and is_sound:
        why = f"Statement {envelope.name} holds the same days without a fault."
        found.append((why, _healed_lines(envelope, problems)))
    return found


def _healed_again(
    envelope: Envelope, facts: Sequence[Fact], problems: Sequence[ExceptionItem]
) -> set[int]:
    """What a second reading of the same bytes could read where the first one failed."""
    first = envelope.context.get(READS_AGAIN, "")
    if not first:
        return set()
    read = {fact.position for fact in facts if fact.end != FactEnd.UNREADABLE}
    return {
        item.pk
        for item in problems
        if item.details.get("envelope") == first
        and (item.fact is None or item.fact.position in read)
    }


def _records(
    envelope: Envelope, facts: Sequence[Fact], problems: Sequence[ExceptionItem]
) -> set[int]:
    is_clean = all(fact.end != FactEnd.UNREADABLE for fact in facts)
    read = {fact.vendor_id for fact in facts if fact.end in READ_ENDS} - {""}
    return {
        item.pk
        for item in problems
        if item.reason == Reason.UNREADABLE_RECORD
        and int(item.details.get("envelope", 0)) < envelope.pk
        and (
            (is_clean and envelope.name and item.details.get("name") == envelope.name)
            or item.details.get("vendor_id") in read
        )
    }


def _healed_lines(envelope: Envelope, problems: Sequence[ExceptionItem]) -> set[int]:
    broken = [
        (item.pk, item.fact)
        for item in problems
        if item.reason == Reason.UNREADABLE_STATEMENT_LINE
        and item.fact is not None
        and item.fact.envelope_id < envelope.pk
    ]
    here = _lines_of(envelope) if broken else []
    return {pk for pk, fact in broken if _repeats(here, fact)}


def _repeats(here: Sequence[Line], broken: Fact) -> bool:
    """Whether a statement holds lines that the broken one should have held, and did not.

    The day of a line that cannot be read is not known: it lies between its neighbours' days, and
    before the day on which its statement came in.
    """
    lines = _lines_of(broken.envelope)
    before = [line for line in lines if line.position < broken.position][-1:]
    after = [line for line in lines if line.position > broken.position][:1]
    lost = Fact.objects.filter(
        envelope=broken.envelope,
        end=FactEnd.UNREADABLE,
        position__gt=before[0].position if before else -1,
        position__lt=after[0].position if after else LAST_POSITION,
    ).count()
    is_falling = bool(lines) and lines[0].booked_on > lines[-1].booked_on
    earlier, later = (after, before) if is_falling else (before, after)
    came_in = broken.envelope.business_at.date()
    last = later[0].booked_on if later else came_in - timedelta(days=1)
    first = earlier[0].booked_on if earlier else last - LOOK_BACK
    known = {line.fingerprint for line in lines}
    new = [
        line for line in here if line.fingerprint not in known and first <= line.booked_on <= last
    ]
    return len(new) >= lost


def _lines_of(envelope: Envelope) -> list[Line]:
    """A statement's readable lines in its order, whether booked from it or known before."""
    places = dict(
        Fact.objects.filter(envelope=envelope, kind="bank_line", end__in=READ_ENDS)
        .order_by("-position")
        .values_list("vendor_id", "position")
    )
    rows = BankLine.objects.filter(connection=envelope.connection_id, fingerprint__in=places)
    lines = [
        Line(fingerprint, booked_on, places[fingerprint])
        for fingerprint, booked_on in rows.values_list("fingerprint", "booked_on")
    ]
    return sorted(lines, key=lambda line: line.position)
