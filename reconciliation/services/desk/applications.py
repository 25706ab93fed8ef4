"""Applications: what is left of a receipt on account is applied to an invoice, later, once."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import QuerySet, Sum

from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPurpose,
    OpenItemRecord,
    ReceiptApplicationDraft,
)
from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import business_day, business_now, wall_now
from integrations.models import Pair, Posting
from integrations.money import Money
from integrations.services import lanes
from mapping.services.rulesets import version_in_force
from reconciliation import keys
from reconciliation.choices import EffectKind, Placement
from reconciliation.models import Effect, Reservation, Transaction
from reconciliation.services import effects
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.transfers import Standing
from reconciliation.services.orders import order_posting


def left_on_account(standing: Standing) -> Money:
    """What a receipt has not been applied yet, by the books: itself less all its applications."""
    amount = standing.draft.amount
    taken = Reservation.objects.filter(
        effect__in=[
            standing.effect.pk,
            *later_applications(standing.effect).values_list("pk", flat=True),
        ],
        is_released=False,
    ).aggregate(taken=Sum("amount"))["taken"]
    return amount - Money(taken or Decimal(0), amount.currency)


def later_applications(receipt: Effect) -> QuerySet[Effect]:
    """What was applied from a receipt after it was made, and was not cancelled."""
    return Effect.objects.filter(corrects=receipt, kind=EffectKind.APPLICATION).exclude(
        posting__state=PostingState.CANCELLED
    )


def owe_application(
    pair: Pair,
    row: Transaction,
    standing: Standing,
    invoice: OpenItemRecord,
    share: Money,
    why: str,
) -> Effect:
    """Owe the application and the posting of its ERP batch; in a transaction, under company_lock.

    The key holds the invoice: the same invoice again is the next leg.
    """
    receipt = standing.effect.posting
    if receipt.state not in FINAL_STATES:
        raise DeskError("The ERP has not posted the receipt yet; its money can be applied after.")
    today = business_day(business_now(), pair.time_zone)
    version = version_in_force(pair, today) or standing.effect.version
    name = f"apply-{invoice.item_key}"
    key = keys.transaction_key(pair, row.vendor_id, name, _leg(pair, row, standing, name))
    group = effects.open_group(
        pair,
        lambda number: keys.transaction_key(pair, row.vendor_id, f"erp-batch-{name}", number),
        BatchDraft(
            company=pair.company,
            purpose=BatchPurpose.APPLICATIONS,
            posting_on=today,
            comment=f"{receipt.document_no} to {invoice.document_no}"[:50],
        ),
        version.pk,
        transaction=row,
    )
    made = effects.make(
        pair,
        [
            effects.NewEffect(
                key=key,
                kind=EffectKind.APPLICATION,
                draft=_draft(pair, receipt, invoice, share),
                amount=share.amount,
                version_id=version.pk,
                business_on=today,
                rules=(why,),
                group=group,
                transaction=row,
                fact=row.last_fact,
                applications=(ApplicationDraft(invoice.item_key, invoice.document_no, share),),
                corrects=standing.effect,
            )
        ],
    )
    order_posting(pair, group)
    row.placement, row.updated_at = Placement.APPLIED, wall_now()
    row.save(update_fields=["placement", "updated_at"])
    lanes.wake("deliver")
    return made[key]


def _leg(pair: Pair, row: Transaction, standing: Standing, name: str) -> int:
    """How many times the receipt has been applied to this invoice, and one."""
    before = Effect.objects.filter(
        corrects=standing.effect,
        kind=EffectKind.APPLICATION,
        key__startswith=keys.transaction_key(pair, row.vendor_id, name, 0)[:-1],
    )
    return 1 + before.count()


def _draft(
    pair: Pair, receipt: Posting, invoice: OpenItemRecord, share: Money
) -> ReceiptApplicationDraft:
    return ReceiptApplicationDraft(
        company=pair.company,
        receipt_key=receipt.document_key,
        receipt_no=receipt.document_no,
        item_key=invoice.item_key,
        document_no=invoice.document_no,
        amount=share,
    )
