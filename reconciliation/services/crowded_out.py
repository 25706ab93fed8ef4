"""Payments that found their invoice paid, and the payment that had paid it is taken back.

Two charges for one invoice are often a void that has not been read yet: the second one is decided
first, finds the invoice paid and goes on account. When the first one is taken back before it
settles, the second one's money pays the invoice by itself, as a person would have it do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from audit import services as audit
from integrations.clock import business_now, wall_now
from integrations.models import Pair
from integrations.services.posting_release import unsent
from reconciliation.choices import ADDED_UP, OPEN_STATES, DecisionState, Reason
from reconciliation.models import ExceptionItem, ExceptionNote, Reservation, Transaction
from reconciliation.services import freed, reversals

#: A payment that found its invoice paid.
CROWDED_OUT: Final = (Reason.SECOND_CHARGE, Reason.OVERPAID)
#: In the details of its exception: the invoices' keys, and the reversal that they wait for.
FREED: Final = "freed"
FREED_BY: Final = "freed_by"
RELATED: Final = ("transaction__batch", "transaction__connection")
WHY: Final = "its invoice is free again"


def offer(pair: Pair, gone: Sequence[Transaction]) -> int:
    """Let the payments that stand on account for these have their invoices; answers how many.

    `gone`: payments whose receipts are taken back, and that owe none any more. A receipt that was
    not sent is decided anew. What may stand in the ERP stays there: the money is applied once both
    it and the reversal are posted (`freed_money`). Call inside a transaction, under `company_lock`.
    """
    paid = Reservation.objects.filter(effect__transaction__in=gone, is_released=True)
    item_of = dict(paid.values_list("document_no", "item_key"))
    if not item_of:
        return 0
    returning = freed.returning(pair, item_of.values())
    offered = 0
    items = ExceptionItem.objects.select_for_update(of=("self",)).filter(
        connection=pair.gateway,
        reason__in=CROWDED_OUT,
        state__in=OPEN_STATES,
        transaction__isnull=False,
    )
    for item in items.exclude(transaction__in=gone).select_related(*RELATED).order_by("pk"):
        found = {item_of[number] for number in _named(item) if number in item_of}
        if found:
            reversal = freed.newest(returning, found)
            offered += _offer(pair, item, found, reversal.key if reversal else "")
    return offered


def _named(item: ExceptionItem) -> list[str]:
    return str(item.details.get("invoices", "")).removesuffix(" …").split(", ")


def _offer(pair: Pair, item: ExceptionItem, found: set[str], freed_by: str) -> int:
    if item.transaction is not None and _decide_anew(pair, item.transaction):
        return 1
    known = set(item.details.get(FREED, ()))
    item.details[FREED] = sorted(known | found)
    item.details[FREED_BY] = freed_by
    say(item, "The earlier charge is taken back: the money pays its invoice once that is posted.")
    return 1


def _decide_anew(pair: Pair, row: Transaction) -> bool:
    """Whether the payment's receipt has surely not been sent and is made anew."""
    history = reversals.histories([row]).get(row.pk)
    counting = history.counting() if history else []
    free = unsent(effect.posting for effect in counting)
    is_added_up = row.batch is not None and row.batch.state in ADDED_UP
    if history is None or not free or len(free) < len(counting) or is_added_up:
        return False
    if row.decision != DecisionState.POSTED_AS:
        return True  # It is about to be decided anyway.
    if not reversals.cancel_unsent(pair, row, history, free, WHY):
        return False
    row.decision, row.updated_at = DecisionState.DUE, wall_now()
    row.save(update_fields=["decision", "updated_at"])
    return True


def say(item: ExceptionItem, text: str) -> None:
    """Save what is noted on an item, and tell of it; call inside a transaction."""
    item.save(update_fields=["details", "amount"])
    ExceptionNote.objects.create(
        item=item, at=wall_now(), actor="worker", action="freed", text=text
    )
    audit.record(
        "exception.freed",
        ("exception", str(item.pk)),
        actor="worker",
        summary=text,
        business_on=business_now().date(),
    )
