"""What the books and the cross-reference know of one customer of the ERP."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from integrations.models import Pair
from integrations.money import Money, sums
from mapping.choices import IdentitySystem
from mapping.models import CustomerIdentity, CustomerLink, CustomerMerge
from reconciliation.choices import Placement
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.questions import open_exceptions
from reconciliation.tables import EFFECTS

#: So many of a sort are shown; the lists have the others.
SHOWN: Final = 20
LONGEST: Final = 20
#: Payments on account are added up only as far as a person can follow.
MOST_ADDED: Final = 1_000


def identity(pair: Pair, number: str) -> CustomerIdentity | None:
    """The customer as the ERP's customers were last read."""
    found = CustomerIdentity.objects.filter(pair=pair, system=IdentitySystem.ERP, ref=number)
    return found.first()


def links(pair: Pair, number: str) -> list[CustomerLink]:
    """What the gateway and the CRM call the customer."""
    found = CustomerLink.objects.filter(pair=pair, customer_id=number)
    return list(found.order_by("system", "ref")[:SHOWN])


def merges(pair: Pair, number: str) -> list[CustomerMerge]:
    """Customers that are booked with this one, or the one that this is booked with."""
    sides = Q(kept_id=number) | Q(merged_id=number)
    found = CustomerMerge.objects.filter(sides, pair=pair, state=CustomerMerge.State.IN_FORCE)
    return list(found.order_by("-pk")[:SHOWN])


def payments(pair: Pair, number: str) -> list[Transaction]:
    """The newest first; one more than is shown, if there is one."""
    found = Transaction.objects.filter(customer_id=number, connection=pair.gateway_id)
    rows = found.select_related("batch").prefetch_related(EFFECTS)
    return list(rows.order_by("-captured_at", "-id")[: SHOWN + 1])


def on_account(pair: Pair, number: str) -> list[Money] | None:
    """Payments that stand on the customer's account, added up; None where there are too many."""
    found = Transaction.objects.filter(
        customer_id=number, connection=pair.gateway_id, placement=Placement.ON_ACCOUNT
    )
    rows = list(found.order_by().values_list("amount", "currency")[: MOST_ADDED + 1])
    if len(rows) > MOST_ADDED:
        return None
    return sums(Money(amount, currency) for amount, currency in rows)


def exceptions(pair: Pair, number: str) -> list[ExceptionItem]:
    found = open_exceptions().filter(
        transaction__customer_id=number, transaction__connection=pair.gateway_id
    )
    return list(found.order_by("business_on", "pk")[:SHOWN])
