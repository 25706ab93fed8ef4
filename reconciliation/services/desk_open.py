"""Open and close exceptions by machine: one open item for each subject and reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet

from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Fact, Posting
from mapping.problems import Problem
from reconciliation.choices import OPEN_STATES, ExceptionState, Reason
from reconciliation.models import (
    BankLine,
    ExceptionItem,
    ExceptionNote,
    SettlementBatch,
    Transaction,
)

#: Who looks after a reason unless a rule says otherwise: operations or finance.
OPERATIONS: Final = frozenset(
    {
        Reason.UNKNOWN_OUTCOME,
        Reason.UNREADABLE_RECORD,
        Reason.UNREADABLE_STATEMENT_LINE,
        Reason.HINT_UNCONFIRMED,
        Reason.CARD_NUMBER_REMOVED,
    }
)
DUE_AFTER: Final = timedelta(days=3)


@dataclass(slots=True)
class Wanted:
    """An exception to open. `subject` names the row it is about, e.g. `transaction:12`."""

    reason: str
    subject: str
    connection: Connection
    message: str
    business_on: date
    amount: Decimal = Decimal(0)
    currency: str = ""
    transaction: Transaction | None = None
    batch: SettlementBatch | None = None
    line: BankLine | None = None
    posting: Posting | None = None
    fact: Fact | None = None
    details: dict[str, Any] = field(default_factory=dict)
    suggestions: Sequence[dict[str, str]] = ()


def about_transaction(row: Transaction, problem: Problem, business_on: date) -> Wanted:
    """A decision's problem with a transaction, as the desk keeps it."""
    return Wanted(
        reason=problem.kind.value,
        subject=f"transaction:{row.pk}",
        connection=row.connection,
        message=problem.message,
        business_on=business_on,
        amount=problem.amount.amount,
        currency=problem.amount.currency,
        transaction=row,
        fact=row.last_fact,
        details=dict(problem.details),
        suggestions=[asdict(suggestion) for suggestion in problem.suggestions],
    )


def open_exceptions(wanted: Iterable[Wanted]) -> int:
    """Open what is not open already; call inside a transaction. Answers how many are new."""
    rows = list({(one.subject, one.reason): one for one in wanted}.values())
    if not rows:
        return 0
    known = set(
        ExceptionItem.objects.filter(
            subject__in=[row.subject for row in rows], state__in=OPEN_STATES
        ).values_list("subject", "reason")
    )
    now = wall_now()
    items = [_item(row) for row in rows if (row.subject, row.reason) not in known]
    for item in items:
        item.opened_at = now
    insert_rows(items)
    audit.record_many(
        [
            audit.EntryDraft(
                "exception.opened",
                ("exception", str(item.pk)),
                actor="worker",
                summary=item.message,
                details={"reason": item.reason, "subject": item.subject},
                business_on=item.business_on,
            )
            for item in items
        ]
    )
    return len(items)


def _item(wanted: Wanted) -> ExceptionItem:
    return ExceptionItem(
        reason=wanted.reason,
        subject=wanted.subject,
        connection=wanted.connection,
        transaction=wanted.transaction,
        batch=wanted.batch,
        line=wanted.line,
        posting=wanted.posting,
        fact=wanted.fact,
        message=wanted.message[:400],
        details=wanted.details,
        suggestions=list(wanted.suggestions),
        amount=abs(wanted.amount),
        currency=wanted.currency,
        owner="operations" if wanted.reason in OPERATIONS else "finance",
        business_on=wanted.business_on,
        due_on=wanted.business_on + DUE_AFTER,
    )


def close_by_machine(items: QuerySet[ExceptionItem], why: str) -> int:
    """Close open exceptions whose cause is gone; call inside a transaction."""
    rows = list(items.filter(state__in=OPEN_STATES).select_for_update(of=("self",)))
    now = wall_now()
    for row in rows:
        row.state = ExceptionState.RESOLVED
        row.closed_at = now
        row.closed_by = "worker"
        row.resolution = why[:400]
    update_rows(rows, ["state", "closed_at", "closed_by", "resolution"])
    insert_rows(
        [ExceptionNote(item=row, at=now, actor="worker", action="closed", text=why) for row in rows]
    )
    audit.record_many(
        [
            audit.EntryDraft(
                "exception.closed",
                ("exception", str(row.pk)),
                actor="worker",
                summary=why,
                business_on=business_now().date(),
            )
            for row in rows
        ]
    )
    return len(rows)
