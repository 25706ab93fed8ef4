"""A payer becomes a customer of the ERP: asked for by a person or the policy, once.

What is owed is a posting like any other, under a key of the payer's own number at the gateway: a
lost answer is looked up, and two payments of one payer make one customer. Once it stands,
`settling` links it.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Final

from django.db import transaction

from audit import guard
from audit import services as audit
from integrations.canonical import CustomerDraft, PartyRecord, draft_from_json
from integrations.choices import STANDING_STATES, PostingState
from integrations.clock import wall_now
from integrations.errors import ConfigError
from integrations.locks import transaction_lock
from integrations.models import Pair, Posting
from integrations.services import lanes
from integrations.services.connectors import creates_customers, customer_creator_of
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel, release_as
from mapping.choices import LinkGround, LinkSystem
from mapping.customers.new_customers import draft_of, unfit
from mapping.models import CustomerIdentity
from mapping.services.customers.deciding import CustomerError
from mapping.services.customers.policies import policy_of
from mapping.services.links import link_of
from mapping.services.rulesets import version_in_force
from reconciliation import keys
from reconciliation.choices import OPEN_STATES, EffectKind
from reconciliation.models import ExceptionItem, NewCustomer
from reconciliation.services import effects
from reconciliation.services.customers.acting import WORK, trusted
from reconciliation.services.desk.steps import resolve
from reconciliation.services.pairs import today

WORKER: Final = "worker"


def widths_of(pair: Pair) -> dict[str, int]:
    """What the ERP takes of a new customer's texts. Raises CustomerError where it takes none."""
    try:
        creator = customer_creator_of(pair.erp)
    except ConfigError as error:
        raise CustomerError(f"{pair.erp.name}: {error.message}") from error
    if creator is None:
        raise CustomerError(f"{pair.erp.name} takes no new customers from here.")
    return dict(creator.customer_widths)


def standing_request(pair: Pair, ref: str) -> NewCustomer | None:
    """What was asked for this payer and was not given up."""
    asked = NewCustomer.objects.filter(pair=pair, ref=ref, is_dropped=False)
    return asked.select_related("effect__posting", "pair__erp").first()


def may_be_offered(identity: CustomerIdentity) -> bool:
    """Whether a page offers to create this payer: known without asking the ERP."""
    if identity.system != LinkSystem.GATEWAY or not creates_customers(identity.pair.erp):
        return False
    return link_of(identity.pair, identity.ref) is None


def proposed(identity: CustomerIdentity) -> CustomerDraft:
    """What would be created, from what the gateway showed. Raises CustomerError."""
    pair = identity.pair
    request = standing_request(pair, identity.ref)
    if request is not None:
        draft = draft_from_json(request.effect.posting.draft)
        if isinstance(draft, CustomerDraft):
            return draft
    texts = ("name", "email", "phone", "city", "region", "postcode", "country")
    party = PartyRecord(**{n: getattr(identity, n) for n in texts}, lines=tuple(identity.lines))
    policy, widths = policy_of(pair), widths_of(pair)
    return draft_of(pair.company, identity.ref, party, policy, today(pair), widths)


def create(identity: CustomerIdentity, draft: CustomerDraft, actor: str) -> NewCustomer:
    """A person has this payer created, or sends what the ERP refused once more, corrected.

    Raises PermissionDenied, or CustomerError in words; nothing has changed then.
    """
    trusted(actor, WORK, identity.ref)
    return ask(identity, draft, actor, LinkGround.PERSON)


