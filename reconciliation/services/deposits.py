"""Deposit journals: bank and fees against clearing on the value date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet

from integrations.canonical import BatchPurpose, JournalDraft, JournalLineDraft, draft_from_json
from integrations.choices import PostingState
from integrations.models import Pair
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.rulebook import RuleBook
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import BankLine, Effect, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.orders import order_posting
from reconciliation.tieout import Residual, Totals


@dataclass(frozen=True, slots=True)
class Tied:
    """Money that was booked as unidentified and turns out to be a batch's.

    `account` and `reference` are those of its liability; `on` is the day on which it is tied.
    `is_here` is False where it stood in the books of another company and was taken back there.
    """

    effect: Effect
    account: str
    reference: str
    on: date
    is_here: bool


def is_here(tied: Tied | None) -> bool:
    return tied is not None and tied.is_here


def side(account: str, amount: Money, reference: str, comment: str) -> JournalLineDraft:
    """A journal line: a positive amount is a debit, a negative one a credit."""
    zero = Money.zero(amount.currency)
    if amount < zero:
        return JournalLineDraft(account, zero, -amount, reference, comment)
    return JournalLineDraft(account, amount, zero, reference, comment)


def deposit_draft(
    pair: Pair,
    reference: str,
    value_on: date,
    own: Totals,
    paid: Money,
    rules: RuleBook,
    residual: Residual | None,
    clearing: str,
    tied: Tied | None = None,
) -> tuple[JournalDraft, tuple[str, ...]]:
    """Bank (what was paid), fees (by contract) and the named difference against clearing.

    Money that stands with the unidentified already comes from there instead of the bank.
    Raises UnmappedError when an account is not mapped.
    """
    comment = f"Card deposit {reference}"
    fired: list[str] = []
    lines: list[JournalLineDraft] = []
    roles = [(AccountRole.FEES, own.fees)]
    if tied is None:
        roles.insert(0, (AccountRole.BANK, paid))
    else:
        lines.append(side(tied.account, paid, tied.reference, comment))
    if residual:
        roles.append((AccountRole.DIFFERENCES, -residual.amount))
    for role, amount in roles:
        if amount:
            row = rules.account(role, amount)
            fired.append(row.name)
            lines.append(side(row.account, amount, reference, comment))
    if own.cleared:
        lines.append(side(clearing, -own.cleared, reference, comment))
    return JournalDraft(pair.company, value_on, comment[:50], tuple(lines)), tuple(fired)


def owe_deposit(
    pair: Pair,
    batch: SettlementBatch,
    line: BankLine | None,
    own: Totals,
    rules: RuleBook,
    residual: Residual | None,
    *,
    value_on: date | None = None,
    tied: Tied | None = None,
) -> None:
    """Owe the deposit journal of a batch and the posting of its ERP batch; in a transaction.

    With `tied` the line's money is on the books as unidentified: it is transferred today.
    """
    day = tied.on if tied else line.booked_on if line else value_on
    if day is None:
        raise ValueError("A deposit journal needs a bank line or a value date.")
    paid = Money(line.amount, line.currency) if line else Money.zero(pair.currency)
    reference = keys.settlement_ref(pair, batch.vendor_ref)
    clearing = effects.clearing_account(batch, rules)
    draft, fired = deposit_draft(
        pair, reference, day, own, paid, rules, residual, clearing, tied if is_here(tied) else None
    )
    if not draft.lines:
        return  # Nothing was paid and nothing was due.
    group = effects.erp_batch(pair, batch, "deposit", BatchPurpose.JOURNALS, day, rules.version_id)
    effects.make(
        pair,
        [
            effects.NewEffect(
                key=keys.batch_key(pair, batch.vendor_ref, EffectKind.DEPOSIT.value, _leg(batch)),
                kind=EffectKind.DEPOSIT,
                draft=draft,
                amount=sum((each.debit.amount for each in draft.lines), 0 * paid.amount),
                version_id=rules.version_id,
                business_on=day,
                rules=fired,
                group=group,
                batch=batch,
                line=line,
                fact=line.fact if line else batch.last_fact,
                corrects=tied.effect if tied else None,
            )
        ],
    )
    order_posting(pair, group)


def _leg(batch: SettlementBatch) -> int:
    """A batch that was paid by mistake, and that was undone, is paid under the next key."""
    return 1 + undone(batch).count()


def undone(batch: SettlementBatch) -> QuerySet[Effect]:
    """The deposit journals of a batch that do not count any more: cancelled, or reversed."""
    reversals = Effect.objects.filter(corrects=OuterRef("pk"), kind=EffectKind.REVERSAL)
    is_reversed = Exists(reversals.exclude(posting__state=PostingState.CANCELLED))
    return Effect.objects.filter(batch=batch, kind=EffectKind.DEPOSIT).filter(
        Q(posting__state=PostingState.CANCELLED) | Q(is_reversed)
    )


def put_back_on(batch: SettlementBatch, clearing: str) -> Decimal:
    """What deposit journals that stand in the ERP and were reversed moved on clearing and back."""
    moved = Decimal(0)
    rows = undone(batch).exclude(posting__state=PostingState.CANCELLED).select_related("posting")
    for effect in rows:
        draft = draft_from_json(effect.posting.draft)
        if isinstance(draft, JournalDraft):
            on_clearing = [line for line in draft.lines if line.account == clearing]
            moved += sum((line.debit + line.credit).amount for line in on_clearing)
    return moved
