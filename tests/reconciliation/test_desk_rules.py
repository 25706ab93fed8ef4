"""What is missing in the rules is proposed by one person and put in force by another."""

from datetime import date

import pytest

from audit.models import Entry
from integrations.money import Money
from mapping.choices import AccountRole, VersionState
from mapping.models import AccountRule, MethodRule, RuleSetVersion, StatusRule
from mapping.services.rulesets import load
from reconciliation.choices import DecisionState, ExceptionState, Reason
from reconciliation.models import ExceptionItem
from reconciliation.services import desk, match
from reconciliation.services.bulk import drain as bulk
from tests.reconciliation.desk_world import APPROVER, FINANCE, MAPPER, UNIDENTIFIED
from tests.sealed import unsealed
from tests.world import operator


def without(rows, **condition):
    """Take rows out of the rules in force before anything has been decided."""
    with unsealed():
        rows.objects.filter(**condition).delete()


@pytest.fixture
def amex(hub):
    """A payment by a card that no rule knows; its settlement batch waits for it."""
    without(MethodRule, method__in=("Amex", "American Express", ""))
    row = hub.payment("45.00", f"INV {hub.invoice('1', '45.00')}", method="Amex")
    hub.run()
    return row


@pytest.fixture
def unmapped(hub):
    """A payment of nobody, and no account for the unidentified receipts."""
    without(AccountRule, role=AccountRole.UNIDENTIFIED)
    row = hub.payment("50.00")
    hub.run()
    return row


def test_what_was_held_is_decided_and_posted_once_the_rule_is_approved(hub, amex):
    item = hub.item(amex)
    assert item.reason == Reason.METHOD_UNMAPPED
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    assert hub.balance(f"{hub.number}1") == "45.00"
    desk.approve_rule(item, APPROVER)
    hub.run()
    assert hub.balance(f"{hub.number}1") == "0.00"
    assert (item.state, item.closed_by) == (ExceptionState.RESOLVED, APPROVER)


def test_a_proposal_changes_no_rule_and_leaves_the_item_open(hub, amex):
    item = hub.item(amex)
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    assert RuleSetVersion.objects.count() == 1
    assert item.state == ExceptionState.OPEN
    assert desk.actions_for(item) == ["claim", "approve_rule", "map_method", "retry"]
    assert item.notes.last().text == "Proposed: Amex → AMEX."


def test_nobody_approves_their_own_proposal_whatever_their_roles(hub, amex, django_user_model):
    from django.contrib.auth.models import Group

    mapper = django_user_model.objects.get(username="mapper")
    mapper.groups.add(Group.objects.get(name="approver"))
    mapper.is_superuser = True
    mapper.save()
    item = hub.item(amex)
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    with pytest.raises(desk.DeskError, match="Nobody approves what they have prepared"):
        desk.approve_rule(item, MAPPER)
    assert RuleSetVersion.objects.count() == 1
    assert Entry.objects.filter(action="access.denied", actor=MAPPER).exists()


def test_an_operator_neither_proposes_nor_approves(hub, amex):
    operator()
    item = hub.item(amex)
    with pytest.raises(desk.DeskError, match="Changing the rules is not among your duties"):
        desk.map_method(item, "Amex", "AMEX", "user:operator")
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    with pytest.raises(desk.DeskError, match="Approving rules is not among your duties"):
        desk.approve_rule(item, "user:operator")


def test_a_superuser_without_a_role_does_nothing(hub, amex, django_user_model):
    from django.core.exceptions import PermissionDenied

    django_user_model.objects.create_superuser("root")
    with pytest.raises(PermissionDenied):
        desk.claim(hub.item(amex), "user:root")
    with pytest.raises(desk.DeskError, match="no active user"):
        desk.claim(hub.item(amex), "user:nobody")


