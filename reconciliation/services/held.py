"""What is held or blocked by the edge below becomes an exception on the desk above."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.fields.json import KeyTextTransform

from audit import services as audit
from integrations.canonical import FactKind
from integrations.choices import FactEnd, PostingState
from integrations.clock import business_now, wall_now
from integrations.models import Fact, Posting
from reconciliation.choices import OPEN_STATES, EffectKind, Reason
from reconciliation.models import ExceptionItem, ExceptionNote, Transaction
from reconciliation.services.apart import one_by_one, together_or_apart
from reconciliation.services.desk_open import Wanted, close_by_machine
from reconciliation.services.owners import Owners

REASON_OF_CODE: Final[dict[str, str]] = {
    "period_closed": Reason.PERIOD_CLOSED,
    "period_missing": Reason.PERIOD_CLOSED,
    "content_conflict": Reason.CONTENT_CONFLICT,
    "unknown_outcome": Reason.UNKNOWN_OUTCOME,
    "attempts_exhausted": Reason.ATTEMPTS_EXHAUSTED,
}
#: Of all exceptions with a posting, these are opened and closed here; a census has its own.
REASONS: Final = frozenset(
    {
        *REASON_OF_CODE.values(),
        Reason.REFUSED_BY_ERP,
        Reason.CUSTOMER_REFUSED,
        Reason.SET_ASIDE,
    }
)
_REASONS: Final = ", ".join(f"'{reason}'" for reason in sorted(REASONS))
#: What is held and nobody has been told of, or told otherwise; exceptions whose posting went on or
#: was set aside; refused announcements without an exception, and those that are confirmed by now.
WAITING: Final = f"""
    EXISTS (SELECT 1 FROM integrations_posting p
             WHERE p.state = 'held' AND NOT EXISTS (
                   SELECT 1 FROM reconciliation_exceptionitem x
                    WHERE x.posting_id = p.id AND x.state IN ('open', 'claimed')
                      AND (x.reason = 'set_aside'
                           OR (x.reason IN ({_REASONS}) AND x.details->>'code' = p.code
                               AND (p.message = '' OR x.message = p.message)))))
    OR EXISTS (SELECT 1 FROM reconciliation_exceptionitem x
                 JOIN integrations_posting p ON p.id = x.posting_id
                WHERE x.state IN ('open', 'claimed')
                  AND (p.state = 'cancelled'
                       OR (x.reason IN ({_REASONS})
                           AND p.state IN ('entered', 'posted', 'duplicate'))))
    OR EXISTS (SELECT 1 FROM integrations_fact f
                WHERE f."end" = 'blocked' AND f.kind = 'hint' AND NOT EXISTS (
                      SELECT 1 FROM reconciliation_exceptionitem x
                       WHERE x.fact_id = f.id
                         AND (x.reason = 'hint_unconfirmed'
                              OR (x.reason = 'set_aside' AND x.state IN ('open', 'claimed')))))
    OR EXISTS (SELECT 1 FROM reconciliation_exceptionitem x
                 JOIN integrations_fact f ON f.id = x.fact_id
                 JOIN reconciliation_transaction t
                   ON t.connection_id = x.connection_id AND t.vendor_id = f.vendor_id
                WHERE x.reason = 'hint_unconfirmed' AND x.state IN ('open', 'claimed'))"""  # noqa: S608
AT_ONCE: Final = 200


def drain() -> int:
    """Open an exception for what is held or blocked, close those whose posting went on."""
    return _open() + _tell_anew() + _close() + _open_hints() + _close_hints()


def _close_hints() -> int:
    """Announcements that the vendor confirms after all: the payment is in the books by now."""
    there = Transaction.objects.filter(
        connection=OuterRef("connection"), vendor_id=OuterRef("fact__vendor_id")
    )
    confirmed = ExceptionItem.objects.filter(
        Exists(there), reason=Reason.HINT_UNCONFIRMED, state__in=OPEN_STATES
    )
    found = list(confirmed.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    if not found:
        return 0
    with transaction.atomic():
        return close_by_machine(
            ExceptionItem.objects.filter(pk__in=found), "The gateway itself shows it now."
        )


def _open_hints() -> int:
    """Announcements that the vendor's own read refused to confirm."""
    known = ExceptionItem.objects.filter(
        Q(reason=Reason.HINT_UNCONFIRMED) | Q(reason=Reason.SET_ASIDE, state__in=OPEN_STATES),
        fact=OuterRef("pk"),
    )
    blocked = list(
        Fact.objects.filter(kind=FactKind.HINT.value, end=FactEnd.BLOCKED)
        .exclude(Exists(known))
        .select_related("connection", "envelope")
        .order_by("id")[:AT_ONCE]
    )
    if not blocked:
        return 0
    return together_or_apart(blocked, _unconfirmed, _fact_set_aside)


def _fact_set_aside(fact: Fact, said: str) -> Wanted:
    return Wanted(
        reason=Reason.SET_ASIDE,
        subject=f"fact:{fact.pk}",
        connection=fact.connection,
        message=said,
        business_on=business_now().date(),
        fact=fact,
    )


