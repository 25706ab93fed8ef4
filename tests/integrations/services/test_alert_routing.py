from datetime import time, timedelta

import pytest

from audit.roles import Role
from integrations.choices import AlertKind
from integrations.clock import wall_now
from integrations.models import Alert, AlertDelivery
from integrations.services import alert_routes, alert_routing, alerts
from tests.builders import AlertRouteFactory, ConnectionFactory
from tests.world import person

pytestmark = pytest.mark.django_db


def down(number=7, **more):
    alerts.raise_alert("connection_down", f"connection:{number}", "PayTrace is down.", **more)


def over(number=7):
    alerts.clear("connection_down", f"connection:{number}")
    Alert.objects.filter(tell_cleared=True).update(tell_at=wall_now())


def events(delivery):
    return [(each["event"], each["subject"]) for each in delivery.events]


def all_quiet(**more):
    """A route whose quiet hours are now, whatever the hour."""
    now = wall_now()
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=1)
    return AlertRouteFactory(
        quiet_from=time(begins.hour, begins.minute), quiet_to=time(ends.hour, ends.minute), **more
    )


def test_each_route_that_is_for_it_gets_one_message():
    operations = AlertRouteFactory(audience="operations")
    AlertRouteFactory(audience="finance")
    AlertRouteFactory(is_active=False)
    down()
    assert alert_routing.drain() == 1
    delivery = AlertDelivery.objects.get()
    assert (delivery.route, delivery.address) == (operations, operations.address)
    assert events(delivery) == [("opened", "connection:7")]


def test_an_outage_is_told_once_however_often_it_shows():
    AlertRouteFactory()
    for _ in range(20):
        down()
        alert_routing.drain()
    assert AlertDelivery.objects.count() == 1


def test_what_opens_together_is_one_message():
    AlertRouteFactory()
    down(1)
    down(2)
    alert_routing.drain()
    assert len(AlertDelivery.objects.get().events) == 2


def test_its_end_is_told_when_it_has_stayed_away():
    AlertRouteFactory()
    down()
    alert_routing.drain()
    alerts.clear("connection_down", "connection:7")
    assert alert_routing.drain() == 0  # it may come back
    Alert.objects.update(tell_at=wall_now())
    alert_routing.drain()
    assert events(AlertDelivery.objects.first()) == [("cleared", "connection:7")]


def test_a_trouble_that_comes_and_goes_is_told_once():
    AlertRouteFactory()
    for _ in range(5):
        down()
        alert_routing.drain()
        alerts.clear("connection_down", "connection:7")
        alert_routing.drain()
    assert AlertDelivery.objects.count() == 1


def test_what_was_over_before_anybody_was_told_is_not_told():
    AlertRouteFactory()
    down()
    over()
    assert alert_routing.drain() == 1
    assert not AlertDelivery.objects.exists()


def test_a_route_without_recoveries_hears_of_beginnings_only():
    AlertRouteFactory(sends_recoveries=False)
    down()
    alert_routing.drain()
    over()
    alert_routing.drain()
    assert AlertDelivery.objects.count() == 1


def test_the_owner_is_told_beside_the_routes_once_and_only_if_nobody_else_tells_them():
    AlertRouteFactory(address="ops@example.com, cleo@example.com")
    for name in ("anna", "cleo"):
        user = person(name, Role.OPERATOR)
        user.email = f"{name}@example.com"
        user.save()
    for number, owner in enumerate(("user:anna", "user:anna", "user:cleo", "user:nobody", "")):
        alerts.raise_alert("rule_missing", f"exceptions:{number}", "A rule.", owner=owner)
    alert_routing.drain()
    told = {row.address: len(row.events) for row in AlertDelivery.objects.all()}
    assert told == {"ops@example.com, cleo@example.com": 5, "anna@example.com": 2}


def test_quiet_hours_collect_into_one_message_at_their_end():
    route = all_quiet()
    down(1)
    alert_routing.drain()
    down(2)
    over(1)
    alert_routing.drain()
    delivery = AlertDelivery.objects.get()
    assert (delivery.collects, delivery.route) == (True, route)
    assert delivery.due_at > wall_now()
    assert events(delivery) == [
        ("opened", "connection:1"),
        ("opened", "connection:2"),
        ("cleared", "connection:1"),
    ]


def test_what_is_urgent_does_not_wait():
    all_quiet()
    alerts.raise_alert("card_number", "connection:1", "A card number was removed.")
    alert_routing.drain()
    delivery = AlertDelivery.objects.get()
    assert not delivery.collects
    assert delivery.due_at <= wall_now()


def test_a_silence_holds_it_back_until_its_end():
    AlertRouteFactory()
    person("anna", Role.ADMIN)
    alert_routes.silence(
        "connection_down", None, wall_now() + timedelta(hours=2), "Maintenance.", "user:anna"
    )
    down()
    assert alert_routing.drain() == 1
    assert alert_routing.drain() == 0
    assert not AlertDelivery.objects.exists()
    assert Alert.objects.get().tell_opened


def test_a_silence_that_is_ended_early_lets_go_what_it_held():
    AlertRouteFactory()
    gateway = ConnectionFactory()
    until = wall_now() + timedelta(hours=2)
    for name in ("anna", "bert"):
        person(name, Role.ADMIN)
    made = alert_routes.silence("", gateway, until, "Maintenance.", "user:anna")
    down(connection=gateway)
    alert_routing.drain()
    assert alert_routes.end_silence(made, "user:bert")
    assert not alert_routes.end_silence(made, "user:bert")
    alert_routing.drain()
    assert AlertDelivery.objects.count() == 1


def test_without_a_route_the_environments_addresses_hear_of_it(settings):
    settings.TIEOUT_ALERT_EMAILS = ("ops@example.com",)
    settings.TIEOUT_FINANCE_EMAILS = ("books@example.com",)
    down()
    alerts.raise_alert(AlertKind.DEPOSIT_LATE, "batch:1", "A deposit is late.")
    alert_routing.drain()
    assert set(AlertDelivery.objects.values_list("address", "route")) == {
        ("ops@example.com", None),
        ("books@example.com", None),
    }


def test_with_a_route_for_it_the_environments_addresses_do_not(settings):
    settings.TIEOUT_ALERT_EMAILS = ("ops@example.com",)
    AlertRouteFactory(audience="operations", address="team@example.com")
    down()
    alert_routing.drain()
    assert AlertDelivery.objects.get().address == "team@example.com"
