"""Corrections before settlement: cancel, or reverse, the receipts of payments that changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from audit import services as audit
from integrations.bulk import update_rows
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import business_day, wall_now
from integrations.models import Fact, Pair, Posting
from integrations.money import Money
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel, unsent
from reconciliation.choices import OPEN_STATES, DecisionState, EffectKind, Reason
from reconciliation.corrections import Place, Received, Step, next_step, owed_receipt
from reconciliation.models import Effect, ExceptionItem, Reservation, Transaction
from reconciliation.services import effects
from reconciliation.services.desk_open import close_by_machine
from reconciliation.services.replay import order_the_rest
from reconciliation.services.taking_back import reversal

RECEIPTS: Final = (EffectKind.RECEIPT, EffectKind.TRANSFER)
#: Not at rest: what comes of it decides the next step of a correction.
MOVING: Final = (
    PostingState.READY,
    PostingState.WAITING,
    PostingState.SENDING,
    PostingState.UNKNOWN,
    PostingState.HELD,
)
#: What was wrong with a receipt is of no account once it is taken back.
ABOUT_THE_RECEIPT: Final = (
    Reason.INVOICE_NOT_FOUND,
    Reason.CUSTOMER_UNKNOWN,
    Reason.SEVERAL_CUSTOMERS,
    Reason.SECOND_CHARGE,
    Reason.OVERPAID,
    Reason.REFERENCE_AMBIGUOUS,
    Reason.VALIDATION_WARNED,
    Reason.RISK_FLAGGED,
    Reason.RISK_BLOCKED,
    Reason.QUESTIONED,
)


@dataclass(slots=True)
class History:
    """The receipts and transfers of one payment, and which of them are taken back."""

    effects: list[Effect] = field(default_factory=list)
    reversals: list[Effect] = field(default_factory=list)

    def counting(self) -> list[Effect]:
        """Neither cancelled nor reversed, the newest first."""
        taken_back = {reversal.corrects_id for reversal in self._live()}
        return [
            effect
            for effect in sorted(self.effects, key=lambda e: -e.pk)
            if effect.posting.state != PostingState.CANCELLED and effect.pk not in taken_back
        ]

    def is_taking_back(self) -> bool:
        return any(r.posting.state not in STANDING_STATES for r in self._live())

    def _live(self) -> list[Effect]:
        return [r for r in self.reversals if r.posting.state != PostingState.CANCELLED]


def histories(rows: Iterable[Transaction]) -> dict[int, History]:
    """By transaction, of those that have any receipt."""
    found: dict[int, History] = defaultdict(History)
    for effect in (
        Effect.objects.filter(transaction__in=rows, kind__in=(*RECEIPTS, EffectKind.REVERSAL))
        .select_related("posting", "posting__group")
        .order_by("pk")
    ):
        if effect.transaction_id is not None:
            history = found[effect.transaction_id]
            is_reversal = effect.kind == EffectKind.REVERSAL
            (history.reversals if is_reversal else history.effects).append(effect)
    return dict(found)


def at_rest(rows: QuerySet[Transaction]) -> QuerySet[Transaction]:
    """Payments under correction whose documents have all come to an end."""
    moving = Effect.objects.filter(
        transaction=OuterRef("pk"),
        kind__in=(*RECEIPTS, EffectKind.REVERSAL),
        posting__state__in=MOVING,
    )
    return rows.filter(decision=DecisionState.CORRECTING).exclude(Exists(moving))


def correct(
    pair: Pair, rows: Sequence[Transaction], found: dict[int, History]
) -> list[Transaction]:
    """Take one step for each payment that has receipts; answers those that owe a new one.

    Call inside a transaction, under `company_lock`.
    """
    free = unsent(e.posting for history in found.values() for e in history.counting())
    again: list[Transaction] = []
    done: list[Transaction] = []
    steps: dict[str, str] = {}
    for row in rows:
        history = found[row.pk]
        step = _step(row, history, free)
        steps[row.vendor_id] = step
        why = f"The gateway says that it is {row.status}, before it was sent."
        if step is Step.CANCEL and cancel_unsent(pair, row, history, free, why):
            history = histories([row])[row.pk]
            step = _step(row, history, unsent(e.posting for e in history.counting()))
        if step is Step.REVERSE:
            _reverse(pair, row, history)
        if step is Step.OWE:
            again.append(row)
            continue
        _note(row, step, history)
        done.append(row)
    update_rows(done, ["decision", "decided_rule", "placement", "customer_id", "updated_at"])
    audit.record(
        "transactions.corrected",
        ("pair", str(pair.pk)),
        actor="worker",
        summary=f"{len(rows)} transaction(s) that had receipts looked at again.",
        details={"steps": steps},
    )
    return again


def owed(row: Transaction) -> Money | None:
    """What a payment's receipts have to come to; None where there must not be any."""
    amount = Money(row.amount, row.currency)
    return owed_receipt(row.kind, row.status, amount, is_settled=row.batch_id is not None)


