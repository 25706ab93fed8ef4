"""A full disk, a vendor that is gone: an alert, nothing lost, and nobody has to do anything."""

from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

from config import surroundings
from config.embedded import ensure_running
from integrations.models import Alert
from integrations.services import lanes
from tests.hub import Hub

WRITES = ("INSERT", "UPDATE")


def no_room(execute, sql, params, many, context):
    """What PostgreSQL answers when its disk is full: SQLSTATE 53100."""
    if sql.lstrip().upper().startswith(WRITES):
        raise OperationalError("could not extend file") from psycopg.errors.DiskFull()
    return execute(sql, params, many, context)


@contextmanager
def full_disk(monkeypatch):
    with monkeypatch.context() as patch, connection.execute_wrapper(no_room):
        patch.setattr(surroundings, "free_percent", lambda: 0.0)
        yield


def a_round() -> int:
    """Each drain once, as a lane runs it."""
    paths = [path for lane in django_settings.TIEOUT_LANES.values() for path in lane]
    return sum(lanes._step(lanes.Drain(path, import_string(path), "true")) for path in paths)


def morning(hub: Hub) -> None:
    hub.day += timedelta(days=1)
    hub.at(datetime.combine(hub.day, time(12), UTC))


def test_a_full_disk_is_told_loses_nothing_and_ends_by_itself(hub: Hub, monkeypatch, settings):
    settings.TIEOUT_ALERT_EMAILS = ("ops@example.com",)
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    around = surroundings.Surroundings()
    morning(hub)
    with full_disk(monkeypatch):
        assert [a_round() for _ in range(4)] == [0, 0, 0, 0]
        with pytest.raises(OperationalError):
            around.look(0.0)
    assert "0.0 % of the disk" in mail.outbox[0].subject
    assert hub.receipts() == []
    monkeypatch.setattr(surroundings, "free_percent", lambda: 50.0)
    around.look(surroundings.DISK_EVERY + 1)
    hub.run()
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "0.00")
    assert hub.states() == {"posted"}


def test_a_disk_that_fills_while_documents_are_sent_doubles_none(hub: Hub, monkeypatch):
    hub.invoice("536365", "100.00")
    hub.sale("60.00", "536365")
    hub.sale("40.00", "536365")
    morning(hub)
    real = import_string("integrations.services.posting.record")

    def fills(changes):
        monkeypatch.setattr("integrations.services.posting.record", real)
        raise OperationalError("could not extend file") from psycopg.errors.DiskFull()

    monkeypatch.setattr("integrations.services.posting.record", fills)
    with pytest.raises(OperationalError):
        hub.run()
    hub.run()
    assert hub.receipts() == ["60.00", "40.00"]
    assert hub.states() <= {"posted", "duplicate"}


def test_a_gateway_that_is_gone_is_told_and_made_up_for(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.gateway.arm("refuse", path="*", times=9)
    hub.settle()
    alert = Alert.objects.get(kind="connection_down")
    assert (alert.state, alert.connection.connector) == ("cleared", "paytrace")
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "0.00")


def test_an_erp_that_is_gone_is_told_and_made_up_for(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    morning(hub)
    with closed(hub.sage_url):
        for _ in range(9):
            a_round()
            hub.hurry()
        alert = Alert.objects.get(kind="connection_down")
        assert (alert.state, alert.connection.connector) == ("open", "sage500")
    hub.run()
    alert.refresh_from_db()
    assert (alert.state, hub.receipts(), hub.reasons()) == ("cleared", ["100.00"], [])


@contextmanager
def closed(database_url: str):
    """Its database takes nobody in, and whoever was in it is thrown out."""
    name = urlsplit(database_url).path.lstrip("/")
    with ensure_running(django_settings.TIEOUT_HOME).connect() as session:
        session.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        session.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
