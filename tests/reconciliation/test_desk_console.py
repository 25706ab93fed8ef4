"""The panel offers what fits the exception and the person, and the desk's refusals stand in it."""

import pytest

from audit.roles import Role
from reconciliation.choices import ExceptionState, Reason
from reconciliation.models import ExceptionItem
from tests.builders import ExceptionItemFactory, PairFactory, RuleSetVersionFactory
from tests.pages import htmx
from tests.world import operator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def item():
    version = RuleSetVersionFactory(pair=PairFactory())
    return ExceptionItemFactory(
        reason=Reason.METHOD_UNMAPPED,
        connection=version.pair.gateway,
        details={"method": "Amex"},
    )


def panel(client, item):
    return client.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()


def act(client, item, name, **data):
    return client.post(f"/exceptions/{item.pk}/{name}/", data, headers=htmx("panel"))


def test_one_person_proposes_and_another_approves_in_the_panel(client, item):
    client.force_login(person("mia", Role.MAPPER))
    assert "Propose the method" in panel(client, item)
    assert act(client, item, "map_method", method="Amex", erp_method="AMEX").status_code == 200
    assert "Put the rule in force" not in panel(client, item)
    client.force_login(person("ann", Role.APPROVER))
    assert "Put the rule in force" in panel(client, item)
    assert "Propose the method" not in panel(client, item)
    assert act(client, item, "approve_rule").status_code == 200
    assert ExceptionItem.objects.get(pk=item.pk).state == ExceptionState.RESOLVED


def test_nobody_approves_their_own_proposal_in_the_panel(client, item):
    client.force_login(person("mia", Role.MAPPER, Role.APPROVER))
    act(client, item, "map_method", method="Amex", erp_method="AMEX")
    refused = act(client, item, "approve_rule")
    assert refused.status_code == 422
    assert "Nobody approves what they have prepared themselves." in refused.content.decode()


def test_an_operator_sees_neither_form_and_may_post_neither(client, item):
    client.force_login(operator())
    html = panel(client, item)
    assert "Propose the method" not in html
    assert "Try again" in html
    assert act(client, item, "map_method", method="Amex", erp_method="AMEX").status_code == 403
    assert act(client, item, "approve_rule").status_code == 403


def test_what_has_not_changed_is_said_at_the_button(client, item):
    client.force_login(operator())
    refused = act(client, item, "retry")
    assert refused.status_code == 422
    assert "Nothing has changed" in refused.content.decode()
