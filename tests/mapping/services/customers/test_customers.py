"""Customers kept, looked up, linked, refused, merged and taken apart again."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.canonical import PartyRecord
from integrations.services import connection_changes as changes
from mapping.choices import CandidateState, LinkGround
from mapping.customers.policy import Policy
from mapping.models import (
    CustomerCandidate,
    CustomerIdentity,
    CustomerLink,
    CustomerLinkHistory,
    CustomerMerge,
    CustomerPolicy,
)
from mapping.services.customers import deciding, merges, policies
from mapping.services.customers.candidates import look_up
from mapping.services.customers.deciding import CustomerError
from mapping.services.customers.identities import identity_of, keep
from mapping.services.links import link, linked_customers, merged_customers
from tests.builders import PairFactory
from tests.world import person

pytestmark = pytest.mark.django_db
ANN = PartyRecord(
    "Ann Lee", "ann.lee@gmail.com", lines=("12 Elm Street",), city="Salem", postcode="97301"
)
ONE, OTHER = "user:one", "user:other"


@pytest.fixture
def pair():
    return PairFactory()


def told(pair, system, ref, party, **more):
    return keep(pair, system, [identity_of(pair, system, ref, party, **more)])


@pytest.fixture
def candidate(pair):
    told(pair, "erp", "C1", ANN)
    told(pair, "gateway", "g1", ANN)
    look_up(pair)
    return CustomerCandidate.objects.get()


def test_what_is_told_again_changes_nothing_and_an_empty_field_takes_nothing_away(pair):
    assert told(pair, "gateway", "g1", ANN) == 1
    assert told(pair, "gateway", "g1", ANN) == 0
    assert told(pair, "gateway", "g1", PartyRecord(name="Ann Lee")) == 0
    row = CustomerIdentity.objects.get()
    assert (row.email, row.lines) == ("ann.lee@gmail.com", ["12 Elm Street"])


def test_a_card_number_in_a_name_is_not_stored(pair):
    told(pair, "gateway", "g1", PartyRecord(name="Ann 4111111111111111"))
    assert "4111" not in CustomerIdentity.objects.get().name


def test_a_candidate_says_why_and_what_it_was_counted_with(candidate):
    assert candidate.why == "Same e-mail, same name, same address."
    assert (candidate.band, candidate.step) == ("link", "email 90 clear")
    fields = {each["field"]: each["verdict"] for each in candidate.evidence}
    assert fields["email"] == fields["name"] == fields["address"] == "same"
    assert not CustomerLink.objects.exists()


def test_linking_keeps_history_and_closes_the_other_candidates(pair, candidate):
    told(pair, "erp", "C2", PartyRecord("Ann Lee", "other@gmail.com"))
    look_up(pair)
    deciding.accept(CustomerCandidate.objects.get(erp__ref="C1"), ONE)
    assert linked_customers(pair, ["g1"]) == {"g1": "C1"}
    assert not CustomerCandidate.objects.filter(state=CandidateState.OPEN).exists()
    history = CustomerLinkHistory.objects.get()
    assert (history.from_customer, history.to_customer, history.actor) == ("", "C1", ONE)
    assert Entry.objects.filter(action="customer.linked").exists()


def test_what_is_not_the_same_is_not_suggested_again(pair, candidate):
    deciding.refuse(candidate, ONE, "Her daughter")
    told(pair, "erp", "C1", ANN, crm_ref="crm-9")
    CustomerIdentity.objects.update(is_looked_up=False)
    assert look_up(pair) == 2 - 1
    candidate.refresh_from_db()
    assert (candidate.state, candidate.note) == (CandidateState.NOT_SAME, "Her daughter")
    with pytest.raises(CustomerError, match="not the same"):
        deciding.accept(candidate, ONE)


def test_a_new_erp_customer_has_payers_looked_up_again(pair):
    told(pair, "gateway", "g1", ANN)
    assert look_up(pair) == 1
    assert look_up(pair) == 0
    told(pair, "erp", "C1", ANN)
    assert look_up(pair) == 1
    assert CustomerCandidate.objects.get().erp.ref == "C1"


def test_a_link_is_taken_back_with_a_reason(pair, candidate):
    made = deciding.accept(candidate, ONE)
    with pytest.raises(CustomerError, match="Say why"):
        deciding.take_back(made, OTHER, " ")
    deciding.take_back(made, OTHER, "Namesake")
    assert linked_customers(pair, ["g1"]) == {}
    assert [row.to_customer for row in CustomerLinkHistory.objects.all()] == ["C1", ""]
    candidate.refresh_from_db()
    assert candidate.state == CandidateState.NOT_SAME


def test_nothing_is_linked_alone_before_another_person_has_approved_it(pair):
    wanted = policies.plain(Policy(links_alone=True))
    change = changes.propose_setting(
        person("mia", Role.MAPPER), policies.SETTING, str(pair.pk), "Policy", wanted, "As agreed."
    )
    assert policies.policy_of(pair) == Policy()
    changes.approve(person("abe", Role.APPROVER), change)
    assert policies.policy_of(pair) == Policy(links_alone=True)
    told(pair, "erp", "C1", ANN)
    told(pair, "gateway", "g1", ANN)
    look_up(pair)
    row = CustomerLink.objects.get()
    assert (row.customer_id, row.ground, row.made_by) == ("C1", LinkGround.POLICY, "worker")


@pytest.mark.parametrize(
    "values", [{"link_from": 20}, {"review_from": 99}, {"links_alone": True, "approved_by": ""}]
)
def test_the_database_takes_no_policy_beyond_what_was_measured(pair, values):
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerPolicy.objects.create(pair=pair, changed_at="2011-01-01T00:00:00Z", **values)


def test_history_of_links_is_added_to_and_never_changed(pair):
    link(pair, "g1", "C1", ONE)
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        CustomerLinkHistory.objects.update(to_customer="C2")


def merged(pair, **over):
    values = {"consequences": [], "moves_money": True} | over
    return merges.propose(pair, "C1", "C2", "One company", ONE, **values)


def test_a_merge_that_moves_money_needs_another_person(pair):
    row = merged(pair)
    assert merged_customers(pair) == {}
    with pytest.raises(CustomerError, match="Another person"):
        merges.approve(row, ONE)
    merges.approve(row, OTHER)
    assert merged_customers(pair) == {"C2": "C1"}


def test_the_database_itself_asks_for_the_second_person(pair):
    row = merged(pair)
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerMerge.objects.filter(pk=row.pk).update(state="in_force", decided_by=ONE)


def test_taking_a_merge_back_restores_exactly_what_it_changed(pair):
    link(pair, "g1", "C2", ONE)
    link(pair, "g2", "C1", ONE)
    fields = ("system", "ref", "customer_id", "ground", "made_by", "made_at")
    before = list(CustomerLink.objects.order_by("ref").values_list(*fields))
    row = merged(pair)
    merges.approve(row, OTHER)
    assert linked_customers(pair, ["g1", "g2"]) == {"g1": "C1", "g2": "C1"}
    merges.undo(row, ONE)
    assert row.state == "in_force", "another person has to agree"
    assert merges.undo(row, OTHER) == []
    assert list(CustomerLink.objects.order_by("ref").values_list(*fields)) == before
    assert (row.state, merged_customers(pair)) == ("undone", {})


def test_a_link_that_somebody_changed_since_the_merge_is_left_alone(pair):
    link(pair, "g1", "C2", ONE)
    row = merged(pair, moves_money=False)
    link(pair, "g1", "C7", OTHER)
    assert merges.undo(row, OTHER) == ["g1"]
    assert linked_customers(pair, ["g1"]) == {"g1": "C7"}


def test_merges_make_no_chains_and_no_circles(pair):
    merged(pair, moves_money=False)
    with pytest.raises(CustomerError, match="merged into another"):
        merges.propose(pair, "C2", "C3", "x", ONE, consequences=[], moves_money=False)
    with pytest.raises(CustomerError, match="Others are merged"):
        merges.propose(pair, "C9", "C1", "x", ONE, consequences=[], moves_money=False)
    with pytest.raises(CustomerError, match="already"):
        merges.propose(pair, "C8", "C2", "x", ONE, consequences=[], moves_money=False)
    with pytest.raises(CustomerError, match="itself"):
        merges.propose(pair, "C8", "C8", "x", ONE, consequences=[], moves_money=False)


def test_a_merge_that_is_withdrawn_changes_nothing(pair):
    row = merged(pair)
    merges.withdraw(row, OTHER)
    assert (row.state, merged_customers(pair)) == ("withdrawn", {})
    with pytest.raises(CustomerError, match="withdrawn already"):
        merges.approve(row, OTHER)
