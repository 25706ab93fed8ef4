"""What was planted against what the hub shows: each under its reason, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from integrations.sandbox.world.kinds import Kind, Planted
from reconciliation.choices import OPEN_STATES
from reconciliation.models import ExceptionItem, Transaction


def exception_problems(planted: Sequence[Planted], *, at_capture: bool) -> Iterator[str]:
    """What was planted and not found under its reason, and what was found and not planted.

    `at_capture`: receipts are entered at once. Of two charges for one invoice the one that is seen
    first pays it then, whichever was made first.
    """
    about = ("transaction", "batch", "line", "fact", "order")
    items = list(ExceptionItem.objects.select_related(*about))
    wanted: set[int] = set()
    for fault in planted:
        if fault.reason is None:
            continue
        is_either = at_capture and fault.kind is Kind.SECOND_CHARGE
        charges = both_charges(fault.transaction_id) if is_either else {fault.transaction_id}
        if fault.kind is Kind.CARD_NUMBER:
            documents = documents_with(fault.transaction_id)
            found = [i for i in items if i.reason == fault.reason and _is_about(i, documents)]
        else:
            found = [i for i in items if i.reason == fault.reason and _fits(fault, charges, i)]
        if not found:
            yield f"Planted and not found: {fault.kind}, {fault.note}."
        wanted |= {item.pk for item in found}
    for item in items:
        if item.pk not in wanted and item.state in OPEN_STATES:
            yield f"Open and not planted: {item.get_reason_display()}: {item.message}"


def both_charges(vendor_id: str) -> set[str]:
    """A charge, and the customer's others of the same amount that name the same invoice."""
    row = Transaction.objects.filter(vendor_id=vendor_id).first()
    if row is None:
        return {vendor_id}
    like = Transaction.objects.filter(
        connection=row.connection, amount=row.amount, customer_ref=row.customer_ref, kind=row.kind
    )
    named = {text for text in row.reference_texts if text}
    return {vendor_id} | {other.vendor_id for other in like if named & set(other.reference_texts)}


def documents_with(vendor_id: str) -> set[str]:
    """The gateway's documents that show a transaction: its own, and its day's."""
    days = Transaction.objects.filter(vendor_id=vendor_id).values_list("captured_on", flat=True)
    return {f"id {vendor_id}", *(day.isoformat() for day in days)}


def _is_about(item: ExceptionItem, documents: set[str]) -> bool:
    """Card data is shown by the document that it was removed from, which may hold many payments."""
    return item.details.get("name") in documents


def _fits(fault: Planted, charges: set[str], item: ExceptionItem) -> bool:
    if fault.transaction_id:
        about = {
            item.transaction.vendor_id if item.transaction else "",
            item.fact.vendor_id if item.fact else "",
        }
        return bool(charges & about)
    if fault.batch_number:
        return item.batch is not None and item.batch.vendor_ref == fault.batch_number
    if fault.order:
        return item.order is not None and item.order.number == fault.order
    if fault.line and item.line is not None:
        return item.line.reference == fault.line
    return True
