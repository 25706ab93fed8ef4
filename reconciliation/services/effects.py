"""Make effects: a posting, the rule version and the fact that owe it, and what it reserves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from integrations.bulk import insert_new, insert_rows
from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPurpose,
    DocumentKind,
    Draft,
)
from integrations.choices import FINAL_STATES, PostingState
from integrations.clock import wall_now
from integrations.models import Connection, Fact, Pair, Posting
from integrations.money import Money
from integrations.services.posting_owe import Owed, owe
from mapping.choices import AccountRole
from mapping.rulebook import RuleBook
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import (
    BankLine,
    Effect,
    Order,
    Reservation,
    SettlementBatch,
    Transaction,
)


@dataclass(slots=True)
class NewEffect:
    """An effect to make. `amount` is a magnitude; `group` the ERP batch that it goes into;
    `after` the key of the effect that has to stand in the ERP before it;
    `corrects` the effect that it corrects."""

    key: str
    kind: str
    draft: Draft
    amount: Decimal
    version_id: int
    business_on: date
    rules: Sequence[str] = ()
    group: Posting | None = None
    after: str = ""
    transaction: Transaction | None = None
    batch: SettlementBatch | None = None
    line: BankLine | None = None
    order: Order | None = None
    fact: Fact | None = None
    applications: Sequence[ApplicationDraft] = field(default_factory=tuple)
    corrects: Effect | None = None


def make(pair: Pair, wanted: Sequence[NewEffect]) -> dict[str, Effect]:
    """Make effects with their postings, once for each key; call inside a transaction."""
    if not wanted:
        return {}
    postings = owe(
        [
            Owed(
                key=one.key,
                target=pair.erp,
                company=pair.company,
                draft=one.draft,
                amount=abs(one.amount),
                currency=pair.currency,
                group=one.group,
                after=one.after,
            )
            for one in wanted
        ]
    )
    now = wall_now()
    rows = [
        Effect(
            pair=pair,
            key=one.key,
            kind=one.kind,
            transaction=one.transaction,
            batch=one.batch,
            line=one.line,
            order=one.order,
            fact=one.fact,
            version_id=one.version_id,
            rules=list(one.rules),
            posting=postings[one.key],
            corrects=one.corrects,
            business_on=one.business_on,
            created_at=now,
        )
        for one in wanted
    ]
    fresh = {effect.key: effect for effect in insert_new(rows, "key")}
    known = [one.key for one in wanted if one.key not in fresh]
    made = {e.key: e for e in Effect.objects.filter(key__in=known)} | fresh if known else fresh
    insert_rows(
        [
            Reservation(
                effect=made[one.key],
                company=pair.company,
                item_key=application.item_key,
                document_no=application.document_no,
                amount=application.amount.amount,
            )
            for one in wanted
            if one.key in fresh
            for application in one.applications
        ]
    )
    return made


@dataclass(frozen=True, slots=True)
class Made:
    """What transactions have led to already, by transaction and kind."""

    live: frozenset[tuple[int, str]]
    cancelled: Mapping[tuple[int, str], int]

    def leg(self, row: Transaction, kind: str) -> int | None:
        """The leg of the next effect of this kind; None where one stands or is on its way."""
        place = (row.pk, str(kind))
        return None if place in self.live else self.cancelled.get(place, 0) + 1


def made_of(rows: Sequence[Transaction]) -> Made:
    """What was posted is never decided again; what was set aside or reversed has a next leg."""
    reversal = Effect.objects.filter(corrects=OuterRef("pk"), kind=EffectKind.REVERSAL)
    found = (
        Effect.objects.filter(transaction__in=rows, corrects__isnull=True)
        .annotate(is_reversed=Exists(reversal.exclude(posting__state=PostingState.CANCELLED)))
        .values_list("transaction_id", "kind", "posting__state", "is_reversed")
    )
    cancelled: Counter[tuple[int, str]] = Counter()
    live: set[tuple[int, str]] = set()
    for pk, kind, state, is_reversed in found:
        if state == PostingState.CANCELLED or is_reversed:
            cancelled[pk, kind] += 1
        else:
            live.add((pk, kind))
    return Made(frozenset(live), cancelled)


def open_group(
    pair: Pair,
    key_of_leg: Callable[[int], str],
    draft: BatchDraft,
    version_id: int,
    *,
    batch: SettlementBatch | None = None,
    line: BankLine | None = None,
    transaction: Transaction | None = None,
    by_account: bool = False,
) -> Posting:
    """The open ERP batch under a key: the newest leg that is not sealed, else a new one.

    A batch is sealed once its posting has been ordered; what comes later opens the next leg.
    `by_account`: so does what debits another account.
    """
    leg = 1
    while known := Posting.objects.filter(key=key_of_leg(leg)).first():
        is_ours = not by_account or known.draft["deposit_account"] == draft.deposit_account
        if is_ours and not is_sealed(known):
            return known
        leg += 1
    key = key_of_leg(leg)
    effect = NewEffect(
        key=key,
        kind=EffectKind.ERP_BATCH,
        draft=draft,
        amount=Decimal(0),
        version_id=version_id,
        business_on=draft.posting_on,
        batch=batch,
        line=line,
        transaction=transaction,
        fact=batch.last_fact if batch else line.fact if line else _fact_of(transaction),
    )
    return make(pair, [effect])[key].posting


def _fact_of(row: Transaction | None) -> Fact | None:
    return row.last_fact if row else None


def erp_batch(
    pair: Pair,
    batch: SettlementBatch,
    name: str,
    purpose: BatchPurpose,
    posting_on: date,
    version_id: int,
    deposit_account: str = "",
) -> Posting:
    """The open ERP batch for one sort of documents of a settlement batch."""
    draft = BatchDraft(
        company=pair.company,
        purpose=purpose,
        posting_on=posting_on,
        comment=f"{keys.settlement_ref(pair, batch.vendor_ref)} {name}"[:50],
        deposit_account=deposit_account,
    )
    return open_group(
        pair,
        lambda leg: keys.batch_key(pair, batch.vendor_ref, f"erp-batch-{name}", leg),
        draft,
        version_id,
        batch=batch,
    )


def day_batch(pair: Pair, day: date, deposit_account: str, version_id: int) -> Posting:
    """The open ERP batch for the receipts of payments that were captured on a day.

    Receipts that debit another clearing account have a batch of their own.
    """
    draft = BatchDraft(
        company=pair.company,
        purpose=BatchPurpose.RECEIPTS,
        posting_on=day,
        comment=f"{keys.transit_ref(pair, day)} receipts"[:50],
        deposit_account=deposit_account,
    )
    return open_group(
        pair,
        lambda leg: keys.day_key(pair, day, "erp-batch-receipts", leg),
        draft,
        version_id,
        by_account=True,
    )


def invoices_batch(pair: Pair, shop: Connection, day: date, version_id: int) -> Posting:
    """The open ERP batch for the invoices of the orders of a day."""
    draft = BatchDraft(
        company=pair.company,
        purpose=BatchPurpose.INVOICES,
        posting_on=day,
        comment=f"{shop.account} orders {day.isoformat()}"[:50],
    )
    return open_group(pair, lambda leg: keys.invoices_key(pair, shop, day, leg), draft, version_id)


def clearing_account(batch: SettlementBatch, rules: RuleBook) -> str:
    """The account that the batch's receipts debit, else the one that the rules name for all.

    Raises UnmappedError when neither says it.
    """
    opened = batch.effects.filter(
        kind=EffectKind.ERP_BATCH, posting__draft__purpose=BatchPurpose.RECEIPTS
    ).select_related("posting")
    for effect in opened.order_by("id"):
        if effect.posting.draft["deposit_account"]:
            return str(effect.posting.draft["deposit_account"])
    zero = Money.zero(batch.currency)
    return rules.account(AccountRole.CLEARING, zero).account


def is_sealed(group: Posting) -> bool:
    """Whether its posting has been ordered here, or done by a bookkeeper in the ERP.

    One that was closed without a document is not opened again.
    """
    if group.state in (*FINAL_STATES, PostingState.CANCELLED):
        return True
    ordered = Posting.objects.filter(group=group, kind=DocumentKind.BATCH_POST)
    return ordered.exclude(state=PostingState.CANCELLED).exists()
