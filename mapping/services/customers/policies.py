"""A pair's policy of customers: what stands, and how it changes by two persons."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.urls import reverse

from audit import services as audit
from audit.roles import Duty
from integrations.clock import wall_now
from integrations.models import Pair
from integrations.services.setting_changes import Lines, Setting, Values
from mapping.choices import NewNumber
from mapping.customers.policy import Policy
from mapping.models import CustomerPolicy

LABELS: Final = {
    "link_from": "Score from which it is a link",
    "review_from": "Score from which a person looks",
    "links_alone": "Link without a person",
    "creates_alone": "Create without a person",
    "number_from": "Number of a new customer",
    "number_prefix": "New numbers begin with",
    "number_digits": "Digits behind it",
    "customer_class": "Class of new customers",
    "terms": "Payment terms of new customers",
}


def policy_of(pair: Pair) -> Policy:
    """What is in force; without a row, the default: nothing is linked by itself."""
    row = CustomerPolicy.objects.filter(pair=pair).first()
    return Policy(**{name: getattr(row, name) for name in LABELS}) if row else Policy()


def plain(policy: Policy) -> dict[str, Any]:
    """JSON-plain, as a proposed change keeps it."""
    return {name: _value(getattr(policy, name)) for name in LABELS}


def _value(value: object) -> object:
    return str(value) if isinstance(value, StrEnum) else value


def in_words(policy: Policy) -> str:
    alone = "without a person" if policy.links_alone else "by a person only"
    created = "creates customers without a person" if policy.creates_alone else "creates none alone"
    return f"links from {policy.link_from} {alone}, review from {policy.review_from}, {created}"


def _standing(key: str) -> dict[str, Any]:
    return plain(policy_of(Pair.objects.get(pk=key)))


def _put(key: str, values: Values, made_by: str, approved_by: str) -> None:
    """Raises ValueError for a policy beyond what was measured."""
    wanted = Policy(**values)
    with transaction.atomic():
        pair = Pair.objects.select_for_update().get(pk=key)
        CustomerPolicy.objects.update_or_create(
            pair=pair,
            defaults={**plain(wanted), "approved_by": approved_by[:80], "changed_at": wall_now()},
        )
        audit.record(
            "customer_policy.changed",
            ("pair", key),
            actor=approved_by,
            summary=f"Customers of {pair.name}: {in_words(wanted)}. Proposed by {made_by}.",
        )


def _lines(before: Values, after: Values) -> Lines:
    return [(LABELS[name], _said(before.get(name)), _said(value)) for name, value in after.items()]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value in NewNumber.values:
        return str(NewNumber(value).label)
    return "" if value is None else str(value)


SETTING: Final = Setting(
    name="customer-policy",
    propose=Duty.EDIT_RULES,
    approve=Duty.APPROVE_RULES,
    standing=_standing,
    put=_put,
    lines=_lines,
    page=lambda key: reverse("customer-policy", args=[key]),
)
