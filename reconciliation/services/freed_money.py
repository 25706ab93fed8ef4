"""Money that stands on account for want of an invoice is applied once the invoice is free.

`crowded_out` says which: the payment that had paid the invoice was taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform

from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.locks import transaction_lock
from integrations.models import Pair, Posting
from integrations.money import Money
from integrations.services import circuit, lanes
from reconciliation.choices import OPEN_STATES, Reason
from reconciliation.models import Effect, ExceptionItem, Transaction
from reconciliation.services import reversals
from reconciliation.services.apart import one_by_one
from reconciliation.services.crowded_out import CROWDED_OUT, FREED, FREED_BY, WHY, say
from reconciliation.services.desk.applications import left_on_account, owe_application
from reconciliation.services.desk.transfers import standing_receipt
from reconciliation.services.desk_open import Wanted, close_by_machine
from reconciliation.services.known import company_lock, openings_of
from reconciliation.services.pairs import for_each_pair

WAITING: Final = """EXISTS (
    SELECT 1 FROM reconciliation_exceptionitem x
     WHERE x.state IN ('open', 'claimed') AND x.reason IN ('second_charge', 'overpaid')
       AND jsonb_exists(x.details, 'freed_by')
       AND NOT EXISTS (SELECT 1 FROM integrations_posting p
                        WHERE p.key = x.details->>'freed_by'
                          AND p.state NOT IN ('posted', 'duplicate', 'cancelled'))
       AND NOT EXISTS (SELECT 1 FROM reconciliation_effect e
                         JOIN integrations_posting p ON p.id = e.posting_id
                        WHERE e.transaction_id = x.transaction_id
                          AND e.kind IN ('receipt', 'transfer')
                          AND p.state NOT IN ('posted', 'duplicate', 'cancelled')))"""
AT_ONCE: Final = 50
DONE: Final = (*FINAL_STATES, PostingState.CANCELLED)


def drain() -> int:
    """Apply a portion for every pair; answers how many exceptions moved."""
    return for_each_pair("crowded out", apply_ready)


def apply_ready(pair: Pair) -> int:
    """Apply what stands on account for want of an invoice that is free now."""
    if pair.erp.paused_until is not None and pair.erp.paused_until > wall_now():
        return 0
    try:
        return one_by_one(_ready(pair), lambda item: _apply(pair, item), _set_aside)
    except EdgeError as error:
        circuit.failed(pair.erp, error, must_pause=True)
        return 0


def _ready(pair: Pair) -> QuerySet[ExceptionItem]:
    """Both the reversal and the payment's own receipt are posted."""
    reversal = Posting.objects.filter(key=OuterRef("freed_by")).exclude(state__in=DONE)
    receipt = Effect.objects.filter(
        transaction=OuterRef("transaction"), kind__in=reversals.RECEIPTS
    ).exclude(posting__state__in=DONE)
    broken = ExceptionItem.objects.filter(
        transaction=OuterRef("transaction"), reason=Reason.SET_ASIDE, state__in=OPEN_STATES
    )
    return (
        ExceptionItem.objects.filter(
            connection=pair.gateway,
            reason__in=CROWDED_OUT,
            state__in=OPEN_STATES,
            details__has_key=FREED_BY,
        )
        .annotate(freed_by=KeyTextTransform(FREED_BY, "details"))
        .exclude(Exists(reversal))
        .exclude(Exists(receipt))
        .exclude(Exists(broken))
        .select_related("transaction", "connection")
        .order_by("pk")[:AT_ONCE]
    )


def _apply(pair: Pair, seen: ExceptionItem) -> int:
    """Apply what is left of the receipt, never beyond what each invoice can take."""
    if seen.transaction is None:
        raise ValueError(f"{seen} is about no payment.")
    row = Transaction.objects.select_for_update(of=("self",)).get(pk=seen.transaction.pk)
    item = ExceptionItem.objects.select_for_update(of=("self",)).get(pk=seen.pk)
    if item.state not in OPEN_STATES or FREED_BY not in item.details:
        return 0  # A person was first.
    transaction_lock(company_lock(pair))
    wanted = item.details.pop(FREED)
    del item.details[FREED_BY]
    left, applied = _spread(pair, row, wanted)
    pays = ", ".join(f"{share} pays {number}" for number, share in applied.items())
    if applied and not left:
        say(item, f"The earlier charge is taken back: {pays}.")
        close_by_machine(
            ExceptionItem.objects.filter(pk=item.pk), f"{pays}; nothing is left on account."
        )
    elif applied:
        item.amount = left.amount
        say(item, f"The earlier charge is taken back: {pays}; {left} stays on account.")
    else:
        say(item, "The earlier charge is taken back, but its invoice can take nothing.")
    lanes.wake("deliver")
    return 1


def _spread(
    pair: Pair, row: Transaction, item_keys: Sequence[str]
) -> tuple[Money, Mapping[str, Money]]:
    """What stays on account, and what each invoice is paid, by its number."""
    standing = standing_receipt(row)
    left = left_on_account(standing)
    openings = openings_of(pair, item_keys)
    applied: dict[str, Money] = {}
    for key in item_keys:
        invoice = openings.items.get(key)
        if invoice is None or invoice.customer_id != standing.draft.customer_id:
            continue
        share = min(left, openings.available[key])
        if share > Money.zero(share.currency):
            owe_application(pair, row, standing, invoice, share, WHY)
            applied[invoice.document_no] = share
            left = left - share
    return left, applied


def _set_aside(item: ExceptionItem, said: str) -> Wanted:
    return Wanted(
        reason=Reason.SET_ASIDE,
        subject=f"transaction:{item.transaction_id}",
        connection=item.connection,
        message=said,
        business_on=item.business_on,
        amount=item.amount,
        currency=item.currency,
        transaction=item.transaction,
    )
