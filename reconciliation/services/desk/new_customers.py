"""What a person does about a new customer that the ERP refused, besides mending its details.

Mending is done on the customer's own page, where all of it is shown.
"""

from __future__ import annotations

from typing import Final

from mapping.choices import LinkSystem
from mapping.services.customers.deciding import CustomerError, settled_elsewhere
from mapping.services.links import link
from reconciliation.models import ExceptionItem, NewCustomer
from reconciliation.services.customers import creating, settling
from reconciliation.services.desk.erp import require_customer
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work

NOT_CREATED: Final = "not_created"
LINK_EXISTING: Final = "link_existing"


def do_not_create(item: ExceptionItem, why: str, actor: str) -> None:
    """Give it up: nobody is created, the payer stays unknown. Raises DeskError."""
    if not why.strip():
        raise DeskError("Say why; the reason stays with the exception.")
    with at_work(item, NOT_CREATED, actor) as locked:
        _give_up(request_of(locked), actor, why.strip())


def link_existing(item: ExceptionItem, customer_id: str, actor: str) -> None:
    """The payer is a customer whom the ERP has: they are linked, nobody is created.

    What waits with the unidentified receipts moves there; what cannot yet waits with its own
    exception. Raises DeskError.
    """
    with at_work(item, LINK_EXISTING, actor) as locked:
        request = request_of(locked)
        pair, ref = request.pair, request.ref
        wanted = require_customer(pair, customer_id)
        link(pair, ref, wanted, actor)
        settled_elsewhere(pair, LinkSystem.GATEWAY, ref)
        waiting = list(settling.waiting(pair, ref).values_list("pk", flat=True))
        moved = [pk for pk in waiting if settling.moved(pair, pk, wanted, LINK_EXISTING, actor)]
        _give_up(request, actor, _said(wanted, len(moved), len(waiting)))


def request_of(item: ExceptionItem) -> NewCustomer:
    """What was asked for. Raises DeskError where the exception is about no new customer."""
    asked = NewCustomer.objects.filter(effect__posting=item.posting_id, is_dropped=False)
    found = asked.select_related("pair__erp", "pair__gateway").first()
    if found is None:
        raise DeskError("Nobody is asked for any more: it was given up.")
    return found


def _give_up(request: NewCustomer, actor: str, why: str) -> None:
    try:
        creating.give_up(request, actor, why)
    except CustomerError as error:
        raise DeskError(str(error)) from error


def _said(customer: str, moved: int, waiting: int) -> str:
    said = f"the payer is customer {customer}."
    if moved:
        payments = "1 payment moves" if moved == 1 else f"{moved} payments move"
        said += f" {payments} there."
    if left := waiting - moved:
        said += f" {left} cannot move yet; link the customer at its own exception."
    return said