def ask(identity: CustomerIdentity, draft: CustomerDraft, actor: str, ground: str) -> NewCustomer:
    """Owe the customer to the ERP, once for each payer; who asks has been seen to."""
    pair, ref = identity.pair, identity.ref
    if identity.system != LinkSystem.GATEWAY:
        raise CustomerError("Only payers of the gateway are created; load their links instead.")
    problems = unfit(draft, widths_of(pair))
    if problems:
        raise CustomerError(" ".join(problems.values()))
    if any(guard.inspect_text(text).text != text for text in _texts(draft)):
        raise CustomerError("One of the texts looks like a card number; it is not kept.")
    with transaction.atomic():
        transaction_lock(f"new-customer:{pair.pk}:{ref}")
        _require_unlinked(pair, ref)
        request = standing_request(pair, ref)
        made = _again(request, draft, actor) if request else _owe(pair, ref, draft, actor, ground)
    lanes.wake("deliver")
    return made


def _owe(pair: Pair, ref: str, draft: CustomerDraft, actor: str, ground: str) -> NewCustomer:
    day = today(pair)
    version = version_in_force(pair, day)
    if version is None:
        raise CustomerError(f"No rule set of {pair.name} is in force on {day}.")
    leg = 1 + NewCustomer.objects.filter(pair=pair, ref=ref).count()
    key = keys.customer_key(pair, ref, leg)
    effect = effects.make(
        pair,
        [
            effects.NewEffect(
                key=key,
                kind=EffectKind.CUSTOMER,
                draft=draft,
                amount=Decimal(0),
                version_id=version.pk,
                business_on=day,
                rules=(
                    f"customers created by {'policy' if ground == LinkGround.POLICY else actor}",
                ),
            )
        ],
    )[key]
    now = wall_now()
    made = NewCustomer.objects.create(
        pair=pair, ref=ref, effect=effect, ground=ground, asked_by=actor, asked_at=now, due_at=now
    )
    audit.record(
        "customer.asked_for",
        ("customer", ref),
        actor=actor,
        summary=f"{pair.erp.name} is to make a customer of {ref}: {draft.name}.",
        details={"pair": pair.pk, "key": key, "ground": ground},
    )
    return made


def _again(request: NewCustomer, draft: CustomerDraft, actor: str) -> NewCustomer:
    """What the ERP refused goes once more under the same key, with other content."""
    posting = request.effect.posting
    if posting.state in STANDING_STATES:
        raise CustomerError(f"{request.ref} is customer {posting.document_no} by now.")
    if posting.state != PostingState.HELD:
        raise CustomerError(f"{request.ref} is being created already.")
    try:
        release_as(posting, draft, actor)
    except ContentConflictError as error:
        raise CustomerError(f"{error} It is looked up; try it again afterwards.") from error
    return request


def drop(request: NewCustomer, actor: str, why: str) -> None:
    """Give up what the ERP has not taken: a person does not want it any more."""
    trusted(actor, WORK, request.ref)
    with transaction.atomic():
        transaction_lock(f"new-customer:{request.pair_id}:{request.ref}")
        give_up(NewCustomer.objects.get(pk=request.pk), actor, why)


def give_up(request: NewCustomer, actor: str, why: str) -> None:
    """Cancel it; in a transaction. Raises CustomerError where it may have reached the ERP."""
    posting = Posting.objects.get(effect=request.effect_id)
    try:
        cancel(posting, actor, why)
    except ContentConflictError as error:
        raise CustomerError(
            f"{request.ref} may be a customer of the ERP already, and none is deleted there."
        ) from error
    request.is_dropped, request.settled_at = True, wall_now()
    request.save(update_fields=["is_dropped", "settled_at"])
    items = ExceptionItem.objects.select_for_update().filter(posting=posting, state__in=OPEN_STATES)
    for item in items.order_by("pk"):
        resolve(item, "not_created", actor, f"{request.ref} is not created: {why}")


def _require_unlinked(pair: Pair, ref: str) -> None:
    row = link_of(pair, ref)
    if row is not None:
        raise CustomerError(f"{ref} is linked to customer {row.customer_id} already.")


def _texts(draft: CustomerDraft) -> list[str]:
    """Whatever a person or the gateway may have written into it."""
    found = [getattr(draft, each.name) for each in fields(draft)]
    return [*(text for text in found if isinstance(text, str)), *draft.lines]
