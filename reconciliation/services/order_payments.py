"""A payment that came before its order's invoice is applied to it once both are posted.

Most payments find the invoice by the number that the payer typed. This is for the others: money
that went on account or to the unidentified receipts because the invoice was not there yet.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Q, QuerySet

from integrations.canonical import ApplicationDraft, OpenItemRecord
from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.money import Money
from integrations.services import circuit
from reconciliation.choices import (
    NOT_PAID,
    EffectKind,
    OrderState,
    Placement,
    Reason,
    TransactionKind,
)
from reconciliation.models import Effect, ExceptionItem, Order, Transaction
from reconciliation.services.apart import one_by_one
from reconciliation.services.desk.applications import left_on_account, owe_application
from reconciliation.services.desk.erp import require_invoice
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.transfers import owe_transfer, standing_receipt
from reconciliation.services.desk_open import Wanted, close_by_machine
from reconciliation.services.known import company_lock, openings_of
from reconciliation.services.order_changed import standing_invoice
from reconciliation.services.pairs import for_each_pair, today

WAITING: Final = """EXISTS (
    SELECT 1 FROM reconciliation_order WHERE state = 'invoiced' AND look_at <= %(wall)s)"""
AT_ONCE: Final = 100
#: A first look comes soon after the invoice was owed, the others less often.
FIRST_LOOK: Final = timedelta(minutes=1)
NEXT_LOOK: Final = timedelta(minutes=5)
#: A payment that has not come by then is no longer looked for.
LOOK_FOR: Final = timedelta(days=60)
WHY: Final = "the order names this payment"
#: Why money stands elsewhere for want of the invoice; gone once it is applied.
FOR_WANT: Final = (
    Reason.INVOICE_NOT_FOUND,
    Reason.CUSTOMER_UNKNOWN,
)
RECEIPTS: Final = (EffectKind.RECEIPT, EffectKind.TRANSFER, EffectKind.REVERSAL)
DONE: Final = (*FINAL_STATES, PostingState.CANCELLED)


def drain() -> int:
    """Apply a portion for every pair that takes orders; answers how many were applied."""
    return for_each_pair("order payments", apply_ready)


def apply_ready(pair: Pair) -> int:
    if pair.orders_id is None or (pair.erp.paused_until and pair.erp.paused_until > wall_now()):
        return 0
    try:
        return one_by_one(_due(pair), lambda row: _look(pair, row), _set_aside)
    except EdgeError as error:
        circuit.failed(pair.erp, error, must_pause=True)
        return 0


def _due(pair: Pair) -> QuerySet[Order]:
    due = Order.objects.filter(
        connection=pair.orders_id, state=OrderState.INVOICED, look_at__lte=wall_now()
    )
    return due.order_by("look_at", "id")[:AT_ONCE]


def _look(pair: Pair, seen: Order) -> int:
    """Apply it if both are posted; else look again later. Noted on the order."""
    payment = (
        Transaction.objects.select_for_update(of=("self",))
        .filter(connection=pair.gateway, vendor_id=seen.payment_ref)
        .first()
    )
    transaction_lock(company_lock(pair))
    row = Order.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    if row.state != OrderState.INVOICED or row.look_at is None:
        return 0
    applied = 0
    if payment is not None and _is_ready(row, payment):
        applied = _apply(pair, row, payment)
        row.payment, row.look_at = payment, None
    elif today(pair) > row.ordered_on + LOOK_FOR:
        row.look_at = None
    else:
        row.look_at = wall_now() + NEXT_LOOK
    row.save(update_fields=["payment", "look_at"])
    return applied


def _is_ready(row: Order, payment: Transaction) -> bool:
    """Both the invoice and all documents of the payment's receipt are posted."""
    invoice = standing_invoice(row)
    if invoice is None or invoice.posting.state not in FINAL_STATES:
        return False
    if payment.kind == TransactionKind.REFUND or payment.status in NOT_PAID:
        return False
    receipts = Effect.objects.filter(transaction=payment, kind__in=RECEIPTS)
    states = list(receipts.values_list("posting__state", flat=True))
    return any(state in FINAL_STATES for state in states) and all(s in DONE for s in states)


def _apply(pair: Pair, row: Order, payment: Transaction) -> int:
    """1 when money was applied; what cannot be is left where it stands, with its exception."""
    try:
        invoice = require_invoice(pair, row.number, row.customer_id)
        standing = standing_receipt(payment)
    except DeskError:
        return 0
    available = openings_of(pair, [invoice.item_key]).available.get(invoice.item_key)
    if available is None:
        return 0
    if standing.draft.offset_account:
        share = min(standing.draft.amount, available)
        if share.amount <= 0 or payment.placement != Placement.UNIDENTIFIED:
            return 0
        part = ApplicationDraft(invoice.item_key, invoice.document_no, share)
        owe_transfer(pair, payment, row.customer_id, (part,), (WHY,))
        _close(payment, row, invoice, share)
        return 1
    share = min(left_on_account(standing), available)
    if standing.draft.customer_id != row.customer_id or share.amount <= 0:
        return 0
    owe_application(pair, payment, standing, invoice, share, WHY)
    _close(payment, row, invoice, share)
    return 1


def _close(payment: Transaction, row: Order, invoice: OpenItemRecord, share: Money) -> None:
    """Where money is left over, what it says of the rest stays open."""
    if share < Money(payment.amount, payment.currency):
        return
    said = f"Order {row.number} names it: {share} pays {invoice.document_no}."
    items = ExceptionItem.objects.filter(Q(transaction=payment), reason__in=FOR_WANT)
    close_by_machine(items, said)


def _set_aside(row: Order, said: str) -> Wanted:
    Order.objects.filter(pk=row.pk).update(look_at=None)
    return Wanted(
        reason=Reason.SET_ASIDE,
        subject=f"order:{row.pk}",
        connection=row.connection,
        message=f"The payment of order {row.number}: {said}"[:400],
        business_on=row.ordered_on,
        amount=row.total_amount,
        currency=row.currency,
        order=row,
    )
