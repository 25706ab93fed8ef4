import json
from datetime import timedelta

import pytest
from django.db import connection as database

from audit.models import Entry
from audit.roles import Role
from integrations.api import signature
from integrations.choices import EnvelopeSource
from integrations.clock import business_now, wall_now
from integrations.models import Alert, Connection
from integrations.services import (
    alert_routes,
    alert_watch,
    audit_watch,
    drain_troubles,
    intake,
    vault,
    webhook_troubles,
)
from tests.builders import AttemptFactory, ConnectionFactory, PostingFactory, PullFactory
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_counted():
    drain_troubles._in_a_row.clear()
    webhook_troubles._seen.clear()


def open_kinds():
    return sorted(Alert.objects.filter(state="open").values_list("kind", flat=True))


def gateway(**more):
    row = ConnectionFactory(**{"newest_fact_at": None} | more)
    PullFactory(connection=row, stream="transactions")
    return row


def test_a_connection_paused_by_hand_is_told_until_it_goes_on():
    row = gateway(state="paused", pause_reason="Moving to a new account.")
    assert alert_watch.look() == 1
    assert alert_watch.look() == 0
    assert Alert.objects.get().detail == "Moving to a new account."
    Connection.objects.filter(pk=row.pk).update(state="active")
    alert_watch.look()
    assert open_kinds() == []


def test_a_gateway_that_is_quiet_for_longer_than_its_rhythm_is_told():
    row = gateway(newest_fact_at=business_now() - timedelta(hours=30))
    alert_watch.look()
    assert open_kinds() == []
    person("anna", Role.ADMIN)
    alert_routes.set_quiet_after(row, 24, "user:anna")
    alert_watch.look()
    assert open_kinds() == ["connection_quiet"]
    Connection.objects.filter(pk=row.pk).update(newest_fact_at=business_now())
    alert_watch.look()
    assert open_kinds() == []


def test_a_rhythm_of_nought_is_never_told():
    gateway(newest_fact_at=business_now() - timedelta(days=300), quiet_after_hours=0)
    alert_watch.look()
    assert open_kinds() == []


def test_answers_unknown_for_long_are_one_alert_for_each_target():
    erp = ConnectionFactory()
    before = wall_now() - timedelta(minutes=20)
    for _ in range(3):
        posting = PostingFactory(target=erp, state="unknown")
        AttemptFactory(posting=posting, outcome="unknown", started_at=before, ended_at=before)
    alert_watch.look()
    alert = Alert.objects.get()
    assert (alert.kind, alert.connection) == ("unknown_outcome", erp)
    assert "Postings: 3." in alert.detail


def test_an_answer_unknown_since_just_now_is_not_told():
    posting = PostingFactory(state="unknown")
    AttemptFactory(posting=posting, outcome="unknown", started_at=wall_now(), ended_at=wall_now())
    alert_watch.look()
    assert open_kinds() == []


def test_looking_is_paced(monkeypatch):
    monkeypatch.setattr(alert_watch, "PACE", alert_watch.Pace(3600))
    ConnectionFactory(state="paused")
    assert alert_watch.drain() == 1
    ConnectionFactory(state="paused", account="second")
    assert alert_watch.drain() == 0


def test_a_drain_is_told_when_it_failed_three_times_and_ends_when_it_works():
    for _ in range(2):
        drain_troubles.failed("reconciliation.services.adding_up.drain", ZeroDivisionError("no"))
    assert open_kinds() == []
    drain_troubles.failed("reconciliation.services.adding_up.drain", ZeroDivisionError("no"))
    assert Alert.objects.get().title == "Adding up keeps failing; its rows wait."
    drain_troubles.worked("reconciliation.services.adding_up.drain")
    assert open_kinds() == []


def test_another_worker_that_finds_the_drain_working_ends_it_too():
    for _ in range(3):
        drain_troubles.failed("a.b.drain", ZeroDivisionError("no"))
    drain_troubles._in_a_row.clear()
    drain_troubles.worked("a.b.drain")
    assert open_kinds() == []


def test_a_drain_that_works_costs_no_statement(django_assert_num_queries):
    drain_troubles.worked("a.b.drain")
    with django_assert_num_queries(0):
        drain_troubles.worked("a.b.drain")


def test_card_data_is_told_at_once_with_the_envelope_and_without_the_number():
    row = gateway()
    body = json.dumps({"card_number": "4111111111111111"}).encode()
    intake.receive(row, intake.Arrival(kind="hint", body=body, source=EnvelopeSource.WEBHOOK))
    alert = Alert.objects.get()
    assert (alert.kind, alert.connection) == ("card_number", row)
    assert "4111" not in alert.title + alert.detail
    assert alert.meaning.is_urgent


def deliver(client, row, secret):
    body = b"{}"
    now = int(wall_now().timestamp())
    return client.post(
        f"/hooks/{row.slug}/",
        body,
        content_type="application/json",
        headers={
            "webhook-id": f"msg-{now}",
            "webhook-timestamp": str(now),
            "webhook-signature": signature.sign(secret, f"msg-{now}", now, body),
        },
    )


def test_many_webhooks_with_wrong_signatures_are_one_alert_that_passes(client):
    row = gateway()
    vault.set_credential(row, vault.WEBHOOK_SECRET, "right")
    for _ in range(webhook_troubles.MANY - 1):
        assert deliver(client, row, "wrong").status_code == 401
    assert open_kinds() == []
    for _ in range(webhook_troubles.MANY):
        deliver(client, row, "wrong")
    assert (open_kinds(), Alert.objects.get().count) == (["webhook_signatures"], 1)
    Alert.objects.update(last_at=wall_now() - timedelta(hours=1))
    alert_watch.look()
    assert open_kinds() == []


def test_an_audit_chain_that_was_edited_is_told():
    from audit import services as audit

    audit.record("a.change", ("thing", "1"), actor="worker", summary="One.")
    audit.seal_all()
    assert audit_watch.verify() == 0
    with database.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER append_only")
        cursor.execute("UPDATE audit_entry SET summary = 'Two.'")
    assert audit_watch.verify() > 0
    assert open_kinds() == ["audit_chain"]
    assert Entry.objects.filter(action="alert.opened").count() == 1
