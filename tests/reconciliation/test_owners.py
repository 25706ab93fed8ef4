"""Exceptions have owners by rule, with the rule shown; due times and ages stand on the list."""

from datetime import timedelta
from decimal import Decimal

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.money import Money
from mapping.problems import Problem, ProblemKind
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem, OwnerRule
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.owners import Owners
from tests.builders import (
    TODAY,
    ConnectionFactory,
    ExceptionItemFactory,
    OwnerRuleFactory,
    TransactionFactory,
)
from tests.pages import htmx, row_ids
from tests.world import operator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
URL = "/exceptions/owners/"
RULE = {"position": 1, "reason": "overpaid", "amount_from": "500", "owner": "ann", "due_days": 1}


@pytest.fixture
def admin(client):
    operator("ann")
    client.force_login(person("root", Role.ADMIN))
    return client


@pytest.mark.parametrize(
    ("reason", "amount", "owner", "due"),
    [
        (Reason.OVERPAID, 500, "user:ann", 1),
        (Reason.OVERPAID, 499, "user:bob", 7),
        (Reason.SECOND_CHARGE, 500, "finance", 3),
        (Reason.UNKNOWN_OUTCOME, 500, "operations", 3),
    ],
)
def test_the_first_rule_that_matches_names_the_owner(reason, amount, owner, due):
    OwnerRuleFactory(position=1, reason="overpaid", amount_from=500, owner="user:ann", due_days=1)
    OwnerRuleFactory(position=2, reason="overpaid", owner="user:bob", due_days=7)
    OwnerRuleFactory(position=3, connection=ConnectionFactory(), owner="user:eve")
    found = Owners().of(reason, None, amount)
    assert (found.owner, found.due_days) == (owner, due)


def test_an_exception_is_opened_with_its_owner_its_due_day_and_the_rule(admin):
    admin.post(URL, RULE)
    row = TransactionFactory(amount=Decimal(600))
    with_problem(row)
    item = ExceptionItem.objects.get()
    assert (item.owner, item.due_on) == ("user:ann", TODAY + timedelta(days=1))
    html = admin.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "with ann" in html
    assert "Rule 1: Paid too much, from 500.00 on" in html


def with_problem(row):
    problem = Problem(ProblemKind.OVERPAID, "Too much.", Money(row.amount, "USD"))
    open_exceptions([about_transaction(row, problem, TODAY)])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"owner": "nobody"}, "is no active person, and no team"),
        ({"due_days": "400"}, "less than or equal to 365"),
        ({"amount_from": "-1"}, "greater than or equal to 0"),
        ({"position": ""}, "required"),
    ],
)
def test_a_rule_that_names_nobody_or_makes_no_sense_is_refused(admin, wrong, said):
    response = admin.post(URL, RULE | wrong)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not OwnerRule.objects.exists()


def test_two_rules_have_no_place_in_common_and_one_can_be_removed(admin):
    admin.post(URL, RULE)
    assert "Another rule stands at place 1" in admin.post(URL, RULE).content.decode()
    rule = OwnerRule.objects.get()
    admin.post(f"{URL}{rule.pk}/drop/")
    assert not OwnerRule.objects.exists()
    actions = Entry.objects.filter(action__startswith="owners.").order_by("pk")
    assert [entry.action for entry in actions] == ["owners.rule_added", "owners.rule_removed"]


def test_an_operator_sees_the_rules_and_changes_none(desk):
    rule = OwnerRuleFactory()
    assert "An administrator changes these" in desk.get(URL).content.decode()
    assert desk.post(URL, RULE).status_code == 403
    assert desk.post(f"{URL}{rule.pk}/drop/").status_code == 403


def test_the_list_counts_by_age_and_each_count_leads_to_its_rows(desk):
    items = {
        days: ExceptionItemFactory(business_on=TODAY - timedelta(days=days))
        for days in (-1, 0, 1, 2, 4, 8, 30, 31, 400)
    }
    html = desk.get("/exceptions/").content.decode()
    for label, number in (("Up to 1 day", 3), ("8 to 30 days", 2), ("Over 30 days", 2)):
        assert f">{label} ({number})</option>" in html
    assert set(row_ids(desk.get("/exceptions/?age=8"))) == {items[8].pk, items[30].pk}
    assert set(row_ids(desk.get("/exceptions/?age=0"))) == {items[d].pk for d in (-1, 0, 1)}
