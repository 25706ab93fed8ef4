"""A refund without its sale gives back money that stands on a customer's account.

The refund's journal debits the refunds account until somebody says what it was for. The receipt
that holds the money is taken out of the ERP and received anew: what its invoices took for the
customer, what was given back on the refunds account. So the customer's account falls by the refund,
and the refunds account is even. No clearing line is made.
"""

from __future__ import annotations

from typing import Any, Final

from integrations.canonical import ApplicationDraft, JournalDraft, draft_from_json
from integrations.choices import PostingState
from integrations.locks import transaction_lock
from integrations.money import Money
from reconciliation.choices import OPEN_STATES, EffectKind, Placement
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk import snapshots
from reconciliation.services.desk.applications import left_on_account
from reconciliation.services.desk.customers import transaction_of
from reconciliation.services.desk.erp import require_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import PLACEMENT_REASONS
from reconciliation.services.desk.moving import (
    Piece,
    applied_by,
    merged,
    move_money,
    require_movable,
)
from reconciliation.services.desk.sales import SALE_WAS, attach
from reconciliation.services.desk.steps import at_work, pair_of, resolve
from reconciliation.services.desk.transfers import Standing, standing_receipt
from reconciliation.services.known import company_lock
from reconciliation.services.sales import sales_for, why_not

ACTION: Final = "give_back"
#: In the details of the exception: the payment whose money it was, and its exceptions before.
FROM: Final = "given_back_from"
BESIDE: Final = "beside_before"
#: Of a customer's payments, the newest that are looked at for money on account.
LOOKED_AT: Final = 200


def give_back(item: ExceptionItem, customer_id: str, note: str, actor: str) -> None:
    """Book a refund against what stands on a customer's account from one payment.

    Refused where no payment of the customer has so much left: the ERP's own credits and invoices
    are not ours to use up.
    """
    if not note.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    with at_work(item, ACTION, actor) as locked:
        pair, refund = pair_of(locked), transaction_of(locked)
        if refund.parent is not None:
            raise DeskError(f"The refund belongs to sale {refund.parent.vendor_id} already.")
        customer = require_customer(pair, customer_id)
        transaction_lock(company_lock(pair))
        refunds = _refunds_account(refund)
        sale, standing = _source(refund, customer)
        require_movable(sale, standing)
        amount = Money(refund.amount, refund.currency)
        locked.details = {
            **locked.details,
            FROM: sale.pk,
            SALE_WAS: sale.status,
            BESIDE: _close_beside(sale, standing, amount, refund, actor),
        }
        pieces = _pieces(standing, amount, refunds)
        move_money(pair, sale, standing, pieces, f"{moved_for(refund)}{actor}")
        if not any(piece.customer_id for piece in pieces):
            sale.placement = ""
            sale.save(update_fields=["placement"])
        attach(sale, refund, actor)
        said = f"{amount} of payment {sale.vendor_id} stood on account of customer {customer}"
        resolve(locked, ACTION, actor, f"{said} and was given back. {note.strip()}")


def moved_for(refund: Transaction) -> str:
    """How the reason begins that the documents of a refund's money carry."""
    return f"refund {refund.vendor_id}: "


def _refunds_account(refund: Transaction) -> str:
    """The account that the refund's journal debits: what was given back waits there."""
    effect = (
        refund.effects.filter(kind=EffectKind.REFUND, corrects__isnull=True)
        .exclude(posting__state=PostingState.CANCELLED)
        .select_related("posting")
        .order_by("-id")
        .first()
    )
    draft = draft_from_json(effect.posting.draft) if effect else None
    if not isinstance(draft, JournalDraft):
        raise DeskError("The refund is not on the books; there is nothing to take from an account.")
    zero = Money.zero(refund.currency)
    return next(line.account for line in draft.lines if line.debit > zero)


def _source(refund: Transaction, customer: str) -> tuple[Transaction, Standing]:
    """The payment of the customer that has the refund's amount left: exactly so much, else newest.

    Locked, so that nothing else uses up the same money.
    """
    wanted = Money(refund.amount, refund.currency)
    placed = sales_for(refund).filter(
        customer_id=customer, placement__in=(Placement.ON_ACCOUNT, Placement.APPLIED)
    )
    fitting: list[tuple[Money, Transaction, Standing]] = []
    for sale in placed[:LOOKED_AT]:
        try:
            standing = standing_receipt(sale)
        except DeskError:
            continue  # Not in the ERP yet: it cannot be what stands on the account there.
        left = left_on_account(standing)
        if left >= wanted and standing.draft.customer_id == customer and not why_not(refund, sale):
            fitting.append((left, sale, standing))
    if not fitting:
        raise DeskError(
            f"No payment of customer {customer} from before the refund has {wanted} left on "
            "account. Link the refund to its sale instead, or settle it with the customer in the "
            "ERP and dismiss it."
        )
    _, sale, standing = next((each for each in fitting if each[0] == wanted), fitting[0])
    Transaction.objects.select_for_update(of=("self",)).get(pk=sale.pk)
    return sale, standing


def _pieces(standing: Standing, amount: Money, refunds: str) -> list[Piece]:
    """What is received anew; the customer's part last, so that it is what stands from then on."""
    back = Piece(amount, offset_account=refunds, kind=EffectKind.GIVEN_BACK)
    rest = standing.draft.amount - amount
    if not rest:
        return [back]
    held = applied_by(standing.effect).filter(is_released=False).order_by("pk")
    pays = [
        ApplicationDraft(each.item_key, each.document_no, Money(each.amount, amount.currency))
        for each in held
    ]
    return [back, Piece(rest, standing.draft.customer_id, merged(pays))]


def _close_beside(
    sale: Transaction, standing: Standing, amount: Money, refund: Transaction, actor: str
) -> dict[str, Any]:
    """Close what asks where the sale's money belongs, if nothing of it is left on account.

    Answers how those exceptions were, for an undo.
    """
    if left_on_account(standing) != amount:
        return {}
    asking = ExceptionItem.objects.select_for_update(of=("self",)).filter(
        transaction=sale, reason__in=PLACEMENT_REASONS, state__in=OPEN_STATES
    )
    before = {}
    for each in asking.order_by("pk"):
        before[str(each.pk)] = snapshots.values_of(each)
        resolve(each, ACTION, actor, f"{amount} was given back by refund {refund.vendor_id}.")
    return before
