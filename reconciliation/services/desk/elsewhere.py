"""Apply elsewhere: a payment on account, or applied wrongly, pays another invoice."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Sum

from integrations.canonical import ApplicationDraft, OpenItemRecord
from integrations.locks import transaction_lock
from integrations.money import Money
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk import limits
from reconciliation.services.desk.applications import left_on_account, owe_application
from reconciliation.services.desk.customers import close_placement, transaction_of
from reconciliation.services.desk.erp import require_invoice
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.invoices import overpaid, require_room
from reconciliation.services.desk.moving import Piece, applied_by, move_money, require_movable
from reconciliation.services.desk.steps import at_work, pair_of
from reconciliation.services.desk.transfers import Standing, standing_receipt
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import company_lock

CONFIRM: Final = "Confirm that you have read this, and press again."


def apply_elsewhere(item: ExceptionItem, document_no: str, confirmed: object, actor: str) -> None:
    """Apply the whole payment to this invoice instead; what it cannot take stands on account.

    What has consequences, another customer's invoice say, is done once they are confirmed.
    """
    with at_work(item, "apply_elsewhere", actor) as locked:
        pair, row = pair_of(locked), transaction_of(locked)
        transaction_lock(company_lock(pair))
        standing = standing_receipt(row)
        if not standing.draft.customer_id:
            raise DeskError("The money is nobody's yet; link its customer or its invoice.")
        whole, invoice = standing.draft.amount, require_invoice(pair, document_no)
        share = min(whole, require_room(pair, row, invoice))
        is_same = invoice.customer_id == standing.draft.customer_id
        if is_same and left_on_account(standing) == whole:
            owe_application(pair, row, standing, invoice, share, f"apply elsewhere: {actor}")
        else:
            _require_confirmed(row, standing, invoice, share, confirmed)
            limits.require_within(limits.limit_of("apply_elsewhere"), whole.amount, whole.currency)
            application = ApplicationDraft(invoice.item_key, invoice.document_no, share)
            piece = Piece(whole, invoice.customer_id, (application,))
            move_money(pair, row, standing, [piece], f"apply elsewhere: {actor}")
        said = f"{share} pays {invoice.document_no} of customer {invoice.customer_id}"
        close_placement(locked, row, "apply_elsewhere", actor, f"{said}.")
        if left := whole - share:
            open_exceptions([about_transaction(row, overpaid(invoice, left), item.business_on)])


def _require_confirmed(
    row: Transaction, standing: Standing, invoice: OpenItemRecord, share: Money, confirmed: object
) -> None:
    require_movable(row, standing)
    if str(confirmed).casefold() not in ("true", "on", "yes", "1"):
        raise DeskError(f"{consequences(standing, invoice, share)} {CONFIRM}")


def consequences(standing: Standing, invoice: OpenItemRecord, share: Money) -> str:
    """What applying it elsewhere does beside what was asked for, in sentences."""
    whole, customer = standing.draft.amount, standing.draft.customer_id
    held: Any = applied_by(standing.effect).filter(is_released=False)
    opened = [
        f"invoice {document_no} is open again by {Money(amount, whole.currency)}"
        for document_no, amount in held.values_list("document_no")
        .annotate(held=Sum("amount"))
        .order_by("document_no")
    ]
    number = standing.effect.posting.document_no
    said = [
        f"Receipt {number} of {whole} of customer {customer} is reversed in the ERP",
        *opened,
        f"a new receipt of customer {invoice.customer_id} pays {share} to {invoice.document_no}",
    ]
    if left := whole - share:
        said.append(f"{left} stands on that customer's account")
    text = "; ".join(said) + "."
    if invoice.customer_id != customer:
        text += f" Later payments of this payer still go to customer {customer}."
    return text
