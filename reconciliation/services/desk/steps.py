"""One step on an exception: lock it, see that the action fits, move it, note it, audit it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from audit import guard
from audit import services as audit
from audit.roles import Duty
from integrations.bulk import insert_rows, update_rows
from integrations.clock import business_now, wall_now
from integrations.models import Pair
from reconciliation.choices import EXCEPTION_MOVES, OPEN_STATES, ExceptionState
from reconciliation.models import ExceptionItem, ExceptionNote, Order, Transaction
from reconciliation.services.desk import limits
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import actions_for
from reconciliation.services.desk.people import require_duty

RELATED = (
    "connection", "transaction__batch", "transaction__connection", "batch", "line", "posting",
    "order",
)  # fmt: skip
UNFIT: Final = "This action does not fit the exception any more."
#: What a step changes of an item.
MOVING: Final = (
    "state",
    "owner",
    "owner_why",
    "closed_at",
    "closed_by",
    "resolution",
    "details",
    "amount",
    "due_on",
)


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
        if item.order_id:
            # As those who decide it do: the order first, then what is said of it.
            Order.objects.select_for_update(of=("self",)).get(pk=item.order_id)
        locked = (
            ExceptionItem.objects.select_for_update(of=("self",))
            .select_related(*RELATED)
            .get(pk=item.pk)
        )
        require_open(locked)
        if action not in actions_for(locked):
            raise DeskError(UNFIT)
        limits.require_for(action, locked.amount, locked.currency)
        yield locked
    item.refresh_from_db()


def locked_many(pks: Iterable[int], action: str) -> tuple[list[ExceptionItem], dict[int, str]]:
    """Items, locked in their order, that an action fits; of the others, why it does not.

    As `at_work`, for many at once: call inside a transaction, after the duty was asked for.
    """
    asked = ExceptionItem.objects.filter(pk__in=list(pks))
    payments = asked.filter(transaction__isnull=False).values("transaction_id")
    list(Transaction.objects.select_for_update().filter(pk__in=payments).order_by("pk"))
    orders = asked.filter(order__isnull=False).values("order_id")
    list(Order.objects.select_for_update().filter(pk__in=orders).order_by("pk"))
    fit: list[ExceptionItem] = []
    refused: dict[int, str] = {}
    for item in asked.select_for_update(of=("self",)).select_related(*RELATED).order_by("pk"):
        try:
            require_open(item)
            if action not in actions_for(item):
                raise DeskError(UNFIT)
            limits.require_for(action, item.amount, item.currency)
        except DeskError as error:
            refused[item.pk] = str(error)
        else:
            fit.append(item)
    return fit, refused


def require_open(item: ExceptionItem) -> None:
    if item.state not in OPEN_STATES:
        words = ExceptionState(item.state).label.lower()
        raise DeskError(f"The exception is {words} already: {item.resolution or 'no more to do'}")


@dataclass(frozen=True, slots=True)
class Move:
    """One item's step to be written: where it goes, what was done, by whom, in which words."""

    item: ExceptionItem
    state: str
    action: str
    actor: str
    text: str


def move(item: ExceptionItem, state: str, action: str, actor: str, text: str) -> None:
    """Move an item, with its note and its audit entry; call inside a transaction."""
    move_many([Move(item, state, action, actor, text)])


def move_many(moves: Sequence[Move]) -> None:
    """Move items, each with its note and its audit entry; call inside a transaction.

    What a person typed passes the card-number guard before anything is stored.
    """
    now, guarded = wall_now(), {text: guard.inspect_text(text).text for text in _texts(moves)}
    for one in moves:
        _step(one, guarded[one.text], now)
    update_rows([one.item for one in moves], MOVING)
    insert_rows(
        [
            ExceptionNote(
                item=one.item,
                at=now,
                actor=one.actor,
                action=one.action,
                text=guarded[one.text][:400],
            )
            for one in moves
        ]
    )
    today = business_now().date()
    audit.record_many(
        audit.EntryDraft(
            f"exception.{one.action}",
            ("exception", str(one.item.pk)),
            actor=one.actor,
            summary=guarded[one.text],
            details={
                "reason": one.item.reason, "subject": one.item.subject, "state": one.item.state,
            },
            business_on=today,
        )
        for one in moves
    )  # fmt: skip


def _texts(moves: Sequence[Move]) -> set[str]:
    return {one.text for one in moves}


def _step(one: Move, text: str, now: datetime) -> None:
    item = one.item
    if one.state != item.state:
        if one.state not in EXCEPTION_MOVES[item.state]:
            raise DeskError(f"An exception that is {item.state} cannot become {one.state}.")
        item.state = one.state
    if one.state == ExceptionState.CLAIMED and one.action == "claim":
        item.owner, item.owner_why = one.actor, "Claimed it"
    if one.state not in OPEN_STATES:
        item.closed_at, item.closed_by, item.resolution = now, one.actor, text[:400]


def reopen(item: ExceptionItem, actor: str) -> None:
    """Open what is closed, because more is to be done about the same money; in a transaction.

    Raises DeskError where the same is open again by itself.
    """
    same = ExceptionItem.objects.filter(subject=item.subject, reason=item.reason)
    if same.filter(state__in=OPEN_STATES).exists():
        raise DeskError("The same is open again as another exception; work on that one.")
    before = f"It was {item.get_state_display().lower()}: {item.resolution}"
    item.state, item.closed_at, item.closed_by, item.resolution = ExceptionState.OPEN, None, "", ""
    move(item, ExceptionState.OPEN, "reopen", actor, before)


def resolve(item: ExceptionItem, action: str, actor: str, text: str) -> None:
    move(item, ExceptionState.RESOLVED, action, actor, text)


def pair_of(item: ExceptionItem) -> Pair:
    """The pair whose books an exception is about."""
    pairs = Pair.objects.select_related("gateway", "erp", "bank")
    connection = item.transaction.connection if item.transaction else item.connection
    if item.batch is not None:
        connection = item.batch.connection
    for role in ("gateway", "bank", "orders", "erp"):
        found = pairs.filter(**{role: connection}).order_by("-is_active", "pk").first()
        if found is not None:
            return found
    raise DeskError(f"{connection.name} belongs to no payment route.")
