"""Add up: a closed batch whose members are all here and decided comes to a sum, and its documents
are ordered to be posted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import (
    Count,
    DecimalField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce

from audit import services as audit
from integrations.canonical import DocumentKind
from integrations.choices import PostingState
from integrations.clock import business_now, wall_now
from integrations.models import Pair, Posting
from integrations.money import Money
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import (
    ADDED_UP,
    NOT_PAID,
    OPEN_STATES,
    BatchState,
    DecisionState,
    EffectKind,
    Reason,
    TransactionKind,
)
from reconciliation.lifecycle import moved as moved_to
from reconciliation.models import Effect, ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import transit
from reconciliation.services.apart import is_set_aside, one_by_one
from reconciliation.services.batch_changes import as_seen
from reconciliation.services.desk_open import (
    Wanted,
    about_batch,
    close_by_machine,
    open_exceptions,
    open_or_tell_anew,
)
from reconciliation.services.orders import order_posting
from reconciliation.services.pairs import for_each_pair
from reconciliation.services.residuals import (
    at_stake,
    figures_row,
    named_difference,
    not_as_reported,
    reason_row,
    residual_wanted,
    standing_rows,
)
from reconciliation.tieout import Totals, totals

#: Batches that the gateway has reported, those that did not come to it any more, and documents
#: that came after theirs was certified.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch
             WHERE state = 'closed' AND reported_count IS NOT NULL)
    OR EXISTS (SELECT 1 FROM reconciliation_settlementbatch
                WHERE state = 'discrepant' AND reasons @> '[{"reason": "figures_changed"}]')
    OR EXISTS (SELECT 1 FROM integrations_posting p
                 JOIN reconciliation_effect e ON e.posting_id = p.id
                 JOIN reconciliation_settlementbatch b ON b.id = e.batch_id
                 JOIN integrations_pair r ON r.id = e.pair_id
                WHERE p.state = 'entered' AND e.kind = 'erp_batch' AND r.post_batches
                  AND b.state IN ('waiting', 'matched', 'tied_out', 'discrepant')
                  AND NOT EXISTS (SELECT 1 FROM integrations_posting s
                                   WHERE s.group_id = p.id AND s.kind = 'batch_post'
                                     AND s.state <> 'cancelled'))"""
AT_ONCE: Final = 50
#: What adding up writes; what the gateway reports is the booking's to write.
SUMS: Final = (
    "sales_amount", "refunds_amount", "fee_amount", "net_amount", "residual", "state", "reasons",
    "updated_at",
)  # fmt: skip
#: A batch that still does not add up after this long is shown to a person.
INCOMPLETE_AFTER: Final = timedelta(days=2)


def drain() -> int:
    """Add up a portion for every pair; answers how many batches moved."""
    return for_each_pair("adding up", lambda pair: close_batches(pair) + post_late_groups(pair))


def close_batches(pair: Pair) -> int:
    """Closed batches whose members are all here and decided: add them up, order their posting.

    A batch that is paid already and reported anew is added up whatever its members come to: the
    certificate that stands is not true any more.
    """
    rows = _counted(pair)
    closed = rows.filter(state=BatchState.CLOSED)
    as_told = Q(here=F("reported_count"), undecided=0)
    # Asked apart, so that batches that wait for something never stand before those that do not.
    ready = [
        closed.filter(as_told | ~Q(accepted=""), undecided=0),
        closed.filter(bank_amount__isnull=False, due=0).exclude(as_told),
        rows.filter(
            as_told,
            state=BatchState.DISCREPANT,
            reasons__contains=[{"reason": Reason.FIGURES_CHANGED.value}],
            sold=F("reported_sales"),
            refunded=F("reported_refunds"),
        ),
    ]
    overdue = closed.exclude(here=F("reported_count")).filter(
        ~Exists(_shown_as_incomplete()),
        bank_amount__isnull=True,
        accepted="",
        closed_at__lte=business_now() - INCOMPLETE_AFTER,
    )[:AT_ONCE]
    found = [batch for portion in ready for batch in portion[:AT_ONCE]]
    moved = one_by_one(found, lambda batch: _close(pair, batch), _set_aside)
    return moved + one_by_one(overdue, lambda batch: _incomplete(batch, batch.here), _set_aside)


