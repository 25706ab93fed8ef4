"""Replay: let what is held go again, one by one or by the thousand.

What may have been posted goes through the look-up and nothing else. What never reached the target
is sent as it is, or decided again where other rules are in force on its business date by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet, Sum

from audit import services as audit
from audit.acting import require_actor
from audit.roles import Duty
from integrations.canonical import BatchPostDraft, BatchPurpose, DocumentKind
from integrations.choices import PostingState
from integrations.clock import wall_now
from integrations.locks import transaction_lock
from integrations.models import Pair, Posting
from integrations.money import Money
from integrations.services import lanes
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import amend, cancel, may_have_written, release
from mapping.services.rulesets import starts_of
from reconciliation.choices import DecisionState, EffectKind
from reconciliation.models import Transaction
from reconciliation.services.known import company_lock

AT_ONCE: Final = 500
#: So many at one press; what is left is still held, and the next press takes it.
MOST: Final = 20_000
#: Effects that a decision about one transaction makes, and can make anew.
DECIDED: Final = (EffectKind.RECEIPT, EffectKind.REFUND, EffectKind.CREDIT_MEMO)
SENT: Final = "Sent again."
LOOKED_UP: Final = "Looked up again."
DECIDED_AGAIN: Final = "Other rules are in force by now: decided again."
RELATED: Final = ("target", "effect__pair", "effect__transaction")


@dataclass(slots=True)
class Sorted:
    """Held postings by what replaying them does."""

    sent: list[Posting] = field(default_factory=list)
    looked_up: list[Posting] = field(default_factory=list)
    decided: list[Posting] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.sent) + len(self.looked_up) + len(self.decided)


@dataclass(slots=True)
class Replayed:
    """How many were sent, looked up and decided again, or will be."""

    sent: int = 0
    looked_up: int = 0
    decided: int = 0

    @property
    def count(self) -> int:
        return self.sent + self.looked_up + self.decided

    def add(self, some: Sorted) -> None:
        self.sent += len(some.sent)
        self.looked_up += len(some.looked_up)
        self.decided += len(some.decided)


class RulesOnDay:
    """Which rule set version is in force on a day, asked once for each pair."""

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[date, int]]] = {}

    def version(self, pair: Pair, day: date) -> int | None:
        if pair.pk not in self._known:
            self._known[pair.pk] = starts_of(pair)
        begun = (pk for start, pk in self._known[pair.pk] if start <= day)
        return next(begun, None)


def sort(rows: Iterable[Posting], rules: RulesOnDay) -> Sorted:
    """`rows`: held postings with RELATED and `may_have_written`."""
    found = Sorted()
    for row in rows:
        effect = getattr(row, "effect", None)
        if row.was_seen:  # type: ignore[attr-defined]  # annotated by `held`
            found.looked_up.append(row)
        elif (
            effect is not None
            and effect.kind in DECIDED
            and effect.transaction is not None
            and rules.version(effect.pair, effect.business_on) not in (None, effect.version_id)
        ):
            found.decided.append(row)
        else:
            found.sent.append(row)
    return found


def held(selection: QuerySet[Posting], upto: int | None = None) -> QuerySet[Posting]:
    """What of a selection is held, oldest first; `upto` leaves out what came after a preview."""
    rows = selection.filter(state=PostingState.HELD)
    if upto is not None:
        rows = rows.filter(pk__lte=upto)
    return rows.select_related(*RELATED).annotate(was_seen=may_have_written()).order_by("pk")


def preview(selection: QuerySet[Posting]) -> Replayed:
    """What a replay of the selection would do. Nothing is changed."""
    rules, found = RulesOnDay(), Replayed()
    rows = held(selection)[:MOST]
    chunk: list[Posting] = []
    for row in rows.iterator(AT_ONCE):
        chunk.append(row)
        if len(chunk) == AT_ONCE:
            found.add(sort(chunk, rules))
            chunk = []
    found.add(sort(chunk, rules))
    return found


def replay(selection: QuerySet[Posting], upto: int, actor: str, chosen_by: str) -> Replayed:
    """Replay all that the selection holds; each portion commits by itself.

    `chosen_by`: the filter in words, for the record.
    """
    require_actor(actor, Duty.WORK_EXCEPTIONS)
    rules, done = RulesOnDay(), Replayed()
    after = 0
    while done.count < MOST:
        rows = list(held(selection, upto).filter(pk__gt=after)[:AT_ONCE])
        if not rows:
            break
        after = rows[-1].pk
        done.add(_carry_out(rows, rules, actor))
    with transaction.atomic():
        audit.record(
            "postings.replayed",
            None,
            actor=actor,
            summary=f"{done.count} posting(s) let go again: {chosen_by}",
            details={"sent": done.sent, "looked_up": done.looked_up, "decided": done.decided},
        )
        lanes.wake("deliver")
    return done


def replay_one(posting: Posting, actor: str) -> str:
    """Replay one held posting; answers in words what was done."""
    require_actor(actor, Duty.WORK_EXCEPTIONS, ("posting", str(posting.pk)))
    rows = list(held(Posting.objects.filter(pk=posting.pk)))
    found = _carry_out(rows, RulesOnDay(), actor)
    if found.decided:
        return DECIDED_AGAIN
    return LOOKED_UP if found.looked_up else SENT


def replay_many(pks: Collection[int], actor: str) -> dict[int, str]:
    """Replay held postings in the caller's transaction; what was done, in words, by their keys.

    One that is not held any more is left alone and not answered.
    """
    rows = list(held(Posting.objects.filter(pk__in=pks)).select_for_update(of=("self",)))
    found = _carry_out(rows, RulesOnDay(), actor)
    return {
        posting.pk: said
        for postings, said in (
            (found.sent, SENT),
            (found.looked_up, LOOKED_UP),
            (found.decided, DECIDED_AGAIN),
        )
        for posting in postings
    }


def _carry_out(rows: list[Posting], rules: RulesOnDay, actor: str) -> Sorted:
    found = sort(rows, rules)
    release([*found.sent, *found.looked_up], actor)
    kept: list[Posting] = []
    for posting in found.decided:
        try:
            with transaction.atomic():
                set_aside(posting, actor, "Decided again under the rules now in force.")
            kept.append(posting)
        except ContentConflictError:
            continue  # It moved on in the meantime: another worker or person was first.
    found.decided = kept
    return found


def set_aside(posting: Posting, actor: str, why: str) -> None:
    """Cancel a posting that never reached the target and decide its transaction anew.

    Call inside a transaction. The rest of its ERP batch is posted without it. Raises
    ContentConflictError where it may have reached the target, or is not a transaction's own.
    """
    effect = posting.effect
    if effect.kind not in DECIDED or effect.transaction_id is None:
        raise ContentConflictError(f"{posting.key} is not one payment's own document.")
    transaction_lock(company_lock(effect.pair))
    cancel(posting, actor, why)
    effect.reservations.update(is_released=True)
    if posting.group is not None:
        order_the_rest(effect.pair, posting.group, actor)
    Transaction.objects.filter(pk=effect.transaction_id).update(
        decision=DecisionState.DUE, placement="", updated_at=wall_now()
    )
    lanes.wake("deliver")


def order_the_rest(pair: Pair, group: Posting, actor: str) -> None:
    """The order to post the ERP batch counts what is left in it; without anything it is void."""
    order = (
        Posting.objects.filter(group=group, kind=DocumentKind.BATCH_POST)
        .exclude(state=PostingState.CANCELLED)
        .first()
    )
    if order is None:
        return
    left = (
        Posting.objects.filter(group=group)
        .exclude(pk=order.pk)
        .exclude(state=PostingState.CANCELLED)
        .aggregate(count=Count("pk"), amount=Sum("amount"))
    )
    if not left["count"]:
        cancel(order, actor, "Nothing is left in the ERP batch.")
        return
    draft = BatchPostDraft(
        company=pair.company,
        purpose=BatchPurpose(group.draft["purpose"]),
        count=left["count"],
        amount=Money(left["amount"], pair.currency).rounded(),
    )
    amend(order, draft, left["amount"], actor)
