"""Once a new customer stands in the ERP: its payer is linked, and what waited moves there."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from audit import services as audit
from integrations.canonical import CustomerDraft, PartyRecord, draft_from_json
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import wall_now
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.services import lanes
from mapping.choices import IdentitySystem, LinkGround, LinkSystem
from mapping.models import CustomerLink
from mapping.services.customers.deciding import CustomerError, settled_elsewhere
from mapping.services.customers.identities import identity_of, keep
from mapping.services.links import link, link_of
from reconciliation.choices import OPEN_STATES, Placement, Reason
from reconciliation.models import ExceptionItem, NewCustomer
from reconciliation.services.customers.creating import WORKER, give_up
from reconciliation.services.desk.customers import move_to
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.known import company_lock
from reconciliation.services.pairs import for_each_pair

WAITING: Final = """EXISTS (SELECT 1 FROM reconciliation_newcustomer
                             WHERE settled_at IS NULL AND due_at <= %(wall)s)"""

logger = logging.getLogger(__name__)

AT_ONCE: Final = 50
LOOK_AGAIN: Final = timedelta(seconds=2)
#: A payment whose receipt is not in the ERP yet waits for that.
AFTER_TROUBLE: Final = timedelta(seconds=30)
CREATED: Final = "create_customer"


def drain() -> int:
    """A portion for every pair; answers how many payers were linked and payments moved."""
    return for_each_pair("new-customers", settle)


def settle(pair: Pair) -> int:
    rows = NewCustomer.objects.filter(pair=pair, settled_at__isnull=True, due_at__lte=wall_now())
    found = rows.select_related("effect__posting").order_by("due_at", "id")[:AT_ONCE]
    return sum(_settle(pair, row) for row in list(found))


def _settle(pair: Pair, row: NewCustomer) -> int:
    linked = link_of(pair, row.ref)
    posting = row.effect.posting
    if posting.state not in STANDING_STATES:
        if linked is not None and posting.state == PostingState.HELD:
            return _not_wanted(row, linked)
        return _later(row, LOOK_AGAIN)
    done = 0
    with transaction.atomic():
        # Who decides payments has this lock too: each sees the link, or is seen here.
        transaction_lock(company_lock(pair))
        linked = link_of(pair, row.ref)
        if linked is None:
            linked = _linked(pair, row)
            done = 1
        left = list(waiting(pair, row.ref).values_list("pk", flat=True))
        if not left or linked.customer_id != posting.document_no:
            NewCustomer.objects.filter(pk=row.pk).update(settled_at=wall_now())
            return done
    stuck = [pk for pk in left if not moved(pair, pk, posting.document_no)]
    if stuck:
        _later(row, AFTER_TROUBLE)
    return done + len(left) - len(stuck)


def _not_wanted(row: NewCustomer, linked: CustomerLink) -> int:
    """The ERP refused it, and meanwhile a person has said who the payer is."""
    try:
        with transaction.atomic():
            give_up(row, WORKER, f"it is linked to customer {linked.customer_id}.")
    except CustomerError as error:
        logger.info("%s", error)
        return _later(row, AFTER_TROUBLE)
    return 1


def _later(row: NewCustomer, after: timedelta) -> int:
    NewCustomer.objects.filter(pk=row.pk).update(due_at=wall_now() + after)
    return 0


def _linked(pair: Pair, row: NewCustomer) -> CustomerLink:
    """Link the payer, by who asked for it; the ERP's copy is here before its next walk."""
    posting = row.effect.posting
    number = posting.document_no
    why = f"Created in the ERP as {number}" + (
        " by the payment route’s policy." if row.ground == LinkGround.POLICY else "."
    )
    made = link(pair, row.ref, number, row.asked_by, ground=row.ground, why=why)
    settled_elsewhere(pair, LinkSystem.GATEWAY, row.ref)
    keep(pair, IdentitySystem.ERP, [identity_of(pair, IdentitySystem.ERP, number, _party(row))])
    audit.record(
        "customer.created",
        ("customer", row.ref),
        actor=row.asked_by,
        summary=f"{row.ref} was created in the ERP as customer {number}.",
        details={"pair": pair.pk, "customer": number, "ground": row.ground, "key": posting.key},
    )
    lanes.wake("deliver")
    return made


def _party(row: NewCustomer) -> PartyRecord:
    draft = draft_from_json(row.effect.posting.draft)
    if not isinstance(draft, CustomerDraft):
        raise ValueError(f"{row.effect.key} is no new customer.")
    return PartyRecord(
        name=draft.name, email=draft.email, phone=draft.phone, lines=draft.lines,
        city=draft.city, region=draft.region, postcode=draft.postcode, country=draft.country,
    )  # fmt: skip


def waiting(pair: Pair, ref: str) -> QuerySet[ExceptionItem]:
    """Payments of the payer that stand with the unidentified receipts, each by its exception."""
    return ExceptionItem.objects.filter(
        transaction__connection=pair.gateway,
        transaction__customer_ref=ref,
        transaction__placement=Placement.UNIDENTIFIED,
        reason=Reason.CUSTOMER_UNKNOWN,
        state__in=OPEN_STATES,
    ).order_by("pk")


def moved(pair: Pair, pk: int, customer: str, action: str = CREATED, actor: str = WORKER) -> bool:
    """Move one payment's money to the customer, as a person's link would; False: not yet."""
    try:
        with transaction.atomic():
            item = (
                ExceptionItem.objects.select_for_update(of=("self",))
                .select_related("transaction__connection", "transaction__last_fact", "connection")
                .get(pk=pk)
            )
            if item.state not in OPEN_STATES:
                return True  # A person has just done it.
            move_to(item, pair, customer, action, actor)
    except DeskError as error:
        logger.info("Payment of exception %s does not move yet: %s", pk, error)
        return False
    return True