def test_the_version_before_retires_when_the_new_one_begins_on_its_day(hub, amex):
    item = hub.item(amex)
    for method in ("AMEX", "CC"):
        desk.map_method(item, "Amex", method, MAPPER)
    desk.approve_rule(item, APPROVER)
    second = RuleSetVersion.objects.get(number=2)
    assert (second.active_from, second.created_by) == (item.business_on, MAPPER)
    assert second.approved_by == APPROVER
    without(MethodRule, version=second, method__in=("Amex", "Discover"))
    row = hub.payment("5.00", method="Discover")
    hub.run()
    other = hub.item(row)
    desk.map_method(other, "Discover", "DISC", MAPPER)
    desk.approve_rule(other, APPROVER)
    second.refresh_from_db()
    assert second.state == VersionState.RETIRED
    third = RuleSetVersion.objects.get(state=VersionState.ACTIVE, number=3)
    assert third.active_from == second.active_from


def test_the_new_row_is_the_last_and_the_others_keep_their_place(hub, amex):
    before = list(MethodRule.objects.order_by("position").values_list("method", flat=True))
    item = hub.item(amex)
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    desk.approve_rule(item, APPROVER)
    rows = MethodRule.objects.filter(version__number=2).order_by("position")
    assert [row.method for row in rows] == [*before, "Amex"]


def test_cards_without_a_name_take_no_row_from_those_with_one(hub):
    without(MethodRule, method="")
    row = hub.payment("5.00", method="")
    hub.run()
    item = hub.item(row, Reason.METHOD_UNMAPPED)
    with pytest.raises(desk.DeskError, match="leave the brand empty"):
        desk.map_method(item, "Visa", "CC", MAPPER)
    desk.map_method(item, "", "OTHER", MAPPER)
    desk.approve_rule(item, APPROVER)
    rules = load(RuleSetVersion.objects.get(number=2))
    some = Money.parse("5.00", "USD")
    assert [rules.method(each, some).erp_method for each in ("Visa", "")] == ["VISA", "OTHER"]


def test_what_the_rules_have_by_now_is_not_added_again(hub, amex):
    same = hub.payment("6.00", method="AMEX")
    hub.run()
    first, second = hub.item(amex), hub.item(same)
    desk.map_method(first, "Amex", "AMEX", MAPPER)
    desk.map_method(second, "Amex", "CC", MAPPER)
    desk.approve_rule(first, APPROVER)
    with pytest.raises(desk.DeskError, match="have a row for it by now"):
        desk.approve_rule(second, APPROVER)
    assert RuleSetVersion.objects.count() == 2


def test_everything_with_the_same_cause_is_decided_together(hub, amex):
    again = hub.payment("5.00", method="American Express")
    same = hub.payment("6.00", method="AMEX")
    hub.run()
    item = hub.item(amex)
    desk.map_method(item, "Amex", "AMEX", MAPPER)
    desk.approve_rule(item, APPROVER)
    bulk.drain()
    assert hub.item(same).state == ExceptionState.RESOLVED
    assert hub.item(again).state == ExceptionState.OPEN
    hub.run()
    for row in (amex, same, again):
        row.refresh_from_db()
    held = [row.decision == DecisionState.HELD for row in (amex, same, again)]
    assert held == [False, False, True]


def test_an_account_for_a_role_without_any_is_for_everything(hub, unmapped):
    item = hub.item(unmapped)
    desk.map_account(item, "unidentified", "2300-00", MAPPER)
    desk.approve_rule(item, APPROVER)
    row = AccountRule.objects.get(version__number=2, role=AccountRole.UNIDENTIFIED)
    assert (row.kind, row.method, row.currency) == ("", "", "")
    hub.run()
    assert hub.account(UNIDENTIFIED) == "-50.00"
    assert hub.item(unmapped, Reason.CUSTOMER_UNKNOWN).state == ExceptionState.OPEN


def test_an_account_for_a_role_that_has_some_is_for_this_kind_and_method(hub):
    with unsealed():
        AccountRule.objects.filter(role=AccountRole.CLEARING).update(method="Mastercard")
    row = hub.payment("50.00")
    hub.run()
    item = hub.item(row, Reason.ACCOUNT_UNMAPPED)
    desk.map_account(item, "clearing", "1050-00", MAPPER)
    desk.approve_rule(item, APPROVER)
    rows = AccountRule.objects.filter(version__number=2, role=AccountRole.CLEARING)
    assert list(rows.order_by("position").values_list("kind", "method")) == [
        ("", "Mastercard"),
        ("sale", "Visa"),
    ]


