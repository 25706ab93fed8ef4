"""A pair's policy of customers: what stands, and a change that waits for another person."""

from __future__ import annotations

from django.db import transaction

from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.customers.policy import Policy
from mapping.models import CustomerPolicy


class PolicyError(Exception):
    """The policy cannot be changed like that; the message says why."""


def policy_row(pair: Pair) -> CustomerPolicy:
    return CustomerPolicy.objects.filter(pair=pair).first() or CustomerPolicy(
        pair=pair, changed_at=wall_now()
    )


def policy_of(pair: Pair) -> Policy:
    row = policy_row(pair)
    return Policy(row.link_from, row.review_from, row.links_alone)


def change(pair: Pair, wanted: Policy, actor: str) -> bool:
    """Take a change over, or let it wait; answers whether it is in force.

    Whatever lets more be linked without a person moves money: another person approves it.
    """
    with transaction.atomic():
        row, _ = CustomerPolicy.objects.select_for_update().get_or_create(
            pair=pair, defaults={"changed_at": wall_now()}
        )
        looser = wanted.links_alone and (not row.links_alone or wanted.link_from < row.link_from)
        if looser:
            row.proposed = _plain(wanted)
            row.proposed_by, row.changed_at = actor, wall_now()
            row.save()
            _told(row, actor, "customer_policy.proposed", f"Asked for: {_words(wanted)}.")
            return False
        _put(row, wanted)
        _told(row, actor, "customer_policy.changed", f"In force: {_words(wanted)}.")
    return True


def approve(pair: Pair, actor: str) -> None:
    """Put the waiting change in force. Raises PolicyError for who asked for it."""
    with transaction.atomic():
        row = CustomerPolicy.objects.select_for_update().filter(pair=pair).first()
        if row is None or not row.proposed:
            raise PolicyError("Nothing waits for approval.")
        if row.proposed_by == actor:
            raise PolicyError("Another person has to approve what you asked for.")
        wanted = Policy(**row.proposed)
        row.approved_by = actor
        _put(row, wanted)
        _told(row, actor, "customer_policy.approved", f"In force: {_words(wanted)}.")


def withdraw(pair: Pair, actor: str) -> None:
    with transaction.atomic():
        row = CustomerPolicy.objects.select_for_update().filter(pair=pair).first()
        if row is None or not row.proposed:
            raise PolicyError("Nothing waits for approval.")
        row.proposed, row.proposed_by = {}, ""
        row.save()
        _told(row, actor, "customer_policy.withdrawn", "What was asked for is withdrawn.")


def _put(row: CustomerPolicy, wanted: Policy) -> None:
    row.link_from, row.review_from = wanted.link_from, wanted.review_from
    row.links_alone = wanted.links_alone
    row.proposed, row.proposed_by, row.changed_at = {}, "", wall_now()
    row.save()


def _plain(policy: Policy) -> dict[str, int | bool]:
    return {
        "link_from": policy.link_from,
        "review_from": policy.review_from,
        "links_alone": policy.links_alone,
    }


def _words(policy: Policy) -> str:
    alone = "without a person" if policy.links_alone else "by a person only"
    return f"links from {policy.link_from} {alone}, review from {policy.review_from}"


def _told(row: CustomerPolicy, actor: str, kind: str, said: str) -> None:
    audit.record(
        kind,
        ("pair", str(row.pair_id)),
        actor=actor,
        summary=f"Customers of {row.pair.name}. {said}",
    )
