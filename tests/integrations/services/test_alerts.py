import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.choices import AlertKind, AlertState, Audience
from integrations.models import Alert
from integrations.services import alerts
from tests.builders import ConnectionFactory
from tests.world import person

pytestmark = pytest.mark.django_db
SUBJECT = "connection:7"


def raise_it(detail="No answer in 30 s."):
    alerts.raise_alert("connection_down", SUBJECT, "PayTrace is down.", detail)


def actions():
    return list(Entry.objects.order_by("id").values_list("action", flat=True))


def test_the_same_trouble_is_one_alert_that_counts():
    for number in range(5):
        raise_it(f"Failure {number}.")
    alert = Alert.objects.get()
    assert (alert.count, alert.detail, alert.state) == (5, "Failure 4.", AlertState.OPEN)
    assert actions() == ["alert.opened"]


def test_another_subject_or_kind_is_another_alert():
    raise_it()
    alerts.raise_alert("connection_down", "connection:8", "Sage 500 is down.")
    alerts.raise_alert("connection_auth", SUBJECT, "PayTrace refuses the credentials.")
    assert Alert.objects.count() == 3


def test_the_database_refuses_a_second_open_alert_of_the_same_trouble():
    raise_it()
    first = Alert.objects.get()
    with pytest.raises(IntegrityError, match="alert_open_once"), transaction.atomic():
        Alert.objects.create(
            kind=first.kind,
            subject=first.subject,
            title="again",
            opened_at=first.opened_at,
            last_at=first.last_at,
        )


def test_clearing_ends_it_and_asks_for_a_recovery_notice():
    raise_it()
    assert alerts.clear("connection_down", SUBJECT)
    alert = Alert.objects.get()
    assert (alert.state, alert.tell_cleared) == (AlertState.CLEARED, True)
    assert alert.cleared_at is not None
    assert actions() == ["alert.opened", "alert.cleared"]


def test_clearing_what_is_not_open_costs_one_statement(django_assert_num_queries):
    with django_assert_num_queries(3):  # the statement, and a savepoint around it
        assert not alerts.clear("connection_down", SUBJECT)
    assert actions() == []


def test_what_comes_back_soon_is_the_same_alert_and_nobody_hears_of_its_end():
    raise_it()
    Alert.objects.update(tell_opened=False)
    alerts.clear("connection_down", SUBJECT)
    raise_it()
    alert = Alert.objects.get()
    assert (alert.state, alert.count, alert.cleared_at) == (AlertState.OPEN, 2, None)
    assert (alert.tell_opened, alert.tell_cleared) == (False, False)
    assert actions()[-1] == "alert.reopened"


def test_what_comes_back_after_its_end_was_told_is_told_again():
    raise_it()
    alerts.clear("connection_down", SUBJECT)
    Alert.objects.update(tell_opened=False, tell_cleared=False)
    raise_it()
    assert Alert.objects.get().tell_opened


def test_what_comes_back_late_is_a_new_alert():
    raise_it()
    alerts.clear("connection_down", SUBJECT)
    old = Alert.objects.get()
    Alert.objects.update(cleared_at=old.cleared_at - alerts.FLAP - timedelta(seconds=1))
    raise_it()
    assert Alert.objects.count() == 2
    assert Alert.objects.filter(state=AlertState.OPEN).get().count == 1


def test_an_alert_goes_with_the_transaction_that_is_rolled_back():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise_it()
        raise ZeroDivisionError
    assert not Alert.objects.exists()


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="no_such_kind"):
        alerts.raise_alert("no_such_kind", SUBJECT, "Nothing.")


def test_secrets_and_overlong_texts_do_not_get_into_an_alert():
    gateway = ConnectionFactory()
    detail = "password=hunter2hunter2 " + "x" * 2000
    alerts.raise_alert("connection_auth", SUBJECT, "t" * 300, detail, gateway)
    alert = Alert.objects.get()
    assert "hunter2" not in alert.detail
    assert (len(alert.title), len(alert.detail), alert.connection) == (200, 1000, gateway)


def test_the_first_to_acknowledge_is_named():
    raise_it()
    alert = Alert.objects.get()
    person("anna", Role.OPERATOR)
    person("bert", Role.OPERATOR)
    assert alerts.acknowledge(alert, "user:anna")
    assert not alerts.acknowledge(alert, "user:bert")
    alert.refresh_from_db()
    assert alert.acknowledged_by == "user:anna"
    assert actions()[-1] == "alert.acknowledged"


def test_every_kind_has_an_audience_and_fits_its_column():
    for kind in AlertKind:
        assert kind.audience in Audience
        assert len(kind.value) <= 30
    assert AlertKind.CONNECTION_DOWN.audience == Audience.OPERATIONS
    assert AlertKind.BATCH_DISCREPANT.audience == Audience.FINANCE


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_raise_the_same_at_once_make_one_alert():
    start = threading.Barrier(6)

    def worker():
        start.wait()
        raise_it()
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Alert.objects.get().count == 6