def test_an_account_of_another_currency_keeps_its_row(hub):
    with unsealed():
        AccountRule.objects.filter(role=AccountRole.UNIDENTIFIED).update(currency="EUR")
    row = hub.payment("50.00")
    hub.run()
    item = hub.item(row, Reason.ACCOUNT_UNMAPPED)
    desk.map_account(item, "unidentified", "2310-00", MAPPER)
    desk.approve_rule(item, APPROVER)
    rules = load(RuleSetVersion.objects.get(number=2))
    amounts = (Money.parse("1.00", "EUR"), Money.parse("1.00", "USD"))
    found = [rules.account("unidentified", each, kind="sale", method="Visa") for each in amounts]
    assert [each.account for each in found] == [UNIDENTIFIED, "2310-00"]


def test_a_deposit_that_waits_for_an_account_is_booked_after_it_is_mapped(hub):
    hub.payment("50.00")
    hub.run()
    hub.pay_batch()
    without(AccountRule, role=AccountRole.FEES)
    hub.run()
    item = ExceptionItem.objects.get(reason=Reason.ACCOUNT_UNMAPPED, batch=hub.batch)
    desk.map_account(item, "fees", "6200-00", MAPPER)
    desk.approve_rule(item, APPROVER)
    match.drain()
    hub.run()
    hub.batch.refresh_from_db()
    assert (hub.batch.state, item.state) == ("tied_out", ExceptionState.RESOLVED)


@pytest.mark.parametrize(
    ("role", "account", "words"),
    [
        ("unidentified", " ", "The account has 1 to 100 characters"),
        ("unidentified", "9" * 101, "The account has 1 to 100 characters"),
        ("bank", "1000-00", "What is missing is the account for unidentified"),
        ("petty cash", "1", "is nothing that an account is for"),
    ],
)
def test_a_proposal_that_makes_no_sense_is_refused(hub, unmapped, role, account, words):
    item = hub.item(unmapped)
    with pytest.raises(desk.DeskError, match=words):
        desk.map_account(item, role, account, MAPPER)
    item.refresh_from_db()
    assert "proposed_by" not in item.details


def test_a_rule_that_would_not_help_is_not_proposed(hub, amex):
    item = hub.item(amex)
    with pytest.raises(desk.DeskError, match="What is missing is the payment method for Amex"):
        desk.map_method(item, "Discover", "DISC", MAPPER)
    item.refresh_from_db()
    assert "proposed_by" not in item.details


def test_without_a_proposal_there_is_nothing_to_approve(hub, amex):
    with pytest.raises(desk.DeskError, match="does not fit"):
        desk.approve_rule(hub.item(amex), APPROVER)


def test_trying_again_helps_once_the_rules_have_what_was_missing(hub):
    without(StatusRule, kind="sale", status="settled")
    row = hub.payment("50.00")
    hub.run()
    item = hub.item(row, Reason.ACTION_UNMAPPED)
    with pytest.raises(desk.DeskError, match="Nothing has changed"):
        desk.retry(item, FINANCE)
    version = RuleSetVersion.objects.get()
    with unsealed():
        StatusRule.objects.create(
            version=version, position=99, kind="sale", status="settled", action="cash_receipt"
        )
    desk.retry(item, FINANCE)
    hub.run()
    assert (item.state, hub.account(UNIDENTIFIED)) == (ExceptionState.RESOLVED, "-50.00")


def test_a_day_without_rules_is_decided_once_a_version_covers_it(hub):
    RuleSetVersion.objects.update(active_from=date(2011, 1, 1))
    row = hub.payment("50.00")
    hub.run()
    item = hub.item(row, Reason.RULES_MISSING)
    with pytest.raises(desk.DeskError, match="Nothing has changed"):
        desk.retry(item, FINANCE)
    RuleSetVersion.objects.update(active_from=date(2010, 11, 1))
    desk.retry(item, FINANCE)
    hub.run()
    assert hub.account(UNIDENTIFIED) == "-50.00"
