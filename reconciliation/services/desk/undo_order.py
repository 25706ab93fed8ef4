"""The order of undoing: what was done later about the same money is undone first."""

from __future__ import annotations

from django.db.models import Q

from reconciliation.choices import RunItemState
from reconciliation.models import BulkItem, ExceptionItem, ExceptionNote
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.giving_back import FROM


def require_untouched(row: BulkItem, item: ExceptionItem) -> None:
    """Raises DeskError, with who did what, where something later stands upon what a row did."""
    later = _worked_on_since(row, item)
    if later is not None:
        what = later.action.replace("_", " ")
        who = later.actor.removeprefix("user:")
        raise DeskError(f"Since then {who} has worked on it ({what}); undo that first.")
    if item.transaction_id is None:
        return
    # What was done later stands upon this: the same money would be taken back twice.
    same = Q(item__transaction=item.transaction_id)
    same |= Q(**{f"item__details__{FROM}": item.transaction_id})  # a refund took of its money
    later_ones = BulkItem.objects.filter(same, state=RunItemState.DONE, ended_at__gt=row.ended_at)
    beside = later_ones.exclude(item=item).exclude(action="undo")
    newest = beside.select_related("run").order_by("-ended_at", "-pk").first()
    if newest is not None:
        what, who = newest.action.replace("_", " "), newest.run.actor.removeprefix("user:")
        raise DeskError(
            f"Since then {who} has worked on the same payment ({what}, exception "
            f"{newest.item_id}); undo that first."
        )


def _worked_on_since(row: BulkItem, item: ExceptionItem) -> ExceptionNote | None:
    """The first note of work on it that still counts: not of what has been undone by now."""
    # An undo elsewhere that opened it again is no work on it.
    notes = item.notes.filter(at__gt=row.ended_at).exclude(action="undo").exclude(actor="worker")
    done = item.bulk_items.filter(ended_at__gt=row.ended_at).exclude(action="undo")
    ends = list(done.order_by("ended_at").values_list("ended_at", "run__actor", "state"))
    for note in notes.order_by("id"):
        own = (state for at, who, state in ends if who == note.actor and at and at >= note.at)
        if next(own, None) != RunItemState.UNDONE:
            return note
    return None
