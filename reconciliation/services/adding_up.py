"""Add up: a closed batch whose members are all here and decided comes to a sum, and its documents
are ordered to be posted.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from audit import services as audit
from integrations.canonical import DocumentKind
from integrations.choices import PostingState
from integrations.clock import business_now, wall_now
from integrations.models import Pair, Posting
from integrations.money import Money
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import (
    OPEN_STATES,
    BatchState,
    DecisionState,
    EffectKind,
    Reason,
    TransactionKind,
    TransactionStatus,
)
from reconciliation.models import Effect, ExceptionItem, SettlementBatch
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.effects import order_posting
from reconciliation.services.pairs import for_each_pair
from reconciliation.tieout import (
    Totals,
    totals,
)

#: Batches that the gateway has reported, and documents that came after theirs was certified.
WAITING: Final = """
    EXISTS (SELECT 1 FROM reconciliation_settlementbatch
             WHERE state = 'closed' AND reported_count IS NOT NULL)
    OR EXISTS (SELECT 1 FROM integrations_posting p
                 JOIN reconciliation_effect e ON e.posting_id = p.id
                 JOIN reconciliation_settlementbatch b ON b.id = e.batch_id
                 JOIN integrations_pair r ON r.id = e.pair_id
                WHERE p.state = 'entered' AND e.kind = 'erp_batch' AND r.post_batches
                  AND b.state IN ('waiting', 'matched', 'tied_out', 'discrepant')
                  AND NOT EXISTS (SELECT 1 FROM integrations_posting s
                                   WHERE s.group_id = p.id AND s.kind = 'batch_post'))"""
#: A batch has been added up: what comes now comes late.
ADDED_UP: Final = (
    BatchState.WAITING,
    BatchState.MATCHED,
    BatchState.TIED_OUT,
    BatchState.DISCREPANT,
)

AT_ONCE: Final = 50
#: What adding up writes; what the gateway reports is the booking's to write.
SUMS: Final = (
    "sales_amount", "refunds_amount", "fee_amount", "net_amount", "state", "reasons", "updated_at",
)  # fmt: skip
#: A batch that still does not add up after this long is shown to a person.
INCOMPLETE_AFTER: Final = timedelta(days=2)

NOT_PAID: Final = (TransactionStatus.DECLINED, TransactionStatus.VOIDED)


def drain() -> int:
    """Add up a portion for every pair; answers how many batches moved."""
    return for_each_pair("adding up", lambda pair: close_batches(pair) + post_late_groups(pair))


def close_batches(pair: Pair) -> int:
    """Closed batches whose members are all here and decided: add them up, order their posting."""
    member = Q(transactions__status__in=NOT_PAID)
    undecided = Q(
        transactions__decision__in=(
            DecisionState.DUE,
            DecisionState.WAITING,
            DecisionState.HELD,
        )
    )
    rows = (
        SettlementBatch.objects.filter(
            connection=pair.gateway, state=BatchState.CLOSED, reported_count__isnull=False
        )
        .annotate(
            here=Count("transactions", filter=~member),
            undecided=Count("transactions", filter=undecided & ~member),
        )
        .order_by("closed_on", "id")
    )
    # Asked apart, so that batches that wait for something never stand before those that do not.
    complete = rows.filter(here=F("reported_count"), undecided=0)[:AT_ONCE]
    overdue = rows.exclude(here=F("reported_count")).filter(
        ~Exists(_shown_as_incomplete()), closed_at__lte=business_now() - INCOMPLETE_AFTER
    )[:AT_ONCE]
    moved = sum(_close(pair, batch) for batch in complete)
    return moved + sum(_incomplete(batch, batch.here) for batch in overdue)


def _shown_as_incomplete() -> QuerySet[ExceptionItem]:
    return ExceptionItem.objects.filter(
        batch=OuterRef("pk"), reason=Reason.BATCH_INCOMPLETE, state__in=OPEN_STATES
    )


def _close(pair: Pair, batch: SettlementBatch) -> int:
    rules = rules_in_force(pair, batch.closed_on)
    if rules is None:
        return 0
    with transaction.atomic():
        seen, batch = batch, SettlementBatch.objects.select_for_update().get(pk=batch.pk)
        if (batch.state, batch.last_fact_id) != (seen.state, seen.last_fact_id):
            return 0  # The gateway has just reported it anew: it comes again.
        own = add_up(batch, rules)
        if (own.sales.amount, own.refunds.amount) != (
            batch.reported_sales,
            batch.reported_refunds,
        ):
            return _amounts_differ(batch, own)
        batch.sales_amount = own.sales.amount
        batch.refunds_amount = own.refunds.amount
        batch.fee_amount = own.fees.amount
        batch.net_amount = own.net.amount
        batch.state = BatchState.WAITING
        batch.reasons = [
            {"reason": "bank", "message": f"Waits for the bank: {own.net} is expected."}
        ]
        batch.updated_at = wall_now()
        batch.save(update_fields=SUMS)
        close_by_machine(
            ExceptionItem.objects.filter(batch=batch, reason=Reason.BATCH_INCOMPLETE),
            "The batch adds up now.",
        )
        for group in _groups(batch):
            order_posting(pair, group)
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
    return 1


def post_late_groups(pair: Pair) -> int:
    """Documents that came after their batch was added up: their ERP batch is posted as well.

    The batch is certified anew; its ledger no longer agrees with what was added up, and says so.
    """
    sealed = Posting.objects.filter(group=OuterRef("posting"), kind=DocumentKind.BATCH_POST)
    late = Effect.objects.filter(
        kind=EffectKind.ERP_BATCH,
        pair=pair,
        posting__state=PostingState.ENTERED,
        batch__state__in=ADDED_UP,
    ).exclude(Exists(sealed))
    moved = 0
    for effect in late.select_related("posting", "batch")[:AT_ONCE]:
        with transaction.atomic():
            if effect.batch is not None and order_posting(pair, effect.posting):
                moved += SettlementBatch.objects.filter(
                    pk=effect.batch.pk, bank_amount__isnull=False
                ).update(state=BatchState.MATCHED, updated_at=wall_now())
    return moved


def _groups(batch: SettlementBatch) -> Iterable[Posting]:
    effects = batch.effects.filter(kind=EffectKind.ERP_BATCH).select_related("posting")
    return [effect.posting for effect in effects]


def add_up(batch: SettlementBatch, rules: RuleBook) -> Totals:
    """What a batch comes to by our own books and the contract's rates."""
    rows = batch.transactions.exclude(status__in=NOT_PAID).values_list(
        "kind", "amount", "currency", "method"
    )
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


def _amounts_differ(batch: SettlementBatch, own: Totals) -> int:
    message = (
        f"The gateway reports sales {batch.reported_sales} and refunds {batch.reported_refunds}; "
        f"its transactions come to {own.sales.text} and {own.refunds.text}."
    )
    return _not_adding_up(batch, message)


def _not_adding_up(batch: SettlementBatch, message: str) -> int:
    with transaction.atomic():
        return open_exceptions(
            [
                Wanted(
                    reason=Reason.BATCH_INCOMPLETE,
                    subject=f"batch:{batch.pk}",
                    connection=batch.connection,
                    message=message,
                    business_on=batch.closed_on,
                    amount=batch.reported_sales or 0 * batch.sales_amount,
                    currency=batch.currency,
                    batch=batch,
                )
            ]
        )