def _step(row: Transaction, history: History, free: set[int]) -> Step:
    received = [
        Received(
            amount=Money(effect.posting.amount, effect.posting.currency),
            place=_place(effect.posting, free),
            is_transfer=effect.kind == EffectKind.TRANSFER,
        )
        for effect in history.counting()
    ]
    return next_step(owed(row), received, is_taking_back=history.is_taking_back())


def _place(posting: Posting, free: set[int]) -> Place:
    if posting.state in STANDING_STATES:
        return Place.STANDING
    return Place.UNSENT if posting.pk in free else Place.IN_DOUBT


def _note(row: Transaction, step: Step, history: History) -> None:
    waits = step in (Step.WAIT, Step.CANCEL) or (step is Step.REVERSE and owed(row) is not None)
    if waits:
        row.decision = DecisionState.CORRECTING
    else:
        row.decision = DecisionState.POSTED_AS
        is_gone = step is Step.NOTHING or step is Step.REVERSE
        if is_gone and not history.reversals and step is Step.NOTHING:
            row.decision = DecisionState.NOTHING
        if is_gone:
            row.decided_rule, row.placement, row.customer_id = f"{row.status}: taken back", "", ""
    row.updated_at = wall_now()


# --- cancelling -----------------------------------------------------------------------------


def cancel_unsent(pair: Pair, row: Transaction, history: History, free: set[int], why: str) -> bool:
    """Cancel the receipts that have not been sent; answers whether all of them were."""
    unsent_ones = [e for e in history.counting() if e.posting_id in free]
    gone = []
    for effect in unsent_ones:
        try:
            with transaction.atomic():
                cancel(effect.posting, "worker", why)
                if effect.posting.group is not None:
                    order_the_rest(pair, effect.posting.group, "worker")
        except ContentConflictError:
            continue  # A worker has just claimed it: what comes of that is waited for.
        gone.append(effect)
    _release(row, gone)
    return len(gone) == len(unsent_ones)


def _release(row: Transaction, taken_back: Sequence[Effect]) -> None:
    """What was reserved is free again, and what was wrong with the receipts is wrong no more."""
    Reservation.objects.filter(effect__in=taken_back).update(is_released=True)
    later = Effect.objects.filter(corrects__in=taken_back, kind=EffectKind.APPLICATION)
    Reservation.objects.filter(effect__in=later).update(is_released=True)
    close_by_machine(
        ExceptionItem.objects.filter(
            transaction=row, reason__in=ABOUT_THE_RECEIPT, state__in=OPEN_STATES
        ),
        "Its receipt is taken back.",
    )


# --- reversing ------------------------------------------------------------------------------


def _reverse(pair: Pair, row: Transaction, history: History) -> None:
    """Owe the reversal of every receipt that counts, the newest first."""
    fact = Fact.objects.select_related("envelope").get(pk=row.last_fact_id)
    day = row.settled_on or business_day(fact.envelope.business_at, pair.time_zone)
    counting = history.counting()
    wanted = [
        reversal(
            pair,
            effect,
            dated_on=day,
            comment=f"Card payment {row.vendor_id} {row.status}",
            because=f"taken back: {row.status} before settlement",
            group=effects.day_batch(pair, day, _debited(effect), effect.version_id),
            transaction=row,
            fact=fact,
        )
        for effect in counting
    ]
    made = effects.make(pair, wanted)
    history.reversals += made.values()
    _release(row, counting)


def _debited(effect: Effect) -> str:
    """The account that a receipt's ERP batch debits."""
    if effect.posting.group is None:
        raise ValueError(f"{effect.key} stands in no ERP batch.")
    return str(effect.posting.group.draft["deposit_account"])
