"""A settlement batch clears over one account; what the rules clear elsewhere is not posted there.

Its receipts stand in ERP batches that debit one account, and its deposit credits that account.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from integrations.canonical import BatchPurpose
from integrations.choices import PostingState
from mapping.choices import AccountRole, Action
from mapping.decide.decision import Payment
from mapping.problems import Problem, ProblemKind, UnmappedError
from mapping.rulebook import RuleBook
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, SettlementBatch


class OneClearing:
    """Which account each batch clears over; asks the database only where rules name several."""

    def __init__(self, rules: RuleBook, batches: Iterable[SettlementBatch | None]) -> None:
        self._rules = rules
        named = {row.account for row in rules.accounts if row.role == AccountRole.CLEARING}
        self._is_asked = len(named) > 1
        self._known = _opened([each for each in batches if each]) if self._is_asked else {}

    def problem(self, payment: Payment, batch: SettlementBatch | None) -> Problem | None:
        """What is wrong with posting a payment with its batch; the first one says the account."""
        if not self._is_asked or batch is None:
            return None
        try:
            status = self._rules.status(payment.kind, payment.status, payment.amount)
            row = self._rules.account(
                AccountRole.CLEARING, payment.amount, kind=payment.kind, method=payment.method
            )
        except UnmappedError:
            return None  # The decision says so itself.
        if status.action == Action.NONE:
            return None
        account = self._known.setdefault(batch.pk, row.account)
        if account == row.account:
            return None
        return Problem(
            ProblemKind.ACCOUNT_UNMAPPED,
            f"Settlement batch {batch.vendor_ref} clears over account {account}, and the rules "
            f"clear this {payment.kind} by {payment.method or 'an unnamed card'} over "
            f"{row.account} ({row.name}). One batch clears over one account: change the rules "
            "for card clearing, then try again.",
            payment.amount,
            details=(
                ("role", AccountRole.CLEARING.value),
                ("kind", payment.kind),
                ("method", payment.method),
            ),
        )


def _opened(batches: Sequence[SettlementBatch]) -> dict[int, str]:
    """The account that receipts of a batch debit already."""
    opened = (
        Effect.objects.filter(
            batch__in=batches,
            kind=EffectKind.ERP_BATCH,
            posting__draft__purpose=BatchPurpose.RECEIPTS,
        )
        .exclude(posting__state=PostingState.CANCELLED)
        .order_by("-id")
    )
    rows = opened.values_list("batch", "posting__draft__deposit_account")
    return {batch: account for batch, account in rows if batch and account}
