"""One step on an exception: lock it, see that the action fits, move it, note it, audit it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from audit import guard
from audit import services as audit
from audit.roles import Duty
from integrations.clock import business_now, wall_now
from integrations.models import Pair
from reconciliation.choices import EXCEPTION_MOVES, OPEN_STATES, ExceptionState
from reconciliation.models import ExceptionItem, ExceptionNote, Transaction
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import actions_for
from reconciliation.services.desk.people import require_duty

RELATED = ("connection", "transaction__batch", "transaction__connection", "batch", "line")


@contextmanager
def at_work(
    item: ExceptionItem, action: str, actor: str, duty: Duty = Duty.WORK_EXCEPTIONS
) -> Iterator[ExceptionItem]:
    """The item, locked, inside a transaction; the caller's copy is refreshed at the end.

    Raises DeskError when the item is closed or the action does not fit it (any more).
    """
    require_duty(actor, duty, item)
    with transaction.atomic():
        if item.transaction_id:
            # Two exceptions of one payment move the same money: one after the other.
            Transaction.objects.select_for_update(of=("self",)).get(pk=item.transaction_id)
        locked = (
            ExceptionItem.objects.select_for_update(of=("self",))
            .select_related(*RELATED)
            .get(pk=item.pk)
        )
        require_open(locked)
        if action not in actions_for(locked):
            raise DeskError("This action does not fit the exception any more.")
        yield locked
    item.refresh_from_db()


def require_open(item: ExceptionItem) -> None:
    if item.state not in OPEN_STATES:
        words = ExceptionState(item.state).label.lower()
        raise DeskError(f"The exception is {words} already: {item.resolution or 'no more to do'}")


def move(item: ExceptionItem, state: str, action: str, actor: str, text: str) -> None:
    """Move an item, with its note and its audit entry; call inside a transaction.

    What a person typed passes the card-number guard before anything is stored.
    """
    text = guard.inspect_text(text).text
    if state != item.state:
        if state not in EXCEPTION_MOVES[item.state]:
            raise DeskError(f"An exception that is {item.state} cannot become {state}.")
        item.state = state
    if state == ExceptionState.CLAIMED and action == "claim":
        item.owner = actor
    if state not in OPEN_STATES:
        item.closed_at, item.closed_by, item.resolution = wall_now(), actor, text[:400]
    item.save()
    ExceptionNote.objects.create(
        item=item, at=wall_now(), actor=actor, action=action, text=text[:400]
    )
    audit.record(
        f"exception.{action}",
        ("exception", str(item.pk)),
        actor=actor,
        summary=text,
        details={"reason": item.reason, "subject": item.subject, "state": item.state},
        business_on=business_now().date(),
    )


def resolve(item: ExceptionItem, action: str, actor: str, text: str) -> None:
    move(item, ExceptionState.RESOLVED, action, actor, text)


def pair_of(item: ExceptionItem) -> Pair:
    """The pair whose books an exception is about."""
    pairs = Pair.objects.select_related("gateway", "erp", "bank")
    connection = item.transaction.connection if item.transaction else item.connection
    if item.batch is not None:
        connection = item.batch.connection
    for role in ("gateway", "bank", "erp"):
        found = pairs.filter(**{role: connection}).order_by("-is_active", "pk").first()
        if found is not None:
            return found
    raise DeskError(f"{connection.name} belongs to no pair of gateway and ERP.")