def _counted(pair: Pair) -> QuerySet[Any]:
    """Reported batches with what their members come to; `due` is about to be decided."""
    soon = (DecisionState.DUE, DecisionState.CORRECTING)
    waits = (*soon, DecisionState.WAITING, DecisionState.HELD)
    paid = ~Q(transactions__status__in=NOT_PAID)
    refund = Q(transactions__kind=TransactionKind.REFUND)
    none = Value(Decimal(0), DecimalField())
    return (
        SettlementBatch.objects.filter(connection=pair.gateway, reported_count__isnull=False)
        .exclude(is_set_aside("batch"))
        .annotate(
            here=Count("transactions", filter=paid),
            undecided=Count("transactions", filter=Q(transactions__decision__in=waits) & paid),
            due=Count("transactions", filter=Q(transactions__decision__in=soon) & paid),
            sold=Coalesce(Sum("transactions__amount", filter=paid & ~refund), none),
            refunded=Coalesce(Sum("transactions__amount", filter=paid & refund), none),
        )
        .order_by("closed_on", "id")
    )


def _set_aside(batch: SettlementBatch, said: str) -> Wanted:
    return about_batch(batch, Reason.SET_ASIDE, said)


def _shown_as_incomplete() -> QuerySet[ExceptionItem]:
    return ExceptionItem.objects.filter(
        batch=OuterRef("pk"), reason=Reason.BATCH_INCOMPLETE, state__in=OPEN_STATES
    )


def _close(pair: Pair, seen: SettlementBatch) -> int:
    """Add one batch up; call inside a transaction. Answers whether anything came of it."""
    rules = rules_in_force(pair, seen.closed_on)
    if rules is None:
        said = f"No rule set of {pair.name} is in force on {seen.closed_on}."
        return open_exceptions([about_batch(seen, Reason.RULES_MISSING, said)])
    batch = as_seen(seen)
    if batch is None:
        return 0  # The gateway has just reported it anew: it comes again.
    own = add_up(batch, rules)
    differs = not_as_reported(batch, own, members_of(batch).count())
    if batch.bank_amount is not None:
        _match_anew(batch, own, differs)
    elif differs and not batch.accepted:
        return _not_adding_up(batch, differs)
    else:
        _await_the_bank(batch, own)
    _write_sums(batch, own)
    transit.owe_settlement(pair, batch, rules)
    for group in _groups(batch):
        order_posting(pair, group)
    return 1


def _await_the_bank(batch: SettlementBatch, own: Totals) -> None:
    batch.state = moved_to(batch.state, BatchState.WAITING)
    batch.reasons = [
        {"reason": "bank", "message": f"Waits for the bank: {own.net} is expected."},
        *standing_rows(batch, own),
    ]


def _match_anew(batch: SettlementBatch, own: Totals, differs: str) -> None:
    """A batch that is paid already goes on to its next certificate, with what differs now."""
    paid = Money(batch.bank_amount or Decimal(0), batch.currency)
    residual = named_difference(batch, own, paid)
    batch.state = moved_to(batch.state, BatchState.MATCHED)
    batch.residual = abs(residual.amount.amount) if residual else 0 * paid.amount
    batch.reasons = [reason_row(residual)] if residual else []
    batch.reasons += standing_rows(batch, own)
    if differs and not batch.accepted:
        batch.reasons.append(figures_row(batch, own, differs))
    about_the_bank = (Reason.FEE_DIFFERS, Reason.DEPOSIT_DIFFERS)
    gone = [reason for reason in about_the_bank if not residual or reason != residual.reason]
    close_by_machine(
        ExceptionItem.objects.filter(batch=batch, reason__in=gone),
        "The batch comes to another sum now.",
    )
    if residual:
        open_or_tell_anew([residual_wanted(batch, None, residual)])


