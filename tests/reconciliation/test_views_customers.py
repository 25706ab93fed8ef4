"""The pages about customers, as a person uses them."""

import pytest
from django.urls import reverse

from audit.roles import Role
from integrations.canonical import PartyRecord
from mapping.models import CustomerCandidate, CustomerLink, CustomerMerge
from mapping.services.customers.candidates import look_up
from mapping.services.customers.identities import identity_of, keep
from mapping.services.links import link
from reconciliation.choices import Reason
from reconciliation.services.customers import acting, consequences
from reconciliation.services.customers.consequences import Consequence
from reconciliation.services.desk.errors import DeskError
from tests.builders import (
    CustomerCandidateFactory,
    ExceptionItemFactory,
    PairFactory,
    TransactionFactory,
)
from tests.world import person

pytestmark = pytest.mark.django_db
ANN = PartyRecord("Ann Lee", "ann.lee@gmail.com", lines=("12 Elm Street",), postcode="97301")


@pytest.fixture
def pair(monkeypatch):
    def there(pair, customer_id):
        if not customer_id.startswith("C"):
            raise DeskError(f"No customer of company {pair.company} is called {customer_id}.")
        return customer_id

    monkeypatch.setattr(acting, "require_customer", there)
    return PairFactory()


@pytest.fixture
def candidate(pair):
    keep(pair, "erp", [identity_of(pair, "erp", "C1", ANN)])
    keep(pair, "gateway", [identity_of(pair, "gateway", "g1", ANN)])
    look_up(pair)
    return CustomerCandidate.objects.get()


@pytest.fixture
def operator(client):
    client.force_login(person("olga", Role.OPERATOR))
    return client


def decide(client, about, name, **data):
    return client.post(reverse("customer-decide", args=[about.identity.pk, name]), data)


def test_the_queue_shows_both_sides_why_and_how_often_that_was_right(operator, candidate):
    page = operator.get(reverse("customer-review-one", args=[candidate.identity.pk]))
    said = page.content.decode()
    assert "Same e-mail, same name, same address." in said
    assert said.count("ann.lee@gmail.com") == 2
    assert "suggestions like this were right in our trial" in said
    assert "Nobody has decided about one like this here yet." in said


def test_a_candidate_is_linked_from_the_queue(operator, candidate):
    decide(operator, candidate, "link", candidate=candidate.pk)
    assert CustomerLink.objects.get().customer_id == "C1"
    page = operator.get(reverse("customers")).content.decode()
    assert ">g1<" in page


def test_what_is_not_the_same_leaves_the_queue(operator, candidate):
    decide(operator, candidate, "not-same", candidate=candidate.pk, note="")
    candidate.refresh_from_db()
    assert candidate.state == "not_same"
    assert ", g1<" not in operator.get(reverse("customer-review")).content.decode()


def test_a_number_that_the_erp_does_not_know_is_refused_in_words(operator, candidate):
    answer = decide(operator, candidate, "number", customer_id="X9")
    assert answer.status_code == 422
    assert "is called X9" in answer.content.decode()
    assert not CustomerLink.objects.exists()


def test_a_new_customers_number_can_be_entered(operator, candidate):
    decide(operator, candidate, "number", customer_id="C77")
    assert CustomerLink.objects.get().customer_id == "C77"


def test_who_only_looks_can_decide_nothing(client, candidate):
    client.force_login(person("vera", Role.VIEWER))
    assert decide(client, candidate, "link", candidate=candidate.pk).status_code == 403
    page = client.get(reverse("customer-review-one", args=[candidate.identity.pk]))
    assert "Not the same" not in page.content.decode()


def test_a_link_is_taken_back_with_a_reason(operator, pair):
    row = link(pair, "g1", "C1", "user:olga")
    url = reverse("customer-link", args=[row.pk])
    assert operator.post(url, {"why": ""}).status_code == 422
    operator.post(url, {"why": "Namesake"})
    assert not CustomerLink.objects.exists()


def test_a_merge_lists_what_it_touches_then_waits_for_another_person(client, operator, pair):
    link(pair, "g1", "C2", "user:olga")
    form = {"pair": pair.pk, "merged_id": "C2", "kept_id": "C1", "why": "One shop"}
    first = operator.post(reverse("customer-merge-new"), form).content.decode()
    assert "taking it back restores them" in first
    assert not CustomerMerge.objects.exists()
    operator.post(reverse("customer-merge-new"), form | {"sure": "1"})
    merge = CustomerMerge.objects.get()
    assert merge.state == "proposed"
    assert operator.post(reverse("customer-agree", args=[merge.pk])).status_code == 403
    client.force_login(person("anna", Role.APPROVER))
    client.post(reverse("customer-agree", args=[merge.pk]))
    assert CustomerLink.objects.get().customer_id == "C1"


def test_the_desk_shows_who_an_unknown_payer_may_be(operator, pair, candidate):
    payer = {"name": "ANN LEE", "email": "Ann.Lee@gmail.com", "lines": ["12 Elm St"]}
    row = TransactionFactory(connection=pair.gateway, payer=payer, customer_ref="")
    item = ExceptionItemFactory(
        reason=Reason.CUSTOMER_UNKNOWN, transaction=row, connection=pair.gateway
    )
    said = operator.get(reverse("exception", args=[item.pk])).content.decode()
    assert "Who it may be" in said
    assert "Same e-mail, same name" in said
    assert 'name="customer_id" value="C1"' in said


def test_the_list_of_the_queue_names_both_sides_and_why(operator, candidate):
    keep(
        candidate.identity.pair,
        "gateway",
        [identity_of(candidate.identity.pair, "gateway", "g2", ANN)],
    )
    look_up(candidate.identity.pair)
    page = operator.get(reverse("customer-review")).content.decode()
    assert ">Ann Lee, g1</a>" in page
    assert ">Ann Lee, g2</a>" in page
    assert page.count(">Ann Lee, C1</td>") == 2
    assert "Same e-mail, same name, same address." in page


def test_a_payer_without_a_name_and_a_second_suggestion_are_said(operator, candidate):
    CustomerCandidateFactory(identity=candidate.identity, score=40, tier=3)
    candidate.identity.name = candidate.identity.email = ""
    candidate.identity.save()
    page = operator.get(reverse("customer-review")).content.decode()
    assert ">No name, g1</a>" in page
    assert ">Ann Lee, C1 or 1 other</td>" in page


def test_what_waits_for_a_new_customer_is_money_in_cents_beside_who_it_might_be(
    operator, candidate, monkeypatch
):
    touched = Consequence("Payments", 1, (("139.120", "USD"),), "stay there")
    monkeypatch.setattr(consequences, "of_link", lambda *about: [touched])
    page = operator.get(reverse("customer-create", args=[candidate.identity.pk])).content.decode()
    assert "Create Ann Lee in" in page
    assert ">139.12 USD<" in page
    assert f'href="/pairs/{candidate.identity.pair_id}/customers/C1/"' in page
