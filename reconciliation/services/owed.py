"""What a decision owes: its documents as effects, each in the ERP batch where it belongs.

A settled payment's documents go into the ERP batches of its settlement batch, a captured one's
receipt into the open ERP batch of its business day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from integrations.canonical import BatchPurpose, CashReceiptDraft, Draft
from integrations.models import Pair, Posting
from mapping.decide import Decision
from mapping.rulebook import RuleBook
from reconciliation import keys
from reconciliation.choices import EffectKind
from reconciliation.models import Transaction
from reconciliation.services import effects
from reconciliation.services.case import Case
from reconciliation.services.freed import Returning, newest


@dataclass(slots=True)
class Owing:
    """Makes the effects of one portion of decisions; each ERP batch is looked up once.

    `made` is what their transactions have led to already: that is never owed again. `freed` is what
    reversals that are not posted yet give back to the invoices: what relies on it goes after them.
    `post_first` are ERP batches whose posting is to be ordered once the effects are made.
    """

    pair: Pair
    rules: RuleBook
    made: effects.Made
    freed: Sequence[Returning] = ()
    post_first: list[Posting] = field(default_factory=list)
    _groups: dict[tuple[object, ...], Posting] = field(default_factory=dict)

    def effects_of(self, case: Case, decision: Decision) -> list[effects.NewEffect]:
        owed = []
        if decision.receipt and self.made.leg(case.row, EffectKind.RECEIPT):
            owed.append(self._receipt(case, decision, decision.receipt))
        if decision.refund and self.made.leg(case.row, EffectKind.REFUND):
            group = self._group(case, "refunds", BatchPurpose.JOURNALS)
            owed.append(self._effect(case, decision, EffectKind.REFUND, decision.refund, group))
        if decision.memo and self.made.leg(case.row, EffectKind.CREDIT_MEMO):
            group = self._group(case, "memos", BatchPurpose.MEMOS)
            owed.append(self._effect(case, decision, EffectKind.CREDIT_MEMO, decision.memo, group))
        return owed

    def _receipt(
        self, case: Case, decision: Decision, draft: CashReceiptDraft
    ) -> effects.NewEffect:
        """In the ERP batch of the reversal that frees its invoice, if that one takes it."""
        reversal = newest(self.freed, [a.item_key for a in draft.applications])
        account = decision.clearing_account
        if reversal is None or reversal.group is None:
            group = self._group(case, "receipts", BatchPurpose.RECEIPTS, account)
            return self._effect(case, decision, EffectKind.RECEIPT, draft, group)
        if self._takes(case, reversal.group, account):
            group = reversal.group
        else:
            self.post_first.append(reversal.group)
            group = self._group(case, "receipts", BatchPurpose.RECEIPTS, account)
        effect = self._effect(case, decision, EffectKind.RECEIPT, draft, group)
        effect.after = effect.after or reversal.key
        return effect

    @staticmethod
    def _takes(case: Case, group: Posting, account: str) -> bool:
        """Nothing is posted on a day before its own, nor against another clearing account."""
        return (
            case.row.batch is None
            and group.draft["deposit_account"] == account
            and date.fromisoformat(group.draft["posting_on"]) >= case.business_on
            and not effects.is_sealed(group)
        )

    def _group(
        self, case: Case, name: str, purpose: BatchPurpose, deposit_account: str = ""
    ) -> Posting:
        batch, day, version = case.row.batch, case.business_on, self.rules.version_id
        at = (batch.pk, name) if batch else (day, deposit_account)
        if at not in self._groups:
            if batch:
                group = effects.erp_batch(
                    self.pair, batch, name, purpose, day, version, deposit_account
                )
            elif purpose is BatchPurpose.RECEIPTS:
                group = effects.day_batch(self.pair, day, deposit_account, version)
            else:
                raise ValueError(f"Transaction {case.row.vendor_id} has no settlement batch.")
            self._groups[at] = group
        return self._groups[at]

    def _effect(
        self, case: Case, decision: Decision, kind: EffectKind, draft: Draft, group: Posting
    ) -> effects.NewEffect:
        row = case.row
        leg = self.made.leg(row, kind) or 1
        return effects.NewEffect(
            key=keys.transaction_key(self.pair, row.vendor_id, kind.value, leg),
            kind=kind,
            draft=draft,
            amount=row.amount,
            version_id=self.rules.version_id,
            business_on=case.business_on,
            rules=decision.rules,
            group=group,
            after=self._sale_of(row),
            transaction=row,
            batch=row.batch,
            fact=row.last_fact,
            applications=decision.receipt.applications if decision.receipt else (),
        )

    def _sale_of(self, row: Transaction) -> str:
        """The key of the receipt of the sale that a refund gives back: it never overtakes it."""
        if row.parent is None:
            return ""
        return keys.transaction_key(self.pair, row.parent.vendor_id, EffectKind.RECEIPT.value)
