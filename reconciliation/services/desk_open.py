"""Open and close exceptions by machine: one open item for each subject and reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from audit import services as audit
from integrations.bulk import insert_rows, update_rows
from integrations.clock import business_now, wall_now
from integrations.models import Connection, Fact, Posting
from mapping.problems import Problem
from reconciliation.choices import OPEN_STATES, ExceptionState
from reconciliation.models import (
    BankLine,
    ExceptionItem,
    ExceptionNote,
    Order,
    SettlementBatch,
    Transaction,
)
from reconciliation.services.owners import Owners


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
    order: Order | None = None
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


def about_order(row: Order, problem: Problem) -> Wanted:
    """A decision's problem with an order, as the desk keeps it."""
    return Wanted(
        reason=problem.kind.value,
        subject=f"order:{row.pk}",
        connection=row.connection,
        message=problem.message,
        business_on=row.ordered_on,
        amount=problem.amount.amount,
        currency=problem.amount.currency,
        order=row,
        fact=row.last_fact,
        details=dict(problem.details),
        suggestions=[asdict(suggestion) for suggestion in problem.suggestions],
    )


def about_batch(batch: SettlementBatch, reason: str, message: str) -> Wanted:
    """Something about a settlement batch, on the day on which it closed."""
    return Wanted(
        reason=reason,
        subject=f"batch:{batch.pk}",
        connection=batch.connection,
        message=message,
        business_on=batch.closed_on,
        currency=batch.currency,
        batch=batch,
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
    owners = Owners()
    items = [_item(row, owners) for row in rows if (row.subject, row.reason) not in known]
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


def open_or_tell_anew(wanted: Sequence[Wanted]) -> int:
    """Open what is not open already; what is, says what is the case now. In a transaction.

    The item keeps what it noted `before`; what it says is that of the last one.
    """
    now = wall_now()
    for one in wanted:
        item = ExceptionItem.objects.filter(
            subject=one.subject, reason=one.reason, state__in=OPEN_STATES
        ).first()
        if item is None:
            open_exceptions([one])
            continue
        item.message = one.message[:400]
        item.details = {**one.details, **_kept(item, one)}
        item.save(update_fields=["message", "details"])
        ExceptionNote.objects.create(
            item=item, at=now, actor="worker", action="told anew", text=item.message
        )
        audit.record(
            "exception.told_anew",
            ("exception", str(item.pk)),
            actor="worker",
            summary=item.message,
            business_on=business_now().date(),
        )
    return len(wanted)


def _kept(item: ExceptionItem, one: Wanted) -> dict[str, Any]:
    """What stood before the first change, where the next one tells of the same."""
    first, then = item.details.get("before", {}), one.details.get("before", {})
    return {"before": first} if set(first) == set(then) and "Transaction" not in then else {}


def _item(wanted: Wanted, owners: Owners) -> ExceptionItem:
    owned = owners.of(wanted.reason, wanted.connection.pk, abs(wanted.amount))
    return ExceptionItem(
        reason=wanted.reason,
        subject=wanted.subject,
        connection=wanted.connection,
        transaction=wanted.transaction,
        batch=wanted.batch,
        line=wanted.line,
        posting=wanted.posting,
        order=wanted.order,
        fact=wanted.fact,
        message=wanted.message[:400],
        details=wanted.details,
        suggestions=list(wanted.suggestions),
        amount=abs(wanted.amount),
        currency=wanted.currency,
        owner=owned.owner,
        owner_why=owned.why,
        business_on=wanted.business_on,
        due_on=wanted.business_on + timedelta(days=owned.due_days),
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
