"""Deposit journals: bank and fees against clearing on the value date; strays to unidentified."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from audit import services as audit
from integrations.canonical import BatchDraft, BatchPurpose, JournalDraft, JournalLineDraft
from integrations.models import Pair
from integrations.money import Money
from mapping.choices import AccountRole
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import BankLineState, EffectKind, Reason
from reconciliation.models import BankLine, SettlementBatch
from reconciliation.services import effects
from reconciliation.services.desk_open import Wanted, open_exceptions
from reconciliation.tieout import Residual, Totals


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
) -> tuple[JournalDraft, tuple[str, ...]]:
    """Bank (what was paid), fees (by contract) and the named difference against clearing.

    Raises UnmappedError when an account is not mapped.
    """
    comment = f"Card deposit {reference}"
    roles = [(AccountRole.BANK, paid), (AccountRole.FEES, own.fees)]
    if residual:
        roles.append((AccountRole.DIFFERENCES, -residual.amount))
    fired, lines = [], []
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
) -> None:
    """Owe the deposit journal of a batch and the posting of its ERP batch; in a transaction."""
    day = line.booked_on if line else value_on
    if day is None:
        raise ValueError("A deposit journal needs a bank line or a value date.")
    paid = Money(line.amount, line.currency) if line else Money.zero(pair.currency)
    reference = keys.settlement_ref(pair, batch.vendor_ref)
    clearing = effects.clearing_account(batch, rules)
    draft, fired = deposit_draft(pair, reference, day, own, paid, rules, residual, clearing)
    if not draft.lines:
        return  # Nothing was paid and nothing was due.
    group = effects.erp_batch(pair, batch, "deposit", BatchPurpose.JOURNALS, day, rules.version_id)
    effects.make(
        pair,
        [
            effects.NewEffect(
                key=keys.batch_key(pair, batch.vendor_ref, EffectKind.DEPOSIT.value),
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
            )
        ],
    )
    effects.order_posting(pair, group)


def book_stray(pair: Pair, line: BankLine) -> int:
    """A deposit that no batch explains is booked as unidentified and shown to a person."""
    rules = rules_in_force(pair, line.booked_on)
    if rules is None:
        return 0
    amount = Money(line.amount, line.currency)
    reference = f"BANK-{line.pk}"
    comment = f"Unidentified deposit {line.booked_on}"
    try:
        bank = rules.account(AccountRole.BANK, amount)
        unidentified = rules.account(AccountRole.UNIDENTIFIED, amount)
    except UnmappedError as unmapped:
        with transaction.atomic():
            return open_exceptions(
                [_stray_wanted(line, unmapped.problem.kind.value, str(unmapped))]
            )
    draft = JournalDraft(
        pair.company,
        line.booked_on,
        comment[:50],
        (
            side(bank.account, amount, reference, comment),
            side(unidentified.account, -amount, reference, comment),
        ),
    )
    with transaction.atomic():
        group = effects.open_group(
            pair,
            lambda leg: keys.bank_line_key(pair, line.fingerprint, "erp-batch-stray", leg),
            BatchDraft(pair.company, BatchPurpose.JOURNALS, line.booked_on, comment[:50]),
            rules.version_id,
            line=line,
        )
        effects.make(
            pair,
            [
                effects.NewEffect(
                    key=keys.bank_line_key(pair, line.fingerprint, EffectKind.STRAY_DEPOSIT.value),
                    kind=EffectKind.STRAY_DEPOSIT,
                    draft=draft,
                    amount=amount.amount,
                    version_id=rules.version_id,
                    business_on=line.booked_on,
                    rules=(bank.name, unidentified.name),
                    group=group,
                    line=line,
                    fact=line.fact,
                )
            ],
        )
        effects.order_posting(pair, group)
        line.state, line.rule = BankLineState.UNMATCHED, "no batch explains it"
        line.save(update_fields=["state", "rule"])
        open_exceptions(
            [
                _stray_wanted(
                    line,
                    Reason.DEPOSIT_UNMATCHED,
                    f"{amount} came in on {line.booked_on} ({line.reference or line.description}); "
                    "no settlement batch explains it. It stands with the unidentified receipts.",
                )
            ]
        )
        audit.record(
            "bank_line.unmatched",
            ("bank_line", str(line.pk)),
            actor="worker",
            summary=f"No batch explains {amount} of {line.booked_on}.",
            business_on=line.booked_on,
        )
    return 1


def _stray_wanted(line: BankLine, reason: str, message: str) -> Wanted:
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
