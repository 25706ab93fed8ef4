"""How things stood before an action: what an undo puts back. Plain values, as JSON holds them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Field, Max, Model

from integrations.models import Pair, Posting
from mapping.services.links import linked_customers
from reconciliation.choices import OPEN_STATES
from reconciliation.models import Effect, ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import booked_rates
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import pair_of

Snapshot = dict[str, Any]
OF_ITEM: Final = (
    "state",
    "owner",
    "owner_why",
    "closed_at",
    "closed_by",
    "resolution",
    "details",
    "amount",
    "due_on",
)
OF_PAYMENT: Final = ("decision", "decided_rule", "placement", "customer_id")
OF_POSTING: Final = (
    "state", "code", "message", "differences", "looks", "attempts_before", "attempt_count", "draft",
    "content_hash", "due_at",
)  # fmt: skip
#: Actions that may link the payer to a customer, for later payments too.
LINKING: Final = frozenset({"link_customer", "link_invoice", "split"})


def take(items: Sequence[ExceptionItem], action: str) -> dict[int, Snapshot]:
    """By item; a handful of statements for all of them. Call in the action's own transaction."""
    payments = {item.transaction_id for item in items if item.transaction_id}
    rows = Transaction.objects.in_bulk(payments)
    postings = Posting.objects.in_bulk({item.posting_id for item in items if item.posting_id})
    batches = SettlementBatch.objects.in_bulk({item.batch_id for item in items if item.batch_id})
    beside: dict[int | None, list[ExceptionItem]] = defaultdict(list)
    for other in ExceptionItem.objects.filter(transaction__in=payments, state__in=OPEN_STATES):
        beside[other.transaction_id].append(other)
    marks = {
        "last_effect": Effect.objects.aggregate(at=Max("pk"))["at"] or 0,
        "last_item": ExceptionItem.objects.aggregate(at=Max("pk"))["at"] or 0,
    }
    of_payment = (*OF_PAYMENT, *booked_rates.FIELDS) if action == "book_at_rate" else OF_PAYMENT
    found = {}
    for item in items:
        others = {each.pk: each for each in beside[item.transaction_id]} | {item.pk: item}
        row = rows.get(item.transaction_id or 0)
        posting = postings.get(item.posting_id or 0)
        batch = batches.get(item.batch_id or 0)
        found[item.pk] = marks | {
            "items": {str(pk): _values(each, OF_ITEM) for pk, each in others.items()},
            "payment": _values(row, of_payment) if row else None,
            "posting": _values(posting, OF_POSTING) if posting else None,
            "accepted": batch.accepted if batch else None,
            "link": _link(item, row) if action in LINKING and row else None,
        }
    return found


def values_of(item: ExceptionItem) -> Snapshot:
    return _values(item, OF_ITEM)


def _values(row: Model, names: Sequence[str]) -> Snapshot:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # moments too
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _link(item: ExceptionItem, row: Transaction) -> Snapshot | None:
    """Whom the payer was linked to; empty for nobody."""
    if not row.customer_ref:
        return None
    try:
        pair: Pair = pair_of(item)
    except DeskError:
        return None
    known = linked_customers(pair, [row.customer_ref]).get(row.customer_ref, "")
    return {"pair": pair.pk, "ref": row.customer_ref, "customer": known}


def put(row: Model, values: Snapshot) -> None:
    """The values onto a row of the same sort; the caller stores it."""
    for name, value in values.items():
        field = row._meta.get_field(name)
        setattr(row, name, field.to_python(value) if isinstance(field, Field) else value)
