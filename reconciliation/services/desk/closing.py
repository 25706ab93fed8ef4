"""Actions that move no money: claim, leave on account, dismiss, retry."""

from __future__ import annotations

from integrations.choices import PostingState
from integrations.errors import EdgeError
from integrations.models import Posting
from integrations.services import lanes
from integrations.services import posting_release as postings
from integrations.services.posting_owe import ContentConflictError
from reconciliation.choices import ExceptionState
from reconciliation.models import ExceptionItem
from reconciliation.services import replay
from reconciliation.services.checks import LET_THROUGH
from reconciliation.services.decide import decide_again
from reconciliation.services.desk import order_actions, rules
from reconciliation.services.desk.customers import close_placement, transaction_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import (
    AGAIN_REASONS,
    ANEW_REASONS,
    ORDER_HELD,
    POSTING_REASONS,
    UNREADABLE_REASONS,
    why_not_dismissed,
)
from reconciliation.services.desk.reading import read_once_more
from reconciliation.services.desk.refused import send_on_account
from reconciliation.services.desk.steps import at_work, move, require_open, resolve


def claim(item: ExceptionItem, actor: str) -> None:
    """Take an exception in hand; others see who works on it."""
    with at_work(item, "claim", actor) as locked:
        move(locked, ExceptionState.CLAIMED, "claim", actor, "Claimed.")


def leave_on_account(item: ExceptionItem, note: str, actor: str) -> None:
    """Close it, with what else asks where this payment's money belongs: it stays unapplied.

    A receipt whose applications the ERP refused goes on account in their stead.
    """
    with at_work(item, "leave_on_account", actor) as locked:
        said = note.strip() or "Left on account."
        if locked.reason in POSTING_REASONS:
            send_on_account(locked, said, actor)
            return
        close_placement(locked, transaction_of(locked), "leave_on_account", actor, said)


def dismiss(item: ExceptionItem, note: str, actor: str) -> None:
    """Close it with a reason; refused where the money is not on the books."""
    if not note.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    item.refresh_from_db(fields=["state", "reason", "resolution", "details"])
    require_open(item)
    if why := why_not_dismissed(item):
        raise DeskError(f"{why}: this exception cannot be dismissed.")
    with at_work(item, "dismiss", actor) as locked:
        order_actions.dismissed(locked, note.strip(), actor)
        move(locked, ExceptionState.DISMISSED, "dismiss", actor, note.strip())


def retry(item: ExceptionItem, actor: str) -> None:
    """Let a held posting go again, or have a held transaction decided again.

    The exception closes by itself once the ERP has taken the document, or when the rules that
    were missing are there.
    """
    with at_work(item, "retry", actor) as locked:
        if locked.reason in POSTING_REASONS:
            _release(locked, actor)
        elif locked.reason in UNREADABLE_REASONS:
            read_once_more(locked, actor)
        elif locked.reason in AGAIN_REASONS:
            # The drains pass over what is set aside; the next round takes it, or sets it aside.
            resolve(locked, "retry", actor, "It is tried again.")
            order_actions.decide_again(locked)
            lanes.wake("deliver")
        elif locked.reason in ORDER_HELD:
            move(locked, locked.state, "retry", actor, "It is decided once more.")
            order_actions.decide_again(locked)
        elif locked.reason in ANEW_REASONS:
            move(locked, locked.state, "retry", actor, "It is decided once more.")
            decide_again([transaction_of(locked)])
        else:
            rules.try_again(locked, actor)


def post_anyway(item: ExceptionItem, why: str, actor: str) -> None:
    """Let a payment through in spite of what the rules' checks found, and decide it again.

    It holds for this payment, these checks and this amount alone.
    """
    if not why.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    with at_work(item, "post_anyway", actor) as locked:
        if locked.reason in ORDER_HELD:
            order_actions.let_pass(locked, why.strip(), actor)
            return
        row = transaction_of(locked)
        locked.details = {**locked.details, LET_THROUGH: str(row.amount)}
        resolve(locked, "post_anyway", actor, why.strip())
        decide_again([row])


def _release(item: ExceptionItem, actor: str) -> None:
    posting = Posting.objects.select_related("target").get(exceptions=item)
    if posting.state != PostingState.HELD:
        raise DeskError(f"The posting is {posting.get_state_display().lower()} already.")
    done = replay.replay_one(posting, actor)
    move(item, item.state, "retry", actor, done)
    lanes.wake("deliver")


def send_absent_again(item: ExceptionItem, actor: str) -> None:
    """A person knows that it is not in the ERP: it is looked up once more, then sent again."""
    with at_work(item, "send_absent_again", actor) as locked:
        posting = Posting.objects.select_related("target").get(exceptions=locked)
        try:
            is_sent = postings.send_absent_again(posting, actor)
        except (EdgeError, ContentConflictError) as error:
            raise DeskError(f"It was not sent again. {error}") from error
        words = "Looked up once more and not there: sent again."
        if not is_sent:
            words = "It is in the ERP after all: not sent again, but compared and linked."
        move(locked, locked.state, "send_absent_again", actor, words)
        lanes.wake("deliver")


def set_aside(item: ExceptionItem, why: str, actor: str) -> None:
    """Take a refused document out of its ERP batch; the payment is decided anew.

    The rest of the batch is posted. Refused where the document may have reached the ERP.
    """
    if not why.strip():
        raise DeskError("Say why; the reason stays with the posting.")
    with at_work(item, "set_aside", actor) as locked:
        posting = Posting.objects.select_related("target").get(exceptions=locked)
        try:
            replay.set_aside(posting, actor, why.strip())
        except ContentConflictError as error:
            raise DeskError(f"{error} It cannot be set aside; have it looked up.") from error
        move(locked, ExceptionState.RESOLVED, "set_aside", actor, why.strip())
