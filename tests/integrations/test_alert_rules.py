from datetime import UTC, datetime, time

import pytest

from integrations.alert_rules import fits, quiet_until, silenced_until
from integrations.models import Alert, AlertRoute, AlertSilence

DOWN = Alert(kind="connection_down", subject="connection:3", connection_id=3)
LATE = Alert(kind="deposit_late", subject="batch:9", connection_id=4)


@pytest.mark.parametrize(
    ("route", "down", "late"),
    [
        ({}, True, True),
        ({"audience": "operations"}, True, False),
        ({"audience": "finance"}, False, True),
        ({"kinds": ["deposit_late"]}, False, True),
        ({"connection_id": 3}, True, False),
        ({"audience": "finance", "connection_id": 3}, False, False),
    ],
)
def test_a_route_hears_of_what_it_is_for(route, down, late):
    assert (fits(AlertRoute(**route), DOWN), fits(AlertRoute(**route), LATE)) == (down, late)


def test_an_alert_about_no_connection_goes_to_routes_of_any():
    full = Alert(kind="disk_full", subject="disk:home")
    assert fits(AlertRoute(connection_id=3), full)


def test_a_route_is_not_told_that_it_does_not_deliver():
    alert = Alert(kind="alert_undelivered", subject="route:5")
    assert not fits(AlertRoute(pk=5), alert)
    assert fits(AlertRoute(pk=6), alert)


def night(zone="UTC", begins=time(22), ends=time(6)):
    return AlertRoute(time_zone=zone, quiet_from=begins, quiet_to=ends)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ((14, 21, 59), None),
        ((14, 22, 0), (15, 6, 0)),
        ((15, 5, 59), (15, 6, 0)),
        ((15, 6, 0), None),
    ],
)
def test_quiet_hours_pass_midnight(moment, until):
    expected = datetime(2011, 2, *until, tzinfo=UTC) if until else None
    assert quiet_until(night(), datetime(2011, 2, *moment, tzinfo=UTC)) == expected


def test_quiet_hours_are_of_the_routes_own_zone():
    in_new_york = night("America/New_York")
    assert quiet_until(in_new_york, datetime(2011, 2, 15, 4, tzinfo=UTC)) == datetime(
        2011, 2, 15, 11, tzinfo=UTC
    )
    assert quiet_until(in_new_york, datetime(2011, 2, 14, 23, tzinfo=UTC)) is None


def test_quiet_hours_within_a_day_and_none_at_all():
    noon = night(begins=time(12), ends=time(13))
    assert quiet_until(noon, datetime(2011, 2, 14, 12, 30, tzinfo=UTC)) == datetime(
        2011, 2, 14, 13, tzinfo=UTC
    )
    assert quiet_until(AlertRoute(), datetime(2011, 2, 14, 12, 30, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("silence", "holds"),
    [
        ({"kind": "connection_down"}, True),
        ({"connection_id": 3}, True),
        ({"kind": "connection_down", "connection_id": 3}, True),
        ({"kind": "deposit_late", "connection_id": 3}, False),
        ({"connection_id": 4}, False),
    ],
)
def test_a_silence_holds_its_kind_its_connection_or_both(silence, holds):
    until = datetime(2011, 2, 15, tzinfo=UTC)
    assert (silenced_until(DOWN, [AlertSilence(until=until, **silence)]) == until) is holds
