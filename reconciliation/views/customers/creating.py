"""Creating a payer as a customer of the ERP: what would be made, what became of it, once more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from integrations.canonical import CustomerDraft
from integrations.choices import STANDING_STATES, PostingState
from integrations.pages import DutyPage
from mapping.choices import CandidateState, IdentitySystem
from mapping.customers.new_customers import with_number
from mapping.models import CustomerIdentity
from mapping.services.customers.deciding import CustomerError
from mapping.services.customers.policies import policy_of
from mapping.services.links import link_of
from reconciliation.choices import Reason
from reconciliation.customer_forms import NewCustomerForm
from reconciliation.customer_page import shown
from reconciliation.models import ExceptionItem, NewCustomer
from reconciliation.services.customers import consequences, creating
from reconciliation.services.pairs import of_gateway
from reconciliation.views.customers.review import identity_of

PAGE = "reconciliation/customers/create.html"
NEAR = (CandidateState.OPEN, CandidateState.NOT_SAME)
#: The form's fields that are the draft's own.
PLAIN = (
    "name", "email", "phone", "city", "region", "postcode", "country", "customer_class", "terms",
)  # fmt: skip


class CreateCustomer(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        identity = identity_of(pk)
        try:
            form = NewCustomerForm(initial=_initial(creating.proposed(identity)))
        except CustomerError as error:
            return _show(request, identity, None, str(error), 200)
        return _show(request, identity, form)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS, ("customer", str(pk)))
        identity = identity_of(pk)
        form = NewCustomerForm(request.POST)
        try:
            done = _do(request, identity, form)
        except CustomerError as error:
            return _show(request, identity, form, str(error), 422)
        if not done:
            return _show(request, identity, form, "", 422)
        messages.success(request, done)
        return HttpResponseRedirect(reverse("customer-create", args=[pk]))


def _do(request: HttpRequest, identity: CustomerIdentity, form: NewCustomerForm) -> str:
    actor = user_actor(request.user)
    if "drop" in request.POST:
        asked = creating.standing_request(identity.pair, identity.ref)
        if asked is None:
            raise CustomerError("Nobody has asked for it, or it was given up already.")
        creating.drop(asked, actor, "a person does not want it.")
        return f"{identity.ref} is not created."
    if not form.is_valid():
        return ""
    creating.create(identity, _draft(identity, form.cleaned_data), actor)
    return f"{identity.pair.erp.name} is asked to make {identity.ref} a customer."


def _draft(identity: CustomerIdentity, data: dict[str, Any]) -> CustomerDraft:
    lines = tuple(data[f"line{n}"] for n in (1, 2, 3) if data[f"line{n}"])
    draft = replace(
        creating.proposed(identity), lines=lines, **{name: data[name] for name in PLAIN}
    )
    return with_number(draft, data["number"], policy_of(identity.pair))


def _initial(draft: CustomerDraft) -> dict[str, str]:
    found = {name: str(getattr(draft, name)) for name in PLAIN}
    found["number"] = draft.customer_id
    return found | {f"line{n}": line for n, line in enumerate(draft.lines[:3], 1)}


def _show(
    request: HttpRequest,
    identity: CustomerIdentity,
    form: forms.Form | None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    pair = identity.pair
    asked = creating.standing_request(pair, identity.ref)
    posting = asked.effect.posting if asked else None
    link = link_of(pair, identity.ref, identity.system)
    is_held = posting is not None and posting.state == PostingState.HELD
    near = identity.candidates.filter(state__in=NEAR).select_related("erp")
    context = {
        "title": f"Create {identity.name or identity.ref} in {pair.erp.name}",
        "identity": identity,
        "asked": asked,
        "posting": posting,
        "stands": posting is not None and posting.state in STANDING_STATES,
        "is_held": is_held,
        "link": link,
        "form": form if link is None and (asked is None or is_held) else None,
        "problem": problem,
        "near": [
            (shown(each), "" if each.state == CandidateState.OPEN else each.get_state_display())
            for each in near.order_by("tier", "-score")[:5]
        ],
        "next_number": _next_number(identity),
        "consequences": consequences.of_link(pair, identity.system, identity.ref),
        "may_work": may(request.user, Duty.WORK_EXCEPTIONS),
    }
    return render(request, PAGE, context, status=status)


def _next_number(identity: CustomerIdentity) -> str:
    """How the next number looks, in words."""
    policy = policy_of(identity.pair)
    return f"{policy.number_prefix} and {policy.number_digits} digits"


def create_url(item: ExceptionItem) -> str:
    """Where an exception's payer can be created, or what became of it; "" where nowhere."""
    row, posting = item.transaction, item.posting
    if posting is not None:
        asked = NewCustomer.objects.filter(effect__posting=posting).first()
        known = _known(asked.pair_id, asked.ref) if asked else None
        return reverse("customer-create", args=[known.pk]) if known else ""
    if item.reason != Reason.CUSTOMER_UNKNOWN or row is None or not row.customer_ref:
        return ""
    pair = of_gateway(row.connection_id)
    known = _known(pair.pk, row.customer_ref) if pair else None
    if known is None or not creating.may_be_offered(known):
        return ""
    return reverse("customer-create", args=[known.pk])


def _known(pair_id: int, ref: str) -> CustomerIdentity | None:
    found = CustomerIdentity.objects.filter(pair=pair_id, system=IdentitySystem.GATEWAY, ref=ref)
    return found.select_related("pair__erp").first()
