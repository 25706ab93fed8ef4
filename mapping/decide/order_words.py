"""What is said about orders that cannot be invoiced as they are. Pure.

`sides` in a problem's details are rows of two sides, with what the sides are called beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integrations.canonical import OrderLineRecord, OrderRecord
from integrations.money import Money, total
from mapping.decide.order_parts import Missing, tax_name
from mapping.problems import Problem, ProblemKind, Suggestion
from mapping.rules.taxes import MappedTax

if TYPE_CHECKING:
    from mapping.decide.order import Short

Side = tuple[str, object, object]
_WORDS = {"item": "items", "tax": "taxes", "account": "accounts"}


def _problem(
    kind: ProblemKind,
    order: OrderRecord,
    message: str,
    titles: tuple[str, str],
    sides: Sequence[Side],
    suggestions: tuple[Suggestion, ...] = (),
    amount: Money | None = None,
) -> Problem:
    rows = [
        {"field": field, "left": str(left), "right": str(right)} for field, left, right in sides
    ]
    details = (("left", titles[0]), ("right", titles[1]), ("sides", rows))
    return Problem(kind, message, amount or order.total, suggestions, details)


def unfit(order: OrderRecord, why: str) -> Problem:
    message = f"Order {order.external_id} cannot become an invoice. {why}"
    sides = (("Order", order.external_id, ""), ("Total", order.total, ""), ("Why", "", why))
    return _problem(ProblemKind.ORDER_UNFIT, order, message, ("The order", "The ERP"), sides)


def sums_differ(order: OrderRecord, wrong: Sequence[OrderLineRecord]) -> Problem:
    lines = total((line.amount for line in order.lines), order.currency)
    taxes = total((tax.charged for tax in order.taxes), order.currency)
    parts = lines + order.shipping - order.discount + taxes
    sides: list[Side] = [
        ("Lines", lines, ""),
        ("Shipping", order.shipping, ""),
        ("Discount", -order.discount, ""),
        ("Taxes", taxes, ""),
        ("Total", parts, order.total),
    ]
    sides += [
        (
            f"Line {line.position}",
            f"{Money(line.quantity * line.unit_price, order.currency).rounded()}",
            line.amount,
        )
        for line in wrong
    ]
    off = order.total - parts
    said = f"its parts come to {parts}, its total is {order.total}" if off else "one of its lines"
    if not off:
        numbers = ", ".join(str(line.position) for line in wrong)
        said = f"line {numbers} does not come to quantity times price"
    message = f"Order {order.external_id} does not add up: {said}. It is not posted."
    titles = ("Its parts come to", "The order says")
    return _problem(ProblemKind.ORDER_SUMS, order, message, titles, sides)


def payment_differs(order: OrderRecord, payment: str, amount: Money, status: str) -> Problem:
    message = (
        f"Order {order.external_id} is over {order.total}, and payment {payment}, which it names,"
        f" is over {amount} and {status.lower()}. No invoice is posted."
    )
    sides = (
        ("Amount", order.total, amount),
        ("Payment", order.payment_ref, f"{payment}, {status}"),
    )
    pass_it = Suggestion("post_anyway", "The order is right: invoice it all the same")
    titles = ("The order", "The payment")
    return _problem(ProblemKind.ORDER_PAYMENT, order, message, titles, sides, (pass_it,))


def customer_unknown(order: OrderRecord) -> Problem:
    who = order.payer.name or order.payer.email
    named = f"the shop’s customer {order.customer_ref}" if order.customer_ref else "nobody"
    message = (
        f"Order {order.external_id} is of {named}{f' ({who})' if who else ''}, whom the ERP does"
        " not know by that number. No invoice is posted."
    )
    sides = (("Customer", order.customer_ref or "none", "unknown"), ("Name", who or "–", ""))
    link = Suggestion("link_customer", "Say which customer of the ERP it is")
    titles = ("The order", "The ERP")
    return _problem(ProblemKind.ORDER_CUSTOMER, order, message, titles, sides, (link,))


def unmapped(order: OrderRecord, missing: Sequence[Missing]) -> Problem:
    """All that the rules lack for one order, in one problem."""
    by_sort: dict[str, list[str]] = {}
    for sort, name in missing:
        names = by_sort.setdefault(_WORDS[sort], [])
        if name not in names:
            names.append(name)
    listed = "; ".join(f"{sort} {', '.join(names[:10])}" for sort, names in by_sort.items())
    message = f"The rules have nothing for {listed} of order {order.external_id}."
    sides = [
        (sort.capitalize(), ", ".join(names[:10]), "no rule") for sort, names in by_sort.items()
    ]
    titles = ("The order needs", "The rules have")
    return _problem(ProblemKind.ORDER_UNMAPPED, order, message, titles, sides)


def stock_short(order: OrderRecord, short: Sequence[Short]) -> Problem:
    listed = ", ".join(f"{one.item} ({one.asked:f} of {one.available:f})" for one in short[:10])
    message = (
        f"Order {order.external_id} asks for more than the ERP has in stock: {listed}. It is"
        " invoiced by itself once there is enough."
    )
    sides = [(one.item, f"{one.asked:f}", f"{one.available:f}") for one in short]
    pass_it = Suggestion("post_anyway", "Invoice it all the same")
    titles = ("The order asks for", "The ERP has")
    return _problem(ProblemKind.STOCK_SHORT, order, message, titles, sides, (pass_it,))


def taxes_differ(order: OrderRecord, taxes: Sequence[MappedTax]) -> list[Problem]:
    """What was charged stays what is booked; a person sees what the rules work out."""
    off = [each for each in taxes if not each.is_within_tolerance]
    if not off:
        return []
    difference = total((each.difference for each in off), order.currency)
    named = ", ".join(tax_name(each.source) for each in off)
    message = (
        f"Taxes of order {order.external_id} differ from the rules by {difference}: {named}. What"
        " the shop charged is booked."
    )
    sides = [(tax_name(each.source), each.source.charged, each.recomputed) for each in off]
    titles = ("The shop charged", "The rules come to")
    amount = abs(difference)
    return [_problem(ProblemKind.TAX_DIFFERS, order, message, titles, sides, (), amount)]
