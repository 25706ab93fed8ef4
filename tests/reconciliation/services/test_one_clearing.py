"""A batch clears over one account: what the rules clear over another one is held and says so."""

import pytest

from mapping.choices import AccountRole
from mapping.models import AccountRule, RuleSetVersion
from reconciliation.choices import DecisionState, Reason
from reconciliation.models import SettlementBatch
from reconciliation.services import decide
from tests.reconciliation.desk_world import CLEARING
from tests.sealed import unsealed

OTHER = "2310-00"


@pytest.fixture
def by_card():
    """A clearing account of its own for one card, in the rules in force."""
    with unsealed():
        AccountRule.objects.create(
            version=RuleSetVersion.objects.get(),
            position=0,
            role=AccountRole.CLEARING,
            method="Amex",
            account=OTHER,
        )


@pytest.mark.parametrize("is_later", [False, True])
def test_a_card_with_another_clearing_account_is_held_beside_the_first(hub, by_card, is_later):
    first = hub.payment("50.00")
    if is_later:
        hub.run()
    second = hub.payment("30.00", method="Amex")
    hub.run()
    item = hub.item(second, Reason.ACCOUNT_UNMAPPED)
    assert f"clears over account {CLEARING}, and the rules clear this sale by Amex" in item.message
    first.refresh_from_db()
    assert first.decision == DecisionState.POSTED_AS
    assert not second.effects.exists()


def test_once_the_rules_name_one_account_it_is_posted(hub, by_card):
    hub.payment("50.00")
    second = hub.payment("30.00", method="Amex")
    hub.run()
    with unsealed():
        AccountRule.objects.filter(account=OTHER).update(account=CLEARING)
    decide.decide_again([second])
    hub.run()
    hub.pay_batch()
    hub.run()
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    assert (batch.state, batch.reasons, hub.account(CLEARING)) == ("tied_out", [], "0.00")


def test_a_batch_of_that_card_alone_clears_over_its_account(hub, by_card):
    hub.payment("30.00", method="Amex")
    hub.run()
    hub.pay_batch()
    hub.run()
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    assert (batch.state, batch.reasons) == ("tied_out", [])
