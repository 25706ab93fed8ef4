"""Link a refund to its sale: a person names the sale that the gateway does not."""

from __future__ import annotations

from typing import Any, Final

from audit import services as audit
from integrations.clock import business_now
from integrations.money import Money
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import refund_links
from reconciliation.services.desk.customers import transaction_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, resolve
from reconciliation.services.sales import left_of, why_not

ACTION: Final = "link_sale"
#: In the details of the exception: the sale's status before the link, for an undo.
SALE_WAS: Final = "sale_was"


def link_sale(item: ExceptionItem, sale_ref: str, actor: str) -> None:
    """The refund gives back this sale of its own gateway, never more than is left of it.

    No document changes: the refund is on the books. The sale is from then on refunded.
    """
    with at_work(item, ACTION, actor) as locked:
        refund = transaction_of(locked)
        if refund.parent is not None:
            raise DeskError(f"The refund belongs to sale {refund.parent.vendor_id} already.")
        sale = _named(refund, sale_ref.strip())
        if why := why_not(refund, sale):
            raise DeskError(why)
        locked.details = {**locked.details, SALE_WAS: sale.status}
        resolve(locked, ACTION, actor, attach(sale, refund, actor))


def attach(sale: Transaction, refund: Transaction, actor: str) -> str:
    """The refund gives back this sale from now on; answers in words."""
    refund_links.attach(sale, refund)
    said = f"It gives back {Money(refund.amount, refund.currency)} of sale {sale.vendor_id}; "
    said += f"{left_of(sale)} of that sale is left."
    _note("transaction.refund_linked", sale, refund, actor, said)
    return said


def unlink_sale(item: ExceptionItem, actor: str) -> str:
    """Take a link back; call at an undo, before the exception's details are put back."""
    refund = transaction_of(item)
    sale = refund.parent
    if sale is None:
        raise DeskError("The refund belongs to no sale any more.")
    refund_links.detach(refund, str(item.details.get(SALE_WAS, "")) or sale.status)
    said = f"The refund belongs to sale {sale.vendor_id} no longer."
    _note("transaction.refund_unlinked", sale, refund, actor, said)
    return said


def _named(refund: Transaction, sale_ref: str) -> Transaction:
    """The payment that a person names, locked: two refunds never take the same rest of a sale."""
    rows = Transaction.objects.select_for_update(of=("self",)).filter(vendor_id=sale_ref)
    sale = rows.filter(connection=refund.connection_id).first() if sale_ref else None
    if sale is None:
        raise DeskError(
            f"{refund.connection.name} has no payment {sale_ref or '—'} here; search for its sale."
        )
    return sale


def _note(action: str, sale: Transaction, refund: Transaction, actor: str, said: str) -> None:
    details: dict[str, Any] = {"refund": refund.vendor_id, "amount": str(refund.amount)}
    audit.record(
        action,
        ("transaction", str(sale.pk)),
        actor=actor,
        summary=said,
        details=details,
        business_on=business_now().date(),
    )
