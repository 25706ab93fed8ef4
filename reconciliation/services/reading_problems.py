"""What could not be read stands on the desk, and leaves it when a later reading is clean."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.choices import FactEnd
from integrations.models import Connection, Envelope, Fact
from reconciliation.choices import OPEN_STATES, Reason
from reconciliation.models import BankLine, ExceptionItem
from reconciliation.services.desk_open import Wanted, close_by_machine


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


def card_data_found(envelope: Envelope, facts: Sequence[Fact]) -> Wanted:
    """Card data was removed before anything was stored; a person tells the payer."""
    kinds = sorted({str(finding.get("kind", "")) for finding in envelope.guard_findings})
    fact = facts[0] if len(facts) == 1 else None
    return Wanted(
        reason=Reason.CARD_NUMBER_REMOVED,
        subject=f"card data:{envelope.connection_id}:{envelope.kind}:{envelope.name}",
        connection=envelope.connection,
        message=(
            f"{envelope.name or envelope.kind} held {', '.join(kinds) or 'card data'}; "
            "it was removed before anything was stored. Ask the sender not to write it there."
        ),
        business_on=envelope.business_at.date(),
        fact=fact,
        details={
            "envelope": str(envelope.pk),
            "name": envelope.name,
            "findings": envelope.guard_findings,
        },
    )


def anything_to_heal(connection: Connection) -> bool:
    return ExceptionItem.objects.filter(
        connection=connection,
        state__in=OPEN_STATES,
        reason__in=(Reason.UNREADABLE_RECORD, Reason.UNREADABLE_STATEMENT_LINE),
    ).exists()


def heal_by(envelope: Envelope, facts: Sequence[Fact]) -> int:
    """Close what a clean reading has healed.

    A record is healed by a later reading of the same document without a fault, or by any later
    fact of the same vendor id; a statement line by a later statement without a fault that covers
    the same days.
    """
    open_items = ExceptionItem.objects.filter(connection=envelope.connection, state__in=OPEN_STATES)
    healed = 0
    is_clean = all(fact.end != FactEnd.UNREADABLE for fact in facts)
    if is_clean and envelope.name:
        same = open_items.filter(
            reason=Reason.UNREADABLE_RECORD,
            details__name=envelope.name,
        ).exclude(details__envelope=str(envelope.pk))
        if same.exists():
            why = f"Read without a fault in envelope {envelope.pk}."
            healed += close_by_machine(same, why)
    if is_clean and envelope.kind == "statement" and not envelope.problem:
        healed += _heal_lines(envelope)
    return healed


def _heal_lines(envelope: Envelope) -> int:
    broken = ExceptionItem.objects.filter(
        connection=envelope.connection,
        state__in=OPEN_STATES,
        reason=Reason.UNREADABLE_STATEMENT_LINE,
    ).select_related("fact__envelope")
    days = _days_of(envelope)
    healed = 0
    for item in broken:
        if item.fact is None or item.fact.envelope_id == envelope.pk:
            continue
        if days & _days_of(item.fact.envelope):
            healed += close_by_machine(
                ExceptionItem.objects.filter(pk=item.pk),
                f"Statement {envelope.name} holds the same days without a fault.",
            )
    return healed


def _days_of(envelope: Envelope) -> set[str]:
    """The days that a statement's lines stand on, whether booked from it or known before."""
    firsts = Fact.objects.filter(envelope=envelope, kind="bank_line").values_list(
        "pk", "duplicate_of"
    )
    fact_ids = {first or own for own, first in firsts}
    days = BankLine.objects.filter(fact__in=fact_ids).values_list("booked_on", flat=True)
    return {day.isoformat() for day in days}
