"""The policy for customers and the limits of the desk: two persons change them."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.choices import ChangeKind, ChangeState
from integrations.models import ConnectionChange
from integrations.services import connection_changes as changes
from mapping.customers.policy import Policy
from mapping.services.customers.policies import SETTING, policy_of
from reconciliation.models import DeskLimit
from reconciliation.services.desk import limit_changes, limits
from tests.builders import ConnectionChangeFactory, PairFactory
from tests.pages import offences
from tests.world import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
LIMITS = "/exceptions/limits/"
TYPED = {"reason": "As the board says."} | {
    f"{action}_{name}": "" if amount is None else str(amount)
    for action, limit in limits.DEFAULTS.items()
    for name, amount in (("alone", limit.alone_up_to), ("never", limit.never_above))
}


@pytest.fixture
def pair():
    return PairFactory()


@pytest.fixture
def who(client):
    """Log somebody in: `who(name, role)` answers the client and the person."""

    def log_in(name, *roles):
        known = User.objects.filter(username=name).first()
        someone = known or person(name, *roles)
        client.force_login(someone)
        return client

    return log_in


def policy_url(pair):
    return f"/customers/policy/{pair.pk}/"


def typed(link="80", review="40", **more):
    return {"link_from": link, "review_from": review, "reason": "Fewer doubts."} | more


def the_change():
    return ConnectionChange.objects.get(kind=ChangeKind.SETTING)


def test_a_policy_is_in_force_once_another_person_approved_it(who, pair):
    answer = who("mia", Role.MAPPER).post(policy_url(pair), typed(links_alone="on"))
    change = the_change()
    assert (answer.status_code, answer["Location"]) == (302, f"/connection-changes/{change.pk}/")
    assert policy_of(pair) == Policy()
    page = who("abe", Role.APPROVER).get(f"/connection-changes/{change.pk}/")
    html = page.content.decode()
    assert "Approve and put in force" in html
    assert offences(page) == []
    assert who("abe").post(f"/connection-changes/{change.pk}/approve/").status_code == 302
    assert policy_of(pair) == Policy(80, 40, links_alone=True)
    assert Entry.objects.filter(action="customer_policy.changed", actor="user:abe").exists()


def test_the_page_of_a_policy_shows_what_holds_and_every_change(who, pair):
    who("mia", Role.MAPPER).post(policy_url(pair), typed())
    changes.approve(person("abe", Role.APPROVER), the_change())
    page = who("vic", Role.VIEWER).get(policy_url(pair))
    html = page.content.decode()
    assert "<dt>Score from which it is a link</dt><dd>80</dd>" in html
    for said in (
        "Score from which it is a link: 65 → 80",
        "Fewer doubts.",
        "A mapper proposes changes",
    ):
        assert said in html
    assert "Hand in" not in html


@pytest.mark.parametrize(
    ("link", "review", "said"),
    [
        ("64", "40", "below 65, 99 of 100 links being right was not measured"),
        ("101", "40", "between 65 and 100"),
        ("80", "90", "Review begins at a score above 0, and not above where links begin."),
        ("80", "0", "Review begins at a score above 0"),
    ],
)
def test_a_policy_beyond_what_was_measured_is_refused_in_a_sentence(who, pair, link, review, said):
    client = who("mia", Role.MAPPER)
    answer = client.post(policy_url(pair), typed(link, review, links_alone="on"))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not ConnectionChange.objects.exists()


def test_who_proposed_a_policy_does_not_approve_it_superusers_included(pair):
    both = person("max", Role.MAPPER, Role.APPROVER)
    both.is_superuser = True
    both.save()
    wanted = {"link_from": 80, "review_from": 40, "links_alone": False}
    change = changes.propose_setting(both, SETTING, str(pair.pk), "Policy", wanted, "Why not.")
    with pytest.raises(PermissionDenied, match="prepared themselves"):
        changes.approve(both, change)
    assert policy_of(pair) == Policy()


def test_one_change_of_a_policy_waits_at_a_time(who, pair):
    client = who("mia", Role.MAPPER)
    client.post(policy_url(pair), typed())
    answer = client.post(policy_url(pair), typed("90"))
    assert answer.status_code == 422
    assert "Another change of it waits for a second person" in answer.content.decode()
    assert ConnectionChange.objects.count() == 1


def test_limits_are_proposed_by_an_administrator_and_approved_by_an_approver(who):
    client = who("ada", Role.ADMIN)
    assert client.post(LIMITS, TYPED | {"dismiss_alone": "500", "dismiss_never": "5000"})
    change = the_change()
    assert limits.limit_of("dismiss").alone_up_to == 10_000
    assert client.post(f"/connection-changes/{change.pk}/approve/").status_code == 403
    who("abe", Role.APPROVER).post(f"/connection-changes/{change.pk}/approve/")
    assert limits.limit_of("dismiss") == limits.Limit(Decimal(500), Decimal(5000))
    assert DeskLimit.objects.get(action="dismiss").changed_by == "user:abe"
    html = client.get(LIMITS).content.decode()
    assert "alone up to 500.00, nobody above 5,000.00" in html


def test_limits_that_cannot_be_are_refused_in_a_sentence(who):
    client = who("ada", Role.ADMIN)
    for typed, said in (
        ({"accept_alone": "500", "accept_never": "100"}, "the first has to be as much or more"),
        ({"write_off_never": "900"}, "Nobody ever does more than 500.00, whatever the limits say"),
        ({"write_off_alone": "900", "write_off_never": ""}, "Nobody ever does more than 500.00"),
    ):
        answer = client.post(LIMITS, TYPED | typed)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not ConnectionChange.objects.exists()


def test_limits_as_they_stand_are_no_change(who):
    answer = who("ada", Role.ADMIN).post(LIMITS, TYPED)
    assert "Nothing differs from what is in use." in answer.content.decode()


def test_every_limit_has_its_words():
    assert set(limit_changes.LABELS) == set(limits.DEFAULTS)


def test_limits_that_were_changed_otherwise_are_proposed_anew():
    wanted = {"dismiss": {"alone_up_to": "500.00", "never_above": ""}}
    setting = limit_changes.SETTING
    change = changes.propose_setting(person("ada", Role.ADMIN), setting, "", "L", wanted, "Why.")
    DeskLimit.objects.create(
        action="dismiss", alone_up_to=7, changed_by="other", changed_at="2011-01-01T00:00:00Z"
    )
    with pytest.raises(changes.ChangeError, match="changed otherwise since"):
        changes.approve(person("abe", Role.APPROVER), change)
    assert limits.limit_of("dismiss").alone_up_to == 7


def test_a_change_can_be_withdrawn_by_who_proposed_it_alone(who, pair):
    who("mia", Role.MAPPER).post(policy_url(pair), typed())
    url = f"/connection-changes/{the_change().pk}/withdraw/"
    assert who("moe", Role.MAPPER).post(url).status_code == 403
    assert who("mia").post(url).status_code == 302
    assert the_change().state == ChangeState.WITHDRAWN


def test_what_waits_is_counted_for_whoever_may_decide_it(pair):
    wanted = {"dismiss": {"alone_up_to": "500.00", "never_above": ""}}
    admin, approver = person("ada", Role.ADMIN), person("abe", Role.APPROVER)
    changes.propose_setting(admin, limit_changes.SETTING, "", "Limits", wanted, "Why.")
    ConnectionChangeFactory()
    assert changes.waiting(approver).count() == 2
    assert changes.waiting(person("bea", Role.ADMIN)).count() == 1
    assert changes.waiting(person("ole", Role.OPERATOR)).count() == 0


def test_the_database_keeps_what_a_change_is_about(pair):
    wanted = {"dismiss": {"alone_up_to": "500.00", "never_above": ""}}
    admin = person("ada", Role.ADMIN)
    changes.propose_setting(admin, limit_changes.SETTING, "", "Limits", wanted, "Why.")
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        ConnectionChange.objects.update(subject="customer-policy:1")
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        ConnectionChange.objects.update(state=ChangeState.APPLIED, decided_by=admin)
