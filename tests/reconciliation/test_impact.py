"""A draft is replayed over what was posted: what would be different, and that nothing else is."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, User

from audit.roles import Role
from mapping.choices import VersionState
from mapping.impact import RECEIVABLES, Change
from mapping.models import (
    AccountRule,
    FeeRule,
    MethodRule,
    RiskRule,
    RuleSetVersion,
    StatusRule,
    ValidationRule,
)
from mapping.services import versions
from mapping.services.rulesets import RuleSetError
from reconciliation.choices import ImpactState
from reconciliation.impact_page import by_risk
from reconciliation.models import Impact
from reconciliation.services import impact, impact_approval
from reconciliation.services.desk import releasing
from tests.reconciliation.desk_world import APPROVER, DAY, FINANCE, MAPPER, NOON
from tests.sealed import unsealed
from tests.world import person


def draft_of(hub):
    return versions.draft_from(RuleSetVersion.objects.get(pair=hub.pair, number=1), MAPPER, "Try.")


def replay(draft):
    asked = impact.ask(draft, DAY.replace(day=1), DAY.replace(day=28), MAPPER)
    while impact.drain():
        pass
    asked.refresh_from_db()
    return asked


def counts(found):
    return {change.value: getattr(found, change) for change in Change}


@pytest.fixture
def posted(hub):
    """A receipt with its invoice, one on account of nobody, and a refund."""
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.payment("50.00")
    hub.run()
    return hub


def test_the_same_rules_post_the_same_to_the_byte(posted):
    found = replay(draft_of(posted))
    assert found.state == ImpactState.DONE
    assert counts(found) == {"same": 2, "changed": 0, "new": 0, "vanished": 0, "apart": 0}
    assert (found.accounts, found.differing, found.rows.count()) == ({}, 0, 0)


def test_another_clearing_account_moves_the_receipts_from_one_to_the_other(posted):
    draft = draft_of(posted)
    AccountRule.objects.filter(version=draft, role="clearing").update(account="1060-00")
    found = replay(draft)
    assert (found.changed, found.same) == (2, 0)
    assert found.accounts == {"1050-00": "-95.00", "1060-00": "95.00"}
    first = found.rows.first()
    assert (first.before["clearing"], first.after["clearing"]) == ("1050-00", "1060-00")


def test_a_payment_method_changes_the_document_and_no_account(posted):
    draft = draft_of(posted)
    MethodRule.objects.filter(version=draft).update(erp_method="OTHER")
    found = replay(draft)
    assert (found.changed, found.accounts) == (2, {})


def test_what_no_rule_wants_any_more_vanishes(posted):
    draft = draft_of(posted)
    StatusRule.objects.filter(version=draft, kind="sale", status="settled").update(action="none")
    found = replay(draft)
    assert (found.vanished, found.accounts[RECEIVABLES]) == (2, "45.00")


def test_another_fee_shows_in_the_deposits_journal(posted):
    posted.pay_batch()
    posted.run()
    draft = draft_of(posted)
    assert counts(replay(draft))["same"] == 3
    FeeRule.objects.filter(version=draft).update(percent=Decimal("3.0"))
    found = replay(draft)
    row = found.rows.get()
    assert (row.kind, row.batch, found.same) == ("deposit", posted.batch, 2)
    assert sum(Decimal(amount) for amount in found.accounts.values()) == 0
    assert Decimal(found.accounts["6200-00"]) > 0


def test_what_was_held_for_a_rule_is_new(hub):
    with unsealed():
        MethodRule.objects.filter(method__in=("Amex", "American Express", "")).delete()
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}", method="Amex")
    hub.run()
    draft = draft_of(hub)
    MethodRule.objects.create(version=draft, position=99, method="Amex", erp_method="AMEX")
    found = replay(draft)
    assert (found.new, found.rows.get().after["method"]) == (1, "AMEX")


def test_each_risk_row_says_how_many_payments_it_would_have_caught(hub):
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.payment("40.00", f"INV {hub.invoice('2', '50.00')}")
    hub.payment("30.00", f"INV {hub.invoice('3', '30.00')}")
    hub.run()
    draft = draft_of(hub)
    rows = ({"amount_from": 45, "level": "block"}, {"amount_from": 40, "level": "hold"})
    for place, row in enumerate((*rows, {"level": "flag"}), start=1):
        RiskRule.objects.create(version=draft, position=place, **row)
    found = replay(draft)
    assert (found.same, found.changed, found.vanished) == (1, 1, 1)
    assert [(each.level, each.payments) for each in by_risk(found)] == [
        ("block", 1), ("hold", 1), ("flag", 1),
    ]  # fmt: skip
    whys = {row.change: row.why for row in found.rows.all()}
    assert "Amount: 45.00 USD (asked: 45.00 USD or more)" in whys["changed"]
    assert "Amount: 40.00 USD" in whys["vanished"]


def test_a_replay_knows_what_came_before_each_payment(hub):
    named = f"INV {hub.invoice('1', '500.00')}"
    for minute, amount in enumerate(("10.00", "11.00", "10.00", "9.00", "10.00", "90.00")):
        hub.payment(amount, named, captured_at=NOON + timedelta(minutes=minute))
    hub.run()
    draft = draft_of(hub)
    RiskRule.objects.create(version=draft, position=1, times_usual=5, level="hold")
    found = replay(draft)
    assert (found.vanished, found.risks) == (1, {"risk 1: times_usual 5 → hold": 1})
    assert "9.0 times 10.00 USD, the median of the last 5 payments" in found.rows.get().why


def test_what_a_person_released_stands_apart(hub):
    with unsealed():
        RiskRule.objects.create(
            version=hub.pair.rule_sets.get(), position=1, amount_from=40, level="hold"
        )
    row = hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.run()
    releasing.release(hub.item(row), "It is right.", FINANCE)
    hub.run()
    assert counts(replay(draft_of(hub)))["apart"] == 1


def test_a_check_shows_what_it_would_have_held_back(hub):
    hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}")
    hub.payment("40.00", f"INV {hub.invoice('2', '50.00')}")
    hub.run()
    draft = draft_of(hub)
    ValidationRule.objects.create(
        version=draft, position=1, checks="amount_matches", severity="hold"
    )
    found = replay(draft)
    assert (found.same, found.vanished) == (1, 1)
    assert "10.00 USD less than the 50.00 USD" in found.rows.get().why


def test_a_draft_that_was_edited_meanwhile_is_not_replayed_to_the_end(posted):
    draft = draft_of(posted)
    asked = impact.ask(draft, DAY, DAY, MAPPER)
    FeeRule.objects.filter(version=draft).update(percent=Decimal("3.5"))
    impact.drain()
    asked.refresh_from_db()
    assert (asked.state, asked.said) == (ImpactState.FAILED, "The draft was edited meanwhile.")


def test_a_version_goes_in_force_from_its_replay_and_by_another_person(posted):
    draft = draft_of(posted)
    found = replay(draft)
    versions.hand_in(draft, MAPPER)
    with pytest.raises(RuleSetError, match="first see what it would have posted"):
        versions.activate(draft, DAY, APPROVER)
    approver = person("other-approver", Role.APPROVER)
    approval = impact_approval.approve(found, DAY.replace(day=20), approver)
    draft.refresh_from_db()
    assert (draft.state, approval.impact) == (VersionState.ACTIVE, found)
    assert draft.approved_by == "user:other-approver"


def test_nobody_approves_what_they_have_made_superusers_included(posted):
    found = replay(draft_of(posted))
    versions.hand_in(found.version, MAPPER)
    mapper = User.objects.get(username="mapper")
    mapper.groups.add(Group.objects.get(name="approver"))
    mapper.is_superuser = True
    mapper.save()
    with pytest.raises(RuleSetError, match="themselves"):
        impact_approval.approve(found, DAY, mapper)
    assert Impact.objects.get().version.state == VersionState.REVIEWED


def test_a_replay_of_other_rows_is_no_ground_for_approval(posted):
    draft = draft_of(posted)
    found = replay(draft)
    FeeRule.objects.filter(version=draft).update(percent=Decimal("3.5"))
    with pytest.raises(RuleSetError, match="edited after this was tried"):
        impact_approval.approve(found, DAY, person("other-approver", Role.APPROVER))
