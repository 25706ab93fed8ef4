"""What a person does about an order on the desk: decided again, let pass, or no invoice at all."""

from __future__ import annotations

from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import LinkSystem
from mapping.services.customers.deciding import settled_elsewhere
from mapping.services.links import link
from reconciliation.choices import OPEN_STATES, OrderState
from reconciliation.models import ExceptionItem, Order
from reconciliation.services import invoicing
from reconciliation.services.desk.erp import require_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import ORDER_HELD
from reconciliation.services.desk.steps import resolve

NO_NUMBER = (
    "The shop names no customer of its own in this order. Add a rule for orders without one, or"
    " have the shop send it again with its customer."
)


def order_of(item: ExceptionItem) -> Order:
    """The order, locked. Raises DeskError where the exception is about none."""
    if item.order_id is None:
        raise DeskError("This exception is about no order.")
    return Order.objects.select_for_update(of=("self",)).get(pk=item.order_id)


def decide_again(item: ExceptionItem) -> None:
    """Put the order that an exception is about up for decision; nothing for any other.

    One that is invoiced has its payment looked at once more.
    """
    if item.order_id is None:
        return
    row = order_of(item)
    if not invoicing.decide_again([row]) and row.state == OrderState.INVOICED and row.payment_ref:
        Order.objects.filter(pk=row.pk).update(look_at=wall_now())


def let_pass(item: ExceptionItem, why: str, actor: str) -> None:
    """Invoice it in spite of this reason. It holds for the order as it is now, and no other."""
    row = order_of(item)
    row.accepted = {**row.accepted, item.reason: row.meaning_hash}
    row.save(update_fields=["accepted"])
    resolve(item, "post_anyway", actor, why)
    invoicing.decide_again([row])


def link_customer(item: ExceptionItem, pair: Pair, customer_id: str, actor: str) -> None:
    """Remember which customer of the ERP the shop's is, for later orders and payments too."""
    row = order_of(item)
    if not row.customer_ref:
        raise DeskError(NO_NUMBER)
    customer = require_customer(pair, customer_id)
    link(pair, row.customer_ref, customer, actor)
    settled_elsewhere(pair, LinkSystem.GATEWAY, row.customer_ref)
    resolve(item, "link_customer", actor, f"{row.customer_ref} is customer {customer}.")
    invoicing.decide_again([row])


def dismissed(item: ExceptionItem, why: str, actor: str) -> None:
    """Who dismisses why an order is held says that it becomes no invoice; the rest closes with it.

    Should the shop send it again changed, it is decided anew.
    """
    if item.reason not in ORDER_HELD or item.order_id is None:
        return
    row = order_of(item)
    if row.state != OrderState.HELD:
        raise DeskError(f"The order is {row.get_state_display().lower()} by now.")
    row.state, row.look_at = OrderState.NOTHING, None
    row.save(update_fields=["state", "look_at"])
    others = ExceptionItem.objects.select_for_update(of=("self",)).filter(
        order=row, reason__in=ORDER_HELD, state__in=OPEN_STATES
    )
    for other in others.exclude(pk=item.pk).order_by("pk"):
        resolve(other, "dismiss", actor, f"The order becomes no invoice: {why}"[:400])
