"""Undo: what was not posted goes back to how it stood, what was posted gets its reversal.

What cannot be taken back is refused in words, and nothing changes. A receipt is reversed in the
ERP as long as its settlement batch has not been added up: the batch ties out with it, not without.
A transfer and its reversal leave the batch alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.clock import business_now, wall_now
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.services import lanes
from mapping.services.links import link, unlink
from reconciliation.choices import (
    OPEN_STATES,
    BatchState,
    DecisionState,
    Reason,
    RunItemState,
)
from reconciliation.models import (
    BulkItem,
    ExceptionItem,
    ExceptionNote,
    SettlementBatch,
    Transaction,
)
from reconciliation.services.desk import snapshots
from reconciliation.services.desk.at_rate import require_undoable
from reconciliation.services.desk.duties import duty_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import PLACEMENT_REASONS, UNREADABLE_REASONS
from reconciliation.services.desk.giving_back import BESIDE
from reconciliation.services.desk.people import require_duty
from reconciliation.services.desk.sales import unlink_sale
from reconciliation.services.desk.steps import pair_of
from reconciliation.services.desk.uncorrecting import forget_correction
from reconciliation.services.desk.undo_documents import made_since, posting_back, unmake
from reconciliation.services.desk.undo_order import require_untouched
from reconciliation.services.desk.unlinking import unlink_batch
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.known import company_lock

OF_AN_ORDER: Final = (
    "What was done about an order is not undone. On its page it can be decided once more."
)
#: Nothing is left of these that could be taken back.
NO_UNDO: Final[Mapping[str, str]] = {
    "fetch_members": "The gateway was asked once more; there is nothing to take back.",
    "set_aside": "The payment was decided anew; act on what has become of it.",
    "undo": "An undo is not undone; do it again instead.",
    "link_existing": "The payer is linked, and nobody is created; change the link under Customers.",
    "not_created": "It was given up; have it created anew from the page of the payer.",
}


def undo(row: BulkItem, actor: str) -> str:
    """Take back what a run did to one exception; answers in words what came of it.

    Raises DeskError where that is not possible, and nothing has changed then.
    """
    require_duty(actor, duty_of(row.action), row.item)
    with transaction.atomic():
        locked = BulkItem.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if locked.state != RunItemState.DONE:
            state = locked.get_state_display().lower()
            raise DeskError(f"There is nothing to undo: it is {state}.")
        if locked.action in NO_UNDO:
            raise DeskError(NO_UNDO[locked.action])
        item = _locked_item(locked)
        if item.order_id is not None and locked.action not in STEPS:
            raise DeskError(OF_AN_ORDER)
        require_untouched(locked, item)
        said = f"{unlink_sale(item, actor)} " if locked.action in LINKS_SALE else ""
        if locked.action == "correct" and item.reason in UNREADABLE_REASONS:
            said += f"{forget_correction(item, actor)} "
        if locked.action == "book_at_rate" and item.transaction is not None:
            require_undoable(item.transaction)
        if locked.action == "link_batch":
            said += f"{unlink_batch(item, locked.before['last_item'], actor)} "
        said += _way_back(locked, item)(locked, item, actor)
        locked.state = RunItemState.UNDONE
        locked.save(update_fields=["state"])
        _note(item, said, actor)
        lanes.wake("deliver")
    return said


#: Actions that link a refund to its sale.
LINKS_SALE: Final = frozenset({"link_sale", "give_back"})


def _with_beside(item: ExceptionItem, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """How things stood, with the exceptions of another payment that were closed along."""
    return {**before, "items": {**before["items"], **item.details.get(BESIDE, {})}}


def _locked_item(row: BulkItem) -> ExceptionItem:
    """The item, with its payment locked first and, where there is a pair, its company."""
    item = ExceptionItem.objects.select_related(*_RELATED).get(pk=row.item_id)
    if item.transaction_id:
        Transaction.objects.select_for_update(of=("self",)).get(pk=item.transaction_id)
        transaction_lock(company_lock(pair_of(item)))
    rows = ExceptionItem.objects.select_for_update(of=("self",)).select_related(*_RELATED)
    return rows.get(pk=row.item_id)


_RELATED: Final = ("connection", "transaction__connection", "transaction__batch", "batch", "line")


#: Steps that change nothing but the exception, and what of it. What the machine did about it
#: since, it did for reasons of its own.
STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "claim": ("state", "owner", "owner_why"),
    "wait": ("due_on",),
    "map_account": ("details",),
    "map_method": ("details",),
    "mend_field": ("details",),
}


def _moved_nothing(row: BulkItem, item: ExceptionItem) -> bool:
    """Whether the action only closed exceptions: documents made since are not its."""
    if row.action == "leave_on_account":
        return item.reason in PLACEMENT_REASONS
    return row.action == "dismiss"


def _step_back(row: BulkItem, item: ExceptionItem, actor: str) -> str:
    """Before the step. Raises DeskError where the exception has come to its end by itself."""
    if item.state not in OPEN_STATES:
        raise DeskError(f"It has closed since: {item.resolution or 'its cause is gone'}")
    before = row.before["items"][str(item.pk)]
    snapshots.put(item, {name: before[name] for name in STEPS[row.action]})
    update_rows([item], STEPS[row.action])
    return "It stands as it stood before."


def _open_again(row: BulkItem, item: ExceptionItem, actor: str) -> str:
    """As they were: the exception, and what the same action closed beside it."""
    closed = Q(closed_by=row.run.actor, closed_at__lte=row.ended_at)
    _items_back(item, row.before, actor, only=closed)
    return "It stands as it stood before."


def _way_back(row: BulkItem, item: ExceptionItem) -> Callable[[BulkItem, ExceptionItem, str], str]:
    if row.action in STEPS:
        return _step_back
    return _open_again if _moved_nothing(row, item) else _take_back


def _take_back(row: BulkItem, item: ExceptionItem, actor: str) -> str:
    before, said = _with_beside(item, row.before), []
    # The documents of a linked deposit are taken back with the link.
    if row.action != "link_batch" and (made := made_since(item, before)):
        said += unmake(pair_of(item), item, made, actor)
    was_posted = posting_back(item, before, actor, said)
    if before.get("accepted") is not None and item.batch_id:
        _unaccept(item.batch_id, before["accepted"])
    _payment_back(item, before, is_held=was_posted)
    _relink(before, actor)
    closing = _opened_since(item, before)
    close_by_machine(closing, "What it came of was undone.")
    if was_posted:
        _ask_anew(item)
    else:
        _items_back(item, before, actor)
    return " ".join(said) or "It stands as it stood before."


def _unaccept(batch_id: int, accepted: str) -> None:
    batch = SettlementBatch.objects.select_for_update().get(pk=batch_id)
    if batch.accepted == accepted:
        return
    if batch.state not in (BatchState.OPEN, BatchState.CLOSED, BatchState.WAITING):
        raise DeskError(f"The batch went on with it: it is {batch.get_state_display().lower()}.")
    batch.accepted, batch.updated_at = accepted, wall_now()
    batch.save(update_fields=["accepted", "updated_at"])


def _payment_back(item: ExceptionItem, before: Mapping[str, Any], *, is_held: bool) -> None:
    if item.transaction_id is None or before["payment"] is None:
        return
    row = Transaction.objects.get(pk=item.transaction_id)
    snapshots.put(row, before["payment"])
    if is_held:
        row.decision, row.placement = DecisionState.HELD, ""
    row.updated_at = wall_now()
    row.save(update_fields=[*before["payment"], "updated_at"])


def _relink(before: Mapping[str, Any], actor: str) -> None:
    """The payer is linked to whom they were before, or to nobody."""
    was = before.get("link")
    if not was:
        return
    pair = Pair.objects.get(pk=was["pair"])
    if was["customer"]:
        link(pair, was["ref"], was["customer"], actor)
    else:
        unlink(pair, was["ref"], actor)


def _opened_since(item: ExceptionItem, before: Mapping[str, Any]) -> QuerySet[ExceptionItem]:
    since = ExceptionItem.objects.filter(pk__gt=before["last_item"], state__in=OPEN_STATES)
    return since.filter(transaction=item.transaction_id) if item.transaction_id else since.none()


def _items_back(
    item: ExceptionItem, before: Mapping[str, Any], actor: str, only: Q | None = None
) -> None:
    """The exception, and what was closed with it, as they were; of the others `only` these."""
    rows = ExceptionItem.objects.select_for_update(of=("self",)).filter(
        pk__in=[int(pk) for pk in before["items"]]
    )
    if only is not None:
        rows = rows.filter(only | Q(pk=item.pk))
    others = []
    for row in rows.order_by("pk"):
        _require_place(row)
        snapshots.put(row, before["items"][str(row.pk)])
        if row.pk != item.pk:
            others.append(row)
        update_rows([row], snapshots.OF_ITEM)
    now = wall_now()
    insert_rows(
        [
            ExceptionNote(item=row, at=now, actor=actor, action="undo", text=REOPENED)
            for row in others
        ]
    )


REOPENED: Final = "What closed it was undone."


def _require_place(row: ExceptionItem) -> None:
    again = ExceptionItem.objects.filter(
        subject=row.subject, reason=row.reason, state__in=OPEN_STATES
    )
    if again.exclude(pk=row.pk).exists():
        raise DeskError("The same is open again as another exception; work on that one.")


def _ask_anew(item: ExceptionItem) -> None:
    """The document is reversed and its payment owed as before: a person says what comes next."""
    row = item.transaction
    if row is None:
        return
    open_exceptions(
        [
            Wanted(
                reason=Reason.NOT_DECIDED,
                subject=f"transaction:{row.pk}",
                connection=row.connection,
                message="A person took its receipt back; try again to have it decided anew.",
                business_on=item.business_on,
                amount=row.amount,
                currency=row.currency,
                transaction=row,
                fact=row.last_fact,
            )
        ]
    )


def _note(item: ExceptionItem, said: str, actor: str) -> None:
    ExceptionNote.objects.create(
        item=item, at=wall_now(), actor=actor, action="undo", text=said[:400]
    )
    audit.record(
        "exception.undone",
        ("exception", str(item.pk)),
        actor=actor,
        summary=said,
        details={"reason": item.reason, "subject": item.subject},
        business_on=business_now().date(),
    )
