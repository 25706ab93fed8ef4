import pytest

from integrations.models import Alert
from reconciliation.alert_reasons import KIND_OF_REASON
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem, SettlementBatch
from reconciliation.services import desk_alerts
from tests.builders import (
    TODAY,
    ConnectionFactory,
    ExceptionItemFactory,
    SettlementBatchFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def business_today(monkeypatch):
    from tests.builders import NOW

    monkeypatch.setattr(desk_alerts, "business_now", lambda: NOW)


def told():
    return sorted(Alert.objects.filter(state="open").values_list("kind", "subject"))


def test_many_exceptions_of_one_missing_rule_are_one_alert():
    gateway = ConnectionFactory()
    ExceptionItemFactory.create_batch(30, connection=gateway, reason=Reason.ACCOUNT_UNMAPPED)
    assert desk_alerts.look() == 1
    assert told() == [("rule_missing", f"exceptions:{gateway.pk}")]
    assert Alert.objects.get().detail == "30 × Account not mapped."
    assert Alert.objects.get().meaning.audience == "finance"


def test_more_of_the_same_changes_what_it_says_and_tells_nobody_again():
    gateway = ConnectionFactory()
    ExceptionItemFactory(connection=gateway, reason=Reason.ACCOUNT_UNMAPPED)
    desk_alerts.look()
    ExceptionItemFactory(connection=gateway, reason=Reason.METHOD_UNMAPPED)
    assert desk_alerts.look() == 0
    alert = Alert.objects.get()
    assert alert.detail == "1 × Account not mapped, 1 × Payment method not mapped."
    assert alert.count == 1


def test_what_one_person_owns_is_an_alert_of_their_own():
    gateway = ConnectionFactory()
    for owner in ("finance", "user:anna", "user:anna"):
        ExceptionItemFactory(connection=gateway, reason=Reason.ACCOUNT_UNMAPPED, owner=owner)
    assert desk_alerts.look() == 2
    assert told() == [
        ("rule_missing", f"exceptions:{gateway.pk}"),
        ("rule_missing", f"exceptions:{gateway.pk}:user:anna"),
    ]
    assert sorted(Alert.objects.values_list("owner", flat=True)) == ["", "user:anna"]


def test_what_its_owner_has_claimed_needs_no_alert_and_tells_nobody_else():
    item = ExceptionItemFactory(reason=Reason.ACCOUNT_UNMAPPED, owner="user:anna")
    desk_alerts.look()
    item.state = "claimed"
    item.save()
    assert desk_alerts.look() == 1
    assert told() == []


def test_it_ends_when_the_last_exception_is_closed():
    ExceptionItemFactory(reason=Reason.ACCOUNT_UNMAPPED)
    desk_alerts.look()
    ExceptionItem.objects.update(state="resolved")
    assert desk_alerts.look() == 1
    assert told() == []


def test_payments_to_place_are_news_of_each_business_day():
    gateway = ConnectionFactory()
    for day in (TODAY, TODAY.replace(day=13)):
        ExceptionItemFactory(connection=gateway, reason=Reason.OVERPAID, business_on=day)
        ExceptionItemFactory(connection=gateway, reason=Reason.CUSTOMER_UNKNOWN, business_on=day)
    desk_alerts.look()
    assert told() == [
        ("payment_unclear", f"exceptions:{gateway.pk}:2011-02-13"),
        ("payment_unclear", f"exceptions:{gateway.pk}:2011-02-14"),
    ]


def test_overdue_exceptions_are_one_alert_for_each_owner():
    ExceptionItemFactory.create_batch(
        3, owner="finance", due_on=TODAY.replace(day=1), reason=Reason.CARD_NUMBER_REMOVED
    )
    desk_alerts.look()
    assert told() == [("exceptions_overdue", "overdue:finance")]


def test_each_batch_that_differs_is_an_alert_and_a_late_deposit_is_one_of_its_own():
    batch = SettlementBatchFactory(discrepant=True)
    late = SettlementBatchFactory(
        state="discrepant",
        reasons=[{"reason": "deposit_missing", "message": "It was due.", "amount": "-9.00"}],
    )
    desk_alerts.look()
    assert told() == [
        ("batch_discrepant", f"batch:{batch.pk}"),
        ("deposit_late", f"batch:{late.pk}"),
    ]
    SettlementBatch.objects.update(state="tied_out")
    desk_alerts.look()
    assert told() == []


def test_every_reason_is_in_the_table_or_told_otherwise():
    elsewhere = {
        Reason.UNKNOWN_OUTCOME,  # by how long the answer is unknown
        Reason.ATTEMPTS_EXHAUSTED,  # when the last attempt fails, at once
        Reason.SET_ASIDE,  # on the desk, with its batch
        Reason.FIGURES_CHANGED,  # by the batch itself
        Reason.CARD_NUMBER_REMOVED,  # at intake, at once
        Reason.HINT_UNCONFIRMED,
        Reason.ATTEMPTS_EXHAUSTED,  # when the last attempt was made
        Reason.CENSUS_MISSING,  # by the census
        Reason.CENSUS_DOUBLE,  # by the census
        Reason.FOREIGN_EDIT,  # by the census
        Reason.CENSUS_UNOWED,  # by the census
        Reason.BATCH_INCOMPLETE,  # these by the batch itself
        Reason.FIGURES_CHANGED,
        Reason.FEE_DIFFERS,
        Reason.DEPOSIT_DIFFERS,
        Reason.DEPOSIT_MISSING,
        Reason.LEDGER_DIFFERS,
        Reason.QUESTIONED,  # a person put it there, and knows
    }
    assert set(KIND_OF_REASON) | elsewhere == set(Reason)
