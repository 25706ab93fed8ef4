"""What is known when orders are decided: customers, payments and stock as they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from integrations.canonical import DocumentKind, StockLevel
from integrations.choices import STANDING_STATES, PostingState
from integrations.errors import ConfigError
from integrations.models import Pair, Posting
from integrations.money import Money
from integrations.services.connectors import invoice_creator_of, open_items_of, stock_of
from mapping.decide.order import WIDTHS, OrderDesk, PaymentOfOrder
from mapping.rulebook import RuleBook
from mapping.rules import items
from mapping.services.links import after_merges, linked_customers, merged_customers
from reconciliation.choices import NOT_PAID, TransactionKind
from reconciliation.models import Order, Transaction

#: The setting by which an ERP's stock is not read at all.
NOT_READ = "reads_stock"


def payments_of(pair: Pair, rows: Sequence[Order]) -> dict[str, Transaction]:
    """The gateway's payments that orders name, by their id, as far as they are here."""
    named = {row.payment_ref for row in rows} - {""}
    if not named:
        return {}
    found = Transaction.objects.filter(connection=pair.gateway, vendor_id__in=named)
    return {payment.vendor_id: payment for payment in found}


def desk_of_orders(
    pair: Pair, rows: Sequence[Order], payments: Mapping[str, Transaction], rules: RuleBook
) -> OrderDesk:
    """Raises: TransientError, AuthError."""
    taker = invoice_creator_of(pair.erp)
    desk = OrderDesk(
        company=pair.company,
        currency=pair.currency,
        customers=_customers(pair, rows, payments),
        payments={ref: _payment(row) for ref, row in payments.items()},
        widths={**WIDTHS, **(taker.invoice_widths if taker else {})},
        takes_invoices=taker is not None,
    )
    reader = stock_of(pair.erp)
    wanted = _items(rows, rules)
    if reader is None or not wanted:
        return desk
    try:
        levels = reader.stock_of(pair.company, wanted)
    except ConfigError as error:
        if error.setting != NOT_READ:
            desk.stock_trouble = error.message
        return desk
    desk.stock = _less(levels, _on_the_way(pair))
    return desk


def _payment(row: Transaction) -> PaymentOfOrder:
    is_live = row.kind != TransactionKind.REFUND and row.status not in NOT_PAID
    amount = Money(row.amount, row.currency).rounded()
    return PaymentOfOrder(row.vendor_id, amount, row.get_status_display(), is_live)


def _customers(
    pair: Pair, rows: Sequence[Order], payments: Mapping[str, Transaction]
) -> dict[str, str]:
    """ERP customers by the shop's number: what is linked, the same number in the ERP, and else
    whoever the payment that the order names belongs to."""
    refs = {row.customer_ref for row in rows}
    refs |= {payment.customer_ref for payment in payments.values()}
    refs -= {""}
    linked = linked_customers(pair, refs) if refs else {}
    asked = sorted(refs - set(linked))
    same = open_items_of(pair.erp).customers_exist(pair.company, asked) if asked else ()
    known = after_merges({ref: ref for ref in same} | linked, merged_customers(pair))
    found = {row.customer_ref: known[row.customer_ref] for row in rows if row.customer_ref in known}
    for row in rows:
        payment = payments.get(row.payment_ref)
        if row.customer_ref in found or payment is None:
            continue
        payer = known.get(payment.customer_ref, payment.customer_id)
        if payer and row.customer_ref:
            found[row.customer_ref] = payer
    return found


def _items(rows: Sequence[Order], rules: RuleBook) -> list[str]:
    """The ERP's items that the orders' lines are mapped to."""
    found: dict[str, None] = {}
    for row in rows:
        for line in row.content["lines"]:
            more = {name: line.get(name, "") for name in ("category", "department")}
            mapped = items.choose(rules.items, line["item"], **more)
            if mapped is not None and mapped.erp_item:
                found[mapped.erp_item] = None
    return list(found)


def _on_the_way(pair: Pair) -> dict[str, Decimal]:
    """How much of each item is on invoices of ours that have not reached the ERP."""
    waiting = Posting.objects.filter(
        target=pair.erp, company=pair.company, kind=DocumentKind.INVOICE
    ).exclude(state__in=(*STANDING_STATES, PostingState.CANCELLED))
    taken: dict[str, Decimal] = {}
    for draft in waiting.values_list("draft", flat=True):
        for line in draft["lines"]:
            if line["item"]:
                taken[line["item"]] = taken.get(line["item"], Decimal(0)) + Decimal(
                    line["quantity"]
                )
    return taken


def _less(levels: Mapping[str, StockLevel], taken: Mapping[str, Decimal]) -> dict[str, StockLevel]:
    return {
        item: StockLevel(item, level.available - taken.get(item, Decimal(0)))
        for item, level in levels.items()
    }
