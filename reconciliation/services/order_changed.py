"""An order that is sent again changed: before its invoice has left, and after.

Before, the new one counts and the old invoice is never sent. After, what was posted is never
decided again: a person is shown what the ERP does not know.
"""

from __future__ import annotations

from integrations.choices import PostingState
from integrations.models import Pair
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel
from reconciliation.choices import EffectKind, OrderState, Reason
from reconciliation.models import Effect, ExceptionItem, Order, OrderHistory
from reconciliation.order_changes import changes_between
from reconciliation.services.desk_open import Wanted, close_by_machine, open_or_tell_anew

CANCELLED = "The shop changed the order before its invoice was sent."


def standing_invoice(row: Order) -> Effect | None:
    """The order's invoice that is owed or made, and not taken back."""
    invoices = row.effects.filter(kind=EffectKind.INVOICE)
    live = invoices.exclude(posting__state=PostingState.CANCELLED)
    return live.select_related("posting", "fact").order_by("-id").first()


def may_be_decided(pair: Pair, row: Order) -> bool:
    """Whether the order's invoice is still to be made; else its state is noted on the row.

    Call inside a transaction, under the company's lock.
    """
    invoice = standing_invoice(row)
    if invoice is None:
        return True
    if invoice.fact is not None and invoice.fact.meaning_hash == row.meaning_hash:
        _is_as_invoiced(row)
        return False
    try:
        cancel(invoice.posting, "worker", CANCELLED)
    except ContentConflictError:
        row.state, row.look_at, row.wait_until = OrderState.CHANGED, None, None
        open_or_tell_anew([_changed(row, invoice)])
        return False
    return True


def _is_as_invoiced(row: Order) -> None:
    row.state, row.look_at, row.wait_until = OrderState.INVOICED, None, None
    close_by_machine(
        ExceptionItem.objects.filter(order=row, reason=Reason.ORDER_CHANGED),
        "The shop says again what was invoiced.",
    )


def _changed(row: Order, invoice: Effect) -> Wanted:
    before = OrderHistory.objects.filter(order=row, fact=invoice.fact).first()
    changes = changes_between(before.meaning, row.content) if before else []
    number = invoice.posting.document_no or "on its way"
    named = ", ".join(each.label.lower() for each in changes[:6])
    return Wanted(
        reason=Reason.ORDER_CHANGED,
        subject=f"order:{row.pk}",
        connection=row.connection,
        message=(
            f"The shop changed order {row.number} after its invoice ({number}) was sent: {named}."
            " The ERP has it as it was."
        ),
        business_on=row.ordered_on,
        amount=row.total_amount,
        currency=row.currency,
        order=row,
        fact=row.last_fact,
        details={
            "left": "As invoiced",
            "right": "The shop says now",
            "sides": [
                {"field": each.label, "left": each.before, "right": each.after} for each in changes
            ],
        },
        suggestions=[{"action": "dismiss", "label": "It is corrected in the ERP", "value": ""}],
    )
