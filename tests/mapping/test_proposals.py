"""What other rule sets and templates say is proposed with what it rests on, applied by nobody."""

import pytest

from audit.roles import Role
from mapping.models import MethodRule
from mapping.proposals import accounts_for, methods_for
from reconciliation.choices import Reason
from tests.builders import (
    AccountRuleFactory,
    ExceptionItemFactory,
    MethodRuleFactory,
    PairFactory,
    RuleSetVersionFactory,
)
from tests.clock import business_day  # noqa: F401
from tests.sealed import unsealed
from tests.world import operator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def pair():
    return PairFactory(post_on="settled")


def say(method, erp_method, **pair):
    """Another pair's rule set in force that has a row for a card."""
    with unsealed():
        version = RuleSetVersionFactory(pair=PairFactory(**pair))
        MethodRuleFactory(version=version, position=1, method=method, erp_method=erp_method)
    return version


def told(proposals):
    return [(each.value, each.words) for each in proposals]


def test_what_most_rule_sets_say_comes_first_with_their_number(pair):
    for method, erp_method in (("Diners", "DC"), ("DINERS", "DC"), ("diners", "CC"), ("JCB", "JC")):
        say(method, erp_method)
    assert told(methods_for(pair, "Diners")) == [
        ("DC", "2 of 3 rule sets that have a row for it"),
        ("CC", "1 of 3 rule sets that have a row for it"),
    ]


def test_a_template_is_named_and_another_make_of_erp_says_nothing(pair):
    say("Mastercard", "M").pair.erp.__class__.objects.exclude(pk=pair.erp_id).update(connector="x")
    [(value, words)] = told(methods_for(pair, "MasterCard"))
    assert value == "MC"
    assert words == "the template “PayTrace and Sage 500, receipts when a batch settles”"
    assert methods_for(pair, "Unheard of") == methods_for(pair, "") == []


def test_accounts_are_those_of_the_same_books_alone(pair):
    other = PairFactory(erp=pair.erp, company=pair.company)
    with unsealed():
        for each, account in ((other, "2310"), (PairFactory(), "9999")):
            version = RuleSetVersionFactory(pair=each)
            AccountRuleFactory(version=version, position=1, role="refunds", account=account)
    assert told(accounts_for(pair, "refunds", "refund", "Visa")) == [
        ("2310", "1 of 1 rule set that has a row for it")
    ]


def test_the_desk_shows_them_and_one_press_proposes_and_changes_no_rule(client, pair):
    say("Diners", "DC")
    RuleSetVersionFactory(pair=pair)
    item = ExceptionItemFactory(
        reason=Reason.METHOD_UNMAPPED, connection=pair.gateway, details={"method": "Diners"}
    )
    before = MethodRule.objects.count()
    client.force_login(person("mia", Role.MAPPER))
    html = client.get(f"/exceptions/{item.pk}/").content.decode()
    assert "1 of 1 rule set that has a row for it" in html
    assert 'name="erp_method" value="DC"' in html
    client.post(f"/exceptions/{item.pk}/map_method/", {"method": "Diners", "erp_method": "DC"})
    item.refresh_from_db()
    assert (item.details["proposed_erp_method"], MethodRule.objects.count()) == ("DC", before)
    client.force_login(operator())
    assert 'name="erp_method"' not in client.get(f"/exceptions/{item.pk}/").content.decode()
