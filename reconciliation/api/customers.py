"""Which customer of the gateway or CRM is which of the ERP: links, suggestions, and decisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from audit.api.views import DetailView, ListView, WriteView
from audit.roles import Duty
from console.api.problems import ProblemError
from console.keyset import Order
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerLink
from mapping.services.customers.deciding import CustomerError
from reconciliation.api.customer_serializers import (
    CandidateBody,
    CustomerLinkDetailSerializer,
    CustomerLinkSerializer,
    CustomerNumberBody,
    NotSameBody,
    WaitingCustomerDetailSerializer,
    WaitingCustomerSerializer,
    WhyBody,
)
from reconciliation.customer_filters import LinkFilter, ReviewFilter
from reconciliation.customer_page import waiting_customers
from reconciliation.services.customers import acting


class LinkList(ListView):
    """Customers of the gateway or CRM that are linked to one of the ERP, by their number there."""

    filter_class = LinkFilter
    order = Order("ref", descending=False)
    serializer_class = CustomerLinkSerializer

    def rows(self) -> QuerySet[CustomerLink]:
        return CustomerLink.objects.select_related("pair")


class LinkDetail(DetailView):
    """One link with its history, and what taking it back would touch."""

    serializer_class = CustomerLinkDetailSerializer

    def rows(self) -> QuerySet[CustomerLink]:
        return CustomerLink.objects.select_related("pair__gateway")


class WaitingList(ListView):
    """Customers that may be one of the ERP's, with suggestions that nobody has decided about."""

    filter_class = ReviewFilter
    order = Order("ref", descending=False)
    serializer_class = WaitingCustomerSerializer

    def rows(self) -> QuerySet[CustomerIdentity]:
        found: QuerySet[CustomerIdentity] = waiting_customers()
        return found


def _identities() -> QuerySet[CustomerIdentity]:
    found = CustomerIdentity.objects.exclude(system="erp")
    return found.select_related("pair__erp", "pair__gateway")


class WaitingDetail(DetailView):
    """One customer beside those of the ERP that it may be, with what speaks for each."""

    serializer_class = WaitingCustomerDetailSerializer

    def rows(self) -> QuerySet[CustomerIdentity]:
        return _identities()


class _Decision(WriteView):
    """Something that is said of a customer; the ERP is asked whether its customer exists."""

    duty = Duty.WORK_EXCEPTIONS
    answer_class = WaitingCustomerDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(_identities(), pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        identity = _identities().get(pk=kwargs["pk"])
        try:
            self.decide(identity, given, actor)
        except CustomerError as error:
            raise ProblemError("refused", str(error)) from error
        return WaitingCustomerDetailSerializer(_identities().get(pk=identity.pk)).data

    def decide(self, identity: CustomerIdentity, given: Mapping[str, Any], actor: str) -> None:
        raise NotImplementedError

    def candidate(self, identity: CustomerIdentity, number: int) -> CustomerCandidate:
        found = CustomerCandidate.objects.select_related("erp", "identity__pair")
        candidate = found.filter(pk=number, identity=identity).first()
        if candidate is None:
            wrong = {"candidate": ["There is no such suggestion for this customer."]}
            raise ProblemError("invalid-values", "Nothing was done.", wrong)
        return candidate


class LinkSuggested(_Decision):
    """They are the same: later payments of this customer are booked with the ERP's."""

    operation_id = "waiting_customers_link"
    body_class = CandidateBody

    def decide(self, identity: CustomerIdentity, given: Mapping[str, Any], actor: str) -> None:
        acting.link_candidate(self.candidate(identity, given["candidate"]), actor)


class NotTheSame(_Decision):
    """They are not the same customer; the suggestion is not made again."""

    operation_id = "waiting_customers_not_same"
    body_class = NotSameBody

    def decide(self, identity: CustomerIdentity, given: Mapping[str, Any], actor: str) -> None:
        acting.not_the_same(self.candidate(identity, given["candidate"]), actor, given["note"])


class LinkByNumber(_Decision):
    """Link to a customer of the ERP that was not suggested."""

    operation_id = "waiting_customers_number"
    body_class = CustomerNumberBody

    def decide(self, identity: CustomerIdentity, given: Mapping[str, Any], actor: str) -> None:
        acting.link_by_number(identity, given["customer_id"], actor)


class Unlink(WriteView):
    """Take a link back; what was booked under it stays booked. Answers it once more."""

    duty = Duty.WORK_EXCEPTIONS
    operation_id = "customer_links_unlink"
    body_class = WhyBody
    answer_class = CustomerLinkSerializer

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        row = get_object_or_404(CustomerLink.objects.select_related("pair"), pk=kwargs["pk"])
        told = CustomerLinkSerializer(row).data
        try:
            acting.unlink(row, given["why"], actor)
        except CustomerError as error:
            raise ProblemError("refused", str(error)) from error
        return told
