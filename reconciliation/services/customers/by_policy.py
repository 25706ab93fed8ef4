"""Where a pair's policy says so, payers whom nobody in the ERP is like become customers there.

Only who is surely new: their payment found no customer, the ERP's customers have all been read, and
the look-up suggested nobody, refused ones included. Whoever was linked once is a person's matter.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from integrations.clock import wall_now
from integrations.models import Pair
from integrations.services.connectors import creates_customers
from mapping.choices import CandidateState, IdentitySystem, LinkGround, LinkSystem
from mapping.models import (
    CustomerCandidate,
    CustomerIdentity,
    CustomerLink,
    CustomerLinkHistory,
    CustomerSource,
)
from mapping.services.customers.deciding import CustomerError
from mapping.services.customers.policies import policy_of
from reconciliation.choices import OPEN_STATES, Placement, Reason
from reconciliation.models import ExceptionItem, NewCustomer
from reconciliation.services.customers.creating import WORKER, ask, proposed

logger = logging.getLogger(__name__)

AT_ONCE: Final = 100
#: Customers that were read longer ago may lack one that a bookkeeper has made since.
READ_WITHIN: Final = timedelta(hours=12)


def create_new(pair: Pair) -> int:
    """Ask for the customers that the policy allows; answers how many."""
    if not (policy_of(pair).creates_alone and creates_customers(pair.erp) and _all_read(pair)):
        return 0
    return sum(_asked(identity) for identity in _new_payers(pair))


def _all_read(pair: Pair) -> bool:
    """Whether a walk over the ERP's customers has come to its end, not long ago."""
    source = CustomerSource.objects.filter(pair=pair, system=IdentitySystem.ERP).first()
    if source is None or source.read_at is None or source.problem or source.cursor:
        return False
    return source.read_at > wall_now() - READ_WITHIN


def _new_payers(pair: Pair) -> list[CustomerIdentity]:
    refs = {"pair": pair, "ref": OuterRef("ref")}
    payments = ExceptionItem.objects.filter(
        reason=Reason.CUSTOMER_UNKNOWN,
        state__in=OPEN_STATES,
        transaction__connection=pair.gateway,
        transaction__placement=Placement.UNIDENTIFIED,
        transaction__customer_ref=OuterRef("ref"),
    )
    like = CustomerCandidate.objects.filter(identity=OuterRef("pk")).exclude(
        state=CandidateState.GONE
    )
    found = CustomerIdentity.objects.filter(
        Exists(payments), pair=pair, system=IdentitySystem.GATEWAY, is_looked_up=True
    )
    return list(
        found.exclude(name="")
        .exclude(Exists(like))
        .exclude(Exists(NewCustomer.objects.filter(**refs)))
        .exclude(Exists(CustomerLink.objects.filter(**refs, system=LinkSystem.GATEWAY)))
        .exclude(Exists(CustomerLinkHistory.objects.filter(**refs, system=LinkSystem.GATEWAY)))
        .select_related("pair__erp", "pair__gateway")
        .order_by("-pk")[:AT_ONCE]
    )


def _asked(identity: CustomerIdentity) -> int:
    """What does not fit the ERP is left to a person: its exception is open."""
    try:
        ask(identity, proposed(identity), WORKER, LinkGround.POLICY)
    except CustomerError as error:
        logger.info("%s is not created by the policy: %s", identity.ref, error)
        return 0
    return 1
