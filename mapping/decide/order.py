"""Decide what an order leads to: one invoice, or the reasons why none is posted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from integrations.canonical import InvoiceDraft, OrderRecord, StockLevel
from integrations.money import Money, total
from mapping.decide import order_words as words
from mapping.decide.order_parts import Parts, map_parts, wanted_items
from mapping.problems import Problem, ProblemKind
from mapping.rulebook import RuleBook
from mapping.rules import customers

#: Where the ERP does not say how much room there is.
WIDTHS: Final[Mapping[str, int]] = {"reference": 15, "comment": 50, "lines.description": 40}
#: What a person may let pass, for this order as it is.
PASSABLE: Final = frozenset({ProblemKind.ORDER_PAYMENT, ProblemKind.STOCK_SHORT})
#: A person looks at it, and the invoice is posted all the same.
FLAGS: Final = frozenset({ProblemKind.TAX_DIFFERS})


@dataclass(frozen=True, slots=True)
class PaymentOfOrder:
    """The payment that an order names, as it stands in the books. `is_live`: money moves by it."""

    vendor_id: str
    amount: Money
    status: str
    is_live: bool


@dataclass(slots=True)
class OrderDesk:
    """What is known while orders of one pair are decided, one after the other.

    `customers` are the ERP's by the shop's own number; `stock` is None where the ERP is not asked
    for it, and what it has left falls as orders are decided.
    """

    company: str
    currency: str
    customers: Mapping[str, str]
    payments: Mapping[str, PaymentOfOrder]
    stock: dict[str, StockLevel] | None = None
    widths: Mapping[str, int] = field(default_factory=lambda: WIDTHS)
    takes_invoices: bool = True
    #: Why the ERP could not say what it has in stock; empty where it could, or is not asked.
    stock_trouble: str = ""

    def width(self, name: str) -> int:
        return self.widths.get(name, WIDTHS[name])


@dataclass(frozen=True, slots=True)
class Short:
    """An item of which the ERP has less than the order asks for."""

    item: str
    asked: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True)
class OrderDecision:
    """The parts as mapped, and the invoice; without one the problems say why.

    `stock` is what the ERP had of each item asked for, before this order.
    """

    parts: Parts
    customer_id: str = ""
    invoice: InvoiceDraft | None = None
    problems: tuple[Problem, ...] = ()
    rules: tuple[str, ...] = ()
    stock: Mapping[str, Decimal] = field(default_factory=dict)
    short: tuple[Short, ...] = ()

    @property
    def is_held(self) -> bool:
        return any(problem.kind not in FLAGS for problem in self.problems)


def decide_order(
    order: OrderRecord, rules: RuleBook, desk: OrderDesk, accepted: frozenset[str] = frozenset()
) -> OrderDecision:
    """The decision upon one order; `desk.stock` falls by what its invoice takes.

    `accepted`: problems, by kind, that a person lets pass for the order as it is.
    """
    parts = map_parts(order, rules)
    customer, rule = _customer(order, rules, desk)
    stock, short = _stock(parts, desk)
    found = [
        *_unfit(order, desk),
        *_sums(order),
        *_payment(order, desk),
        *([] if customer else [words.customer_unknown(order)]),
        *([words.unmapped(order, parts.missing)] if parts.missing else []),
        *([words.stock_short(order, short)] if short else []),
        *words.taxes_differ(order, parts.taxes),
    ]
    problems = tuple(
        each for each in found if each.kind not in PASSABLE or each.kind.value not in accepted
    )
    is_held = any(problem.kind not in FLAGS for problem in problems)
    invoice = None if is_held else _invoice(order, parts, customer, desk)
    if invoice is not None:
        _take(parts, desk)
    fired = (*((rule,) if rule else ()), *parts.rules)
    return OrderDecision(parts, customer, invoice, problems, fired, stock, short)


def _customer(order: OrderRecord, rules: RuleBook, desk: OrderDesk) -> tuple[str, str]:
    """The customer by the shop's number, else by a rule for it, else for orders that name none."""
    known = desk.customers.get(order.customer_ref, "")
    if known:
        return known, ""
    named = order.customer_ref
    rows = [row for row in rules.customers if row.customer_ref or not named]
    row = customers.choose(rows, named)
    return (row.customer_id, row.name) if row else ("", "")


def _unfit(order: OrderRecord, desk: OrderDesk) -> list[Problem]:
    found = []
    if not desk.takes_invoices:
        found.append(
            words.unfit(order, "The ERP of this payment route takes no invoices from here.")
        )
    elif desk.currency and order.currency != desk.currency:
        found.append(
            words.unfit(
                order, f"It is in {order.currency}, and the payment route posts in {desk.currency}."
            )
        )
    elif len(order.external_id) > (room := desk.width("reference")):
        length = len(order.external_id)
        said = f"Its number has {length} characters, and the ERP has room for {room}."
        found.append(words.unfit(order, f"{said} A number is never cut."))
    elif desk.stock_trouble:
        found.append(words.unfit(order, f"What is in stock cannot be read. {desk.stock_trouble}"))
    return found


def _sums(order: OrderRecord) -> list[Problem]:
    """The parts against the total, and each line's amount against its quantity and price."""
    wrong = [
        line
        for line in order.lines
        if Money(line.quantity * line.unit_price, order.currency).rounded() != line.amount
    ]
    off = order.imbalance()
    return [words.sums_differ(order, wrong)] if off or wrong else []


def _payment(order: OrderRecord, desk: OrderDesk) -> list[Problem]:
    """A payment that is not here is no problem: the invoice is then open until it comes."""
    payment = desk.payments.get(order.payment_ref)
    if payment is None or (payment.is_live and payment.amount == order.total):
        return []
    return [words.payment_differs(order, payment.vendor_id, payment.amount, payment.status)]


def _stock(parts: Parts, desk: OrderDesk) -> tuple[dict[str, Decimal], tuple[Short, ...]]:
    """What there is of each item, and what is short of it; items without a stock are left out."""
    if desk.stock is None:
        return {}, ()
    asked = wanted_items(parts.lines)
    there = {item: desk.stock[item].available for item in asked if item in desk.stock}
    short = tuple(
        Short(item, asked[item], available)
        for item, available in there.items()
        if asked[item] > available
    )
    return there, short


def _take(parts: Parts, desk: OrderDesk) -> None:
    for item, quantity in wanted_items(parts.lines).items():
        if desk.stock is not None and item in desk.stock:
            left = desk.stock[item].available - quantity
            desk.stock[item] = StockLevel(item, left)


def _invoice(
    order: OrderRecord, parts: Parts, customer: str, desk: OrderDesk
) -> InvoiceDraft | None:
    """None for an order that comes to nothing: an invoice over nothing is none."""
    if not order.total:
        return None
    draft = InvoiceDraft(
        company=desk.company,
        customer_id=customer,
        dated_on=order.ordered_on,
        amount=order.total,
        reference=order.external_id,
        comment=f"Order {order.external_id}"[: desk.width("comment")],
        lines=parts.drafts(desk.width("lines.description")),
    )
    if total((line.amount for line in draft.lines), order.currency) != order.total:
        raise ValueError(f"The lines of order {order.external_id} do not come to its total.")
    return draft
