"""Deposits that no batch explains: unidentified at first, and tied when their batch comes."""

from __future__ import annotations

from typing import Final

from django.db import transaction

from audit import services as audit
from integrations.canonical import (
    BatchDraft,
    BatchPurpose,
    JournalDraft,
    JournalLineDraft,
    draft_from_json,
)
from integrations.choices import STANDING_STATES, PostingState
from integrations.models import Pair
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import BankLineState, EffectKind, Reason
from reconciliation.models import BankLine, Effect, ExceptionItem, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.deposits import Tied, side
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.orders import order_posting
from reconciliation.services.pairs import today

#: The effect that takes a stray back where its batch stands in another company's books.
REVERSAL: Final = "stray_reversal"


def book_stray(pair: Pair, line: BankLine) -> int:
    """A deposit that no batch explains is booked as unidentified and shown to a person."""
    rules = rules_in_force(pair, line.booked_on)
    if rules is None:
        return 0
    amount = Money(line.amount, line.currency)
    try:
        draft, fired = _stray_draft(pair, line, amount, rules)
    except UnmappedError as unmapped:
        return open_exceptions([about_line(line, unmapped.problem.kind.value, str(unmapped))])
    with transaction.atomic():
        _owe(
            pair,
            line,
            draft,
            rules.version_id,
            fired,
            EffectKind.STRAY_DEPOSIT.value,
            "erp-batch-stray",
        )
        line.state, line.rule = BankLineState.UNMATCHED, "no batch explains it"
        line.save(update_fields=["state", "rule"])
        said = (
            f"{amount} came in on {line.booked_on} ({line.reference or line.description}); "
            "no settlement batch explains it. It stands with the unidentified receipts."
        )
        open_exceptions([about_line(line, Reason.DEPOSIT_UNMATCHED, said)])
        audit.record(
            "bank_line.unmatched",
            ("bank_line", str(line.pk)),
            actor="worker",
            summary=f"No batch explains {amount} of {line.booked_on}.",
            business_on=line.booked_on,
        )
    return 1


def _stray_draft(
    pair: Pair, line: BankLine, amount: Money, rules: RuleBook
) -> tuple[JournalDraft, tuple[str, ...]]:
    """Bank against the unidentified receipts. Raises UnmappedError."""
    bank = rules.account(AccountRole.BANK, amount)
    unidentified = rules.account(AccountRole.UNIDENTIFIED, amount)
    reference = f"BANK-{line.pk}"
    comment = f"Unidentified deposit {line.booked_on}"
    lines = (
        side(bank.account, amount, reference, comment),
        side(unidentified.account, -amount, reference, comment),
    )
    draft = JournalDraft(pair.company, line.booked_on, comment[:50], lines)
    return draft, (bank.name, unidentified.name)


def _owe(
    pair: Pair,
    line: BankLine,
    draft: JournalDraft,
    version_id: int,
    rules: tuple[str, ...],
    name: str,
    group_name: str,
    corrects: Effect | None = None,
    leg: int = 1,
) -> None:
    """Owe a journal about a line in an ERP batch of its own, and the posting of that batch."""
    group = effects.open_group(
        pair,
        lambda leg: keys.bank_line_key(pair, line.fingerprint, group_name, leg),
        BatchDraft(pair.company, BatchPurpose.JOURNALS, draft.dated_on, draft.comment),
        version_id,
        line=line,
    )
    effect = effects.NewEffect(
        key=keys.bank_line_key(pair, line.fingerprint, name, leg),
        kind=EffectKind.STRAY_DEPOSIT,
        draft=draft,
        amount=abs(line.amount),
        version_id=version_id,
        business_on=draft.dated_on,
        rules=rules,
        group=group,
        line=line,
        fact=line.fact,
        corrects=corrects,
    )
    effects.make(pair, [effect])
    order_posting(pair, group)


def _standing(line: BankLine) -> Effect | None:
    """The effect that booked a line as unidentified; None when none did, or it was cancelled."""
    return (
        Effect.objects.filter(line=line, kind=EffectKind.STRAY_DEPOSIT, corrects__isnull=True)
        .exclude(posting__state=PostingState.CANCELLED)
        .select_related("posting", "pair__erp")
        .order_by("-id")
        .first()
    )


def can_be_tied(line: BankLine) -> bool:
    """Whether a line can be matched now: nothing was booked of it, or it stands in the ERP."""
    if line.state == BankLineState.NEW:
        return True
    effect = _standing(line)
    return effect is None or effect.posting.state in STANDING_STATES


def tie(pair: Pair, line: BankLine, batch: SettlementBatch) -> Tied | None:
    """Make an unidentified deposit ready to pay its batch; call in the match's transaction.

    In the same books its liability is what the deposit journal debits instead of the bank; in the
    books of another company it is taken back there. None for a line that was never booked.
    """
    effect = _standing(line) if line.state == BankLineState.UNMATCHED else None
    if effect is None:
        return None
    first = draft_from_json(effect.posting.draft)
    if not isinstance(first, JournalDraft):
        raise ValueError(f"{effect} is no journal.")
    liability = first.lines[-1]
    is_here = (effect.pair.erp_id, effect.pair.company) == (pair.erp_id, pair.company)
    if not is_here:
        _take_back(effect, line, first)
    close_by_machine(
        ExceptionItem.objects.filter(line=line, reason=Reason.DEPOSIT_UNMATCHED),
        f"Batch {batch.vendor_ref} explains it.",
    )
    return Tied(effect, liability.account, liability.reference, today(pair), is_here)


def _take_back(effect: Effect, line: BankLine, first: JournalDraft) -> None:
    """The same journal the other way round, dated today, in the books where it stands."""
    pair = effect.pair
    comment = f"Taken back: {first.comment}"[:50]
    lines = tuple(
        JournalLineDraft(each.account, each.credit, each.debit, each.reference, comment)
        for each in first.lines
    )
    draft = JournalDraft(pair.company, today(pair), comment, lines)
    rules = ("its batch stands in other books",)
    # Taken back before, and undone since: once more under the next key.
    leg = 1 + Effect.objects.filter(corrects=effect, kind=EffectKind.STRAY_DEPOSIT).count()
    _owe(pair, line, draft, effect.version_id, rules, REVERSAL, "erp-batch-stray-back", effect, leg)


def about_line(line: BankLine, reason: str, message: str) -> Wanted:
    return Wanted(
        reason=reason,
        subject=f"bank_line:{line.pk}",
        connection=line.connection,
        message=message,
        business_on=line.booked_on,
        amount=line.amount,
        currency=line.currency,
        line=line,
        fact=line.fact,
    )