def _write_sums(batch: SettlementBatch, own: Totals) -> None:
    batch.sales_amount = own.sales.amount
    batch.refunds_amount = own.refunds.amount
    batch.fee_amount = own.fees.amount
    batch.net_amount = own.net.amount
    batch.updated_at = wall_now()
    batch.save(update_fields=SUMS)
    close_by_machine(
        ExceptionItem.objects.filter(batch=batch, reason=Reason.BATCH_INCOMPLETE),
        "The batch adds up now." if not batch.accepted else "Accepted as it is.",
    )
    audit.record(
        "batch.added_up",
        ("batch", str(batch.pk)),
        actor="worker",
        summary=f"Batch {batch.vendor_ref}: {own.net} is due from the bank.",
        details={
            "sales": own.sales.text,
            "refunds": own.refunds.text,
            "fees": own.fees.text,
            "net": own.net.text,
        },
        business_on=batch.closed_on,
    )


def post_late_groups(pair: Pair) -> int:
    """Documents that came after their batch was added up: their ERP batch is posted as well.

    The batch is certified anew; its ledger no longer agrees with what was added up, and says so.
    """
    sealed = Posting.objects.filter(
        group=OuterRef("posting"), kind=DocumentKind.BATCH_POST
    ).exclude(state=PostingState.CANCELLED)
    late = (
        Effect.objects.filter(
            kind=EffectKind.ERP_BATCH,
            pair=pair,
            posting__state=PostingState.ENTERED,
            batch__state__in=ADDED_UP,
        )
        .exclude(Exists(sealed))
        .exclude(
            Exists(
                ExceptionItem.objects.filter(
                    batch=OuterRef("batch"), reason=Reason.SET_ASIDE, state__in=OPEN_STATES
                )
            )
        )
        # An order that is not given (no documents in it) never stands before one that is.
        .annotate(members=Count("posting__members"))
        .filter(members__gt=0)
        .select_related("posting", "batch__connection")
        .order_by("id")
    )
    return one_by_one(late[:AT_ONCE], lambda effect: _post_late(pair, effect), _late_set_aside)


def _post_late(pair: Pair, effect: Effect) -> int:
    batch = effect.batch
    if batch is None or not order_posting(pair, effect.posting):
        return 0
    return SettlementBatch.objects.filter(
        pk=batch.pk, state__in=ADDED_UP, bank_amount__isnull=False
    ).update(state=BatchState.MATCHED, updated_at=wall_now())


def _late_set_aside(effect: Effect, said: str) -> Wanted:
    if effect.batch is None:
        raise ValueError(f"{effect} belongs to no settlement batch.")
    return about_batch(effect.batch, Reason.SET_ASIDE, said)


def _groups(batch: SettlementBatch) -> Iterable[Posting]:
    effects = batch.effects.filter(kind=EffectKind.ERP_BATCH).select_related("posting")
    return [effect.posting for effect in effects]


def members_of(batch: SettlementBatch) -> QuerySet[Transaction]:
    """The transactions that count in a batch: those that moved money."""
    return batch.transactions.exclude(status__in=NOT_PAID)


def add_up(batch: SettlementBatch, rules: RuleBook) -> Totals:
    """What a batch comes to by our own books and the contract's rates."""
    rows = members_of(batch).values_list("kind", "amount", "currency", "method")
    sales, refunds = [], []
    for kind, number, currency, method in rows:
        amount = Money(number, currency)
        if kind == TransactionKind.REFUND:
            refunds.append(amount)
        else:
            sales.append((amount, rules.fee(amount, method)[0]))
    return totals(sales, refunds, batch.currency)


def added_up(batch: SettlementBatch) -> Totals:
    """What a batch came to when it was added up."""
    return Totals(
        sales=Money(batch.sales_amount, batch.currency),
        refunds=Money(batch.refunds_amount, batch.currency),
        fees=Money(batch.fee_amount, batch.currency),
    )


def _incomplete(batch: SettlementBatch, here: int) -> int:
    message = f"The gateway reports {batch.reported_count} transaction(s), {here} are here."
    return _not_adding_up(batch, message)


def _not_adding_up(batch: SettlementBatch, message: str) -> int:
    wanted = about_batch(batch, Reason.BATCH_INCOMPLETE, message)
    wanted.amount = at_stake(batch)
    return open_exceptions([wanted])