def _unconfirmed(fact: Fact) -> Wanted:
    return Wanted(
        reason=Reason.HINT_UNCONFIRMED,
        subject=f"fact:{fact.pk}",
        connection=fact.connection,
        message=f"{fact.vendor_id} was announced and is not confirmed: {fact.reason}",
        business_on=fact.envelope.business_at.date(),
        fact=fact,
        details={"envelope": str(fact.envelope_id), "vendor_id": fact.vendor_id},
        suggestions=[{"action": "dismiss", "label": "There is no such payment", "value": ""}],
    )


def _open() -> int:
    known = ExceptionItem.objects.filter(
        posting=OuterRef("pk"), reason__in=REASONS, state__in=OPEN_STATES
    )
    held = list(
        Posting.objects.filter(state=PostingState.HELD)
        .exclude(Exists(known))
        .select_related("target", "effect__transaction", "effect__batch", "effect__line")
        .order_by("id")[:AT_ONCE]
    )
    if not held:
        return 0
    return together_or_apart(held, _wanted, _posting_set_aside)


def _posting_set_aside(posting: Posting, said: str) -> Wanted:
    return Wanted(
        reason=Reason.SET_ASIDE,
        subject=f"posting:{posting.pk}",
        connection=posting.target,
        message=said,
        business_on=business_now().date(),
        amount=posting.amount,
        currency=posting.currency,
        posting=posting,
        details={"code": posting.code, "key": posting.key},
    )


def _wanted(posting: Posting) -> Wanted:
    effect = posting.effect
    # No money hangs on a new customer: what the payer paid stands where it stands.
    is_customer = effect.kind == EffectKind.CUSTOMER
    refused = Reason.CUSTOMER_REFUSED if is_customer else Reason.REFUSED_BY_ERP
    reason = REASON_OF_CODE.get(posting.code, refused)
    retry = {"action": "retry", "label": "Try again", "value": ""}
    return Wanted(
        reason=reason,
        subject=f"posting:{posting.pk}",
        connection=posting.target,
        message=posting.message or f"The ERP refused it: {posting.code}.",
        business_on=effect.business_on,
        amount=posting.amount,
        currency="" if is_customer else posting.currency,
        transaction=effect.transaction,
        batch=effect.batch,
        line=effect.line,
        posting=posting,
        fact=effect.fact,
        details={
            "code": posting.code,
            "key": posting.key,
            "differences": posting.differences,
        },
        suggestions=[] if reason == Reason.CUSTOMER_REFUSED else [retry],
    )


def _tell_anew() -> int:
    """What is held again, for another reason than its open exception says, says it."""
    told = (Q(kept=F("posting__code")) & Q(message=F("posting__message"))) | Q(
        kept=F("posting__code"), posting__message=""
    )
    items = (
        ExceptionItem.objects.filter(
            posting__state=PostingState.HELD,
            reason__in=REASONS - {Reason.SET_ASIDE},
            state__in=OPEN_STATES,
        )
        .annotate(kept=KeyTextTransform("code", "details"))
        .exclude(told)
        .select_related("posting__target", "posting__effect")
        .order_by("pk")
    )
    return one_by_one(items[:AT_ONCE], _held_again, _item_set_aside)


def _held_again(item: ExceptionItem) -> int:
    """Give an item the reason that holds its posting now; call inside a transaction.

    What it said before stays in its notes.
    """
    if item.posting is None:
        raise ValueError(f"Exception {item.pk} is about no posting.")
    locked = ExceptionItem.objects.select_for_update().get(pk=item.pk)
    if locked.state not in OPEN_STATES:
        return 0  # A person has just closed it.
    now, wanted = wall_now(), _wanted(item.posting)
    before = f"It was held before: {Reason(locked.reason).label}. {locked.message}"
    locked.reason, locked.message = wanted.reason, wanted.message[:400]
    owned = Owners().of(wanted.reason, locked.connection_id, locked.amount)
    locked.owner, locked.owner_why = owned.owner, owned.why
    locked.details = {**locked.details, **wanted.details}
    locked.suggestions = list(wanted.suggestions)
    locked.save(update_fields=["reason", "message", "owner", "owner_why", "details", "suggestions"])
    ExceptionNote.objects.create(
        item=locked, at=now, actor="worker", action="held again", text=before[:400]
    )
    audit.record(
        "exception.told_anew",
        ("exception", str(locked.pk)),
        actor="worker",
        summary=locked.message,
        details={"reason": locked.reason, "before": before[:400]},
        business_on=business_now().date(),
    )
    return 1


def _item_set_aside(item: ExceptionItem, said: str) -> Wanted:
    if item.posting is None:
        raise ValueError(f"Exception {item.pk} is about no posting.")
    return _posting_set_aside(item.posting, said)


def _close() -> int:
    gone = ExceptionItem.objects.filter(
        posting__isnull=False,
        reason__in=REASONS,
        state__in=OPEN_STATES,
        posting__state__in=(
            PostingState.ENTERED,
            PostingState.POSTED,
            PostingState.DUPLICATE,
        ),
    )
    aside = ExceptionItem.objects.filter(
        posting__isnull=False, state__in=OPEN_STATES, posting__state=PostingState.CANCELLED
    )
    closed = 0
    for items, why in (
        (gone, f"Posted by {business_now().date()}."),
        (aside, "Set aside; the payment is decided anew."),
    ):
        found = list(items.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if found:
            with transaction.atomic():
                closed += close_by_machine(ExceptionItem.objects.filter(pk__in=found), why)
    return closed
