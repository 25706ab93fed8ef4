"""Write off a small difference, to the account that a rule names, within limits.

What an invoice is short of is a receipt of its customer that pays it, in an ERP batch that debits
the write-off account. What was paid too much leaves the customer's account: the receipt is taken
out and received anew, the excess on the write-off account. Both are reversed like any receipt.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from integrations.canonical import ApplicationDraft
from integrations.choices import PostingState
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.money import Money
from integrations.services import lanes
from mapping.choices import AccountRole
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, ExceptionItem, Transaction
from reconciliation.services import effects
from reconciliation.services.desk import limits
from reconciliation.services.desk.applications import left_on_account
from reconciliation.services.desk.customers import close_placement, transaction_of
from reconciliation.services.desk.erp import require_invoice
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.invoices import require_room
from reconciliation.services.desk.moving import (
    Piece,
    account,
    applied_by,
    group_on,
    merged,
    move_money,
    require_movable,
    rules_today,
)
from reconciliation.services.desk.steps import at_work, pair_of
from reconciliation.services.desk.transfers import (
    Standing,
    first_receipt,
    is_taken_back,
    standing_receipt,
    suffixed,
)
from reconciliation.services.known import company_lock
from reconciliation.services.orders import order_posting

ACTION: Final = "write_off"
BOUND: Final = limits.BOUNDS[ACTION]


def write_off(item: ExceptionItem, document_no: str, note: str, actor: str) -> None:
    """Write off what the named invoice is short of; without one, what was paid too much.

    The limits are compared with the difference, never with the payment; with what has been written
    off of the same payment before, so that nothing is written off piece by piece.
    """
    if not note.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    with at_work(item, ACTION, actor) as locked:
        pair, row = pair_of(locked), transaction_of(locked)
        transaction_lock(company_lock(pair))
        standing = standing_receipt(row)
        require_movable(row, standing)
        if document_no.strip():
            said = _short(pair, row, standing, document_no, actor)
        else:
            said = _excess(pair, row, standing, actor)
        close_placement(locked, row, ACTION, actor, f"{said} {note.strip()}")


def _require_within(row: Transaction, amount: Money) -> None:
    if amount.amount > BOUND:
        raise DeskError(f"{amount} is no small difference: nobody writes off more than {BOUND}.")
    together = amount.amount + _written_off(row)
    if together > BOUND:
        raise DeskError(
            f"Together with what was written off of this payment before it is {together:,.2f}: "
            f"nobody writes off more than {BOUND}."
        )
    limits.require_within(limits.limit_of(ACTION), together, amount.currency)


def _written_off(row: Transaction) -> Decimal:
    """What has been written off of a payment, and was not taken back."""
    standing = Effect.objects.filter(transaction=row, kind=EffectKind.WRITE_OFF)
    standing = standing.exclude(posting__state=PostingState.CANCELLED).exclude(is_taken_back())
    held: Decimal | None = standing.aggregate(held=Sum("posting__amount"))["held"]
    return held or Decimal(0)


def _short(pair: Pair, row: Transaction, standing: Standing, document_no: str, actor: str) -> str:
    customer = standing.draft.customer_id
    invoice = require_invoice(pair, document_no, customer)
    held = applied_by(standing.effect).filter(is_released=False, item_key=invoice.item_key)
    if not held.exists():
        raise DeskError(f"This payment pays nothing to {invoice.document_no}; link it first.")
    short = require_room(pair, row, invoice)
    _require_within(row, short)
    today, rules = rules_today(pair)
    off = account(rules, AccountRole.WRITE_OFFS, short)
    own, name = first_receipt(row), f"write-off-{invoice.item_key}"
    start = keys.transaction_key(pair, row.vendor_id, name, 0)[:-1]
    leg = 1 + Effect.objects.filter(transaction=row, key__startswith=start).count()
    application = ApplicationDraft(invoice.item_key, invoice.document_no, short)
    group = group_on(pair, row, "write-off", off, today, rules.version_id)
    draft = replace(
        own,
        received_on=today,
        amount=short,
        customer_id=customer,
        offset_account="",
        payment_ref=suffixed(own.payment_ref, f"-W{leg}"),
        settlement_ref=suffixed(own.settlement_ref, "-W"),
        comment=f"Write-off of {invoice.document_no}"[:50],
        applications=(application,),
    )
    wanted = effects.NewEffect(
        key=keys.transaction_key(pair, row.vendor_id, name, leg),
        kind=EffectKind.WRITE_OFF,
        draft=draft,
        amount=short.amount,
        version_id=rules.version_id,
        business_on=today,
        rules=(f"write off: {actor}",),
        group=group,
        transaction=row,
        fact=row.last_fact,
        applications=(application,),
        corrects=standing.effect,
    )
    effects.make(pair, [wanted])
    order_posting(pair, group)
    lanes.wake("deliver")
    return f"{short} of {invoice.document_no} written off to {off}."


def _excess(pair: Pair, row: Transaction, standing: Standing, actor: str) -> str:
    whole, left = standing.draft.amount, left_on_account(standing)
    if left <= Money.zero(left.currency):
        raise DeskError("Nothing of this payment is left over; name the invoice that is short.")
    if left == whole:
        raise DeskError("Nothing of this payment pays an invoice; link it to one first.")
    _require_within(row, left)
    _, rules = rules_today(pair)
    off = account(rules, AccountRole.WRITE_OFFS, left)
    held = applied_by(standing.effect).filter(is_released=False).order_by("pk")
    pays = merged(
        [
            ApplicationDraft(each.item_key, each.document_no, Money(each.amount, left.currency))
            for each in held
        ]
    )
    pieces = [
        Piece(whole - left, standing.draft.customer_id, pays),
        Piece(left, offset_account=off, kind=EffectKind.WRITE_OFF),
    ]
    move_money(pair, row, standing, pieces, f"write off: {actor}")
    return f"{left} that was paid too much written off to {off}."
