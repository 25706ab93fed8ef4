"""What an exception holds up, in money and in words: one sentence for every reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from django.db.models import Count, Sum

from console import formats
from integrations.choices import FINAL_STATES, PostingState
from reconciliation.choices import Placement, Reason
from reconciliation.models import ExceptionItem, NewCustomer, SettlementBatch, Transaction

NOTHING: Final = "No money waits for this."
UNREAD: Final = "How much is not known before it can be read."


def blocks(item: ExceptionItem) -> str:
    """What waits for a person, with its amount; a closed exception blocks nothing."""
    if item.closed_at is not None:
        return ""
    return BLOCKS.get(item.reason, _amount)(item)


def _money(amount: Decimal, currency: str) -> str:
    return formats.money_text(abs(amount), currency)


def _amount(item: ExceptionItem) -> str:
    return f"{_money(item.amount, item.currency)}." if item.amount else NOTHING


def _placed(item: ExceptionItem) -> str:
    """The money is on the books, and not where it belongs."""
    row = item.transaction
    where = {
        Placement.UNIDENTIFIED: "stand with the unidentified receipts; no invoice is paid by them.",
        Placement.APPLIED: "are more than the invoices take.",
    }
    stands = where.get(Placement(row.placement)) if row and row.placement else None
    return f"{_money(item.amount, item.currency)} " + (
        stands or "stand on the customer's account; no invoice is paid by them."
    )


def _is_placed(item: ExceptionItem) -> bool:
    return bool(item.transaction and item.transaction.placement)


def _undecided(item: ExceptionItem) -> str:
    """Nothing is posted, and the settlement batch cannot be added up before it is."""
    if item.transaction is None:
        return _batch(item) if item.batch else f"{_money(item.amount, item.currency)} not posted."
    said = f"{_money(item.transaction.amount, item.currency)} not on the books."
    batch = item.transaction.batch
    return f"{said} Batch {batch.vendor_ref} cannot be added up before." if batch else said


def _document(item: ExceptionItem) -> str:
    """The held document, and what else goes to the ERP in the same batch."""
    posting = item.posting
    if posting is None:
        return _undecided(item)
    said = f"{_money(posting.amount, posting.currency)} not on the books."
    group = posting.group_id or posting.pk
    others = type(posting).objects.filter(group=group).exclude(pk=posting.pk)
    waiting = others.exclude(state__in=(*FINAL_STATES, PostingState.CANCELLED)).aggregate(
        number=Count("pk"), held=Sum("amount")
    )
    if not waiting["number"]:
        return said
    more = "1 more document waits" if waiting["number"] == 1 else f"{waiting['number']} more wait"
    return f"{said} {more} in the same ERP batch, {_money(waiting['held'], posting.currency)}."


def _batch(item: ExceptionItem) -> str:
    batch: SettlementBatch | None = item.batch
    if batch is None:
        return _amount(item)
    net = _money(batch.net_amount, batch.currency)
    said = f"The tie-out of batch {batch.vendor_ref}, net {net}."
    return f"{said} {_money(item.amount, batch.currency)} differ." if item.amount else said


def _not_arrived(item: ExceptionItem) -> str:
    batch = item.batch
    return f"{_money(batch.net_amount, batch.currency)} not at the bank." if batch else _batch(item)


def _stray(item: ExceptionItem) -> str:
    return f"{_money(item.amount, item.currency)} stand with the unidentified receipts."


def _order(item: ExceptionItem) -> str:
    return f"{_money(item.amount, item.currency)} of an order are not invoiced."


def _census(item: ExceptionItem) -> str:
    money = _money(item.amount, item.currency) if item.currency else "Money"
    return f"{money}: the ERP and the books do not hold the same."


def _set_aside(item: ExceptionItem) -> str:
    if item.posting is not None:
        return _document(item)
    return _undecided(item) if item.transaction or item.amount else _batch(item)


def _waits_for_customer(item: ExceptionItem) -> str:
    """What the payer has paid, and nobody in the ERP is credited for."""
    asked = NewCustomer.objects.filter(effect__posting=item.posting_id).first()
    if asked is None:
        return NOTHING
    rows = Transaction.objects.filter(
        connection=asked.pair.gateway_id,
        customer_ref=asked.ref,
        placement=Placement.UNIDENTIFIED,
    )
    sums = rows.order_by("currency").values_list("currency").annotate(Sum("amount"))
    held = " and ".join(_money(amount, currency) for currency, amount in sums)
    return f"{held} stand with the unidentified receipts." if held else NOTHING


#: A reason that is new needs its row here (a test says so).
BLOCKS: Final[Mapping[str, Callable[[ExceptionItem], str]]] = {
    Reason.INVOICE_NOT_FOUND: _placed,
    Reason.CUSTOMER_UNKNOWN: _placed,
    Reason.SEVERAL_CUSTOMERS: _placed,
    Reason.SECOND_CHARGE: _placed,
    Reason.OVERPAID: _placed,
    Reason.REFERENCE_AMBIGUOUS: _placed,
    Reason.REFUND_UNLINKED: _amount,
    Reason.QUESTIONED: lambda item: (
        f"{_money(item.amount, item.currency)} stand where they may not belong."
    ),
    Reason.NOT_DECIDED: _undecided,
    Reason.ACCOUNT_UNMAPPED: _undecided,
    Reason.METHOD_UNMAPPED: _undecided,
    Reason.ACTION_UNMAPPED: _undecided,
    Reason.RULES_MISSING: _undecided,
    Reason.FIELD_UNFIT: _undecided,
    Reason.CURRENCY_FOREIGN: _undecided,
    Reason.VALIDATION_HELD: _undecided,
    Reason.VALIDATION_WARNED: lambda item: NOTHING,
    Reason.RISK_FLAGGED: lambda item: NOTHING,
    Reason.RISK_HELD: _undecided,
    Reason.RISK_BLOCKED: lambda item: _placed(item) if _is_placed(item) else _undecided(item),
    Reason.ORDER_SUMS: _order,
    Reason.ORDER_PAYMENT: _order,
    Reason.ORDER_CUSTOMER: _order,
    Reason.ORDER_UNMAPPED: _order,
    Reason.ORDER_UNFIT: _order,
    Reason.STOCK_SHORT: _order,
    Reason.ORDER_CHANGED: lambda item: (
        f"The order is over {_money(item.amount, item.currency)} now; its invoice is not."
    ),
    Reason.TAX_DIFFERS: lambda item: NOTHING,
    Reason.SET_ASIDE: _set_aside,
    Reason.PERIOD_CLOSED: _document,
    Reason.REFUSED_BY_ERP: _document,
    Reason.CUSTOMER_REFUSED: _waits_for_customer,
    Reason.UNKNOWN_OUTCOME: _document,
    Reason.ATTEMPTS_EXHAUSTED: _document,
    Reason.CONTENT_CONFLICT: _document,
    Reason.UNREADABLE_RECORD: lambda item: UNREAD,
    Reason.UNREADABLE_STATEMENT_LINE: lambda item: UNREAD,
    Reason.STATEMENT_UNBALANCED: lambda item: f"{NOTHING} A deposit that is missing is not seen.",
    Reason.CARD_NUMBER_REMOVED: lambda item: NOTHING,
    Reason.HINT_UNCONFIRMED: lambda item: f"{NOTHING} Nothing was posted.",
    Reason.BATCH_INCOMPLETE: _batch,
    Reason.FIGURES_CHANGED: _batch,
    Reason.FEE_DIFFERS: _batch,
    Reason.DEPOSIT_DIFFERS: _batch,
    Reason.DEPOSIT_MISSING: _not_arrived,
    Reason.DEPOSIT_UNMATCHED: _stray,
    Reason.LEDGER_DIFFERS: _batch,
    Reason.CENSUS_MISSING: _census,
    Reason.CENSUS_DOUBLE: _census,
    Reason.FOREIGN_EDIT: _census,
    Reason.CENSUS_UNOWED: _census,
}
