import time

import psycopg
import pytest
from django.db import OperationalError, connection

from integrations.models import Connection, Credential, Envelope
from integrations.prepared import Prepared
from integrations.services import vault, webhooks
from tests.builders import ConnectionFactory


@pytest.fixture
def shop(db):
    row = ConnectionFactory(slug="shop")
    vault.set_credential(row, vault.WEBHOOK_SECRET, "first")
    return row


def secret_of(found):
    return found.secret if found else None


def later(monkeypatch, seconds):
    monkeypatch.setattr(webhooks._known, "read_at", webhooks._known.read_at - seconds)


def test_a_sender_is_looked_up_once_for_many_requests(shop, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = [webhooks.sender("shop") for _ in range(5)]
    assert {secret_of(one) for one in found} == {"first"}
    with django_assert_num_queries(0):
        assert webhooks.sender("stranger") is None


def test_a_secret_set_anew_elsewhere_is_known_within_the_time_that_is_kept(shop, monkeypatch):
    assert secret_of(webhooks.sender("shop")) == "first"
    sealed = vault.encrypt(b"second", "credential:shop:webhook_secret")
    Credential.objects.update(ciphertext=sealed.ciphertext)  # no signal: as in another process
    assert secret_of(webhooks.sender("shop")) == "first"
    later(monkeypatch, webhooks.KEEP_SECONDS)
    assert secret_of(webhooks.sender("shop")) == "second"


def test_a_signature_that_does_not_fit_asks_sooner_but_not_each_time(
    shop, monkeypatch, django_assert_num_queries
):
    webhooks.sender("shop")
    later(monkeypatch, webhooks.LOOK_AGAIN_SECONDS)
    with django_assert_num_queries(1):
        for _ in range(5):
            webhooks.sender_now("shop")


def test_what_this_process_changes_is_known_at_once(shop):
    webhooks.sender("shop")
    vault.set_credential(shop, vault.WEBHOOK_SECRET, "second")
    assert secret_of(webhooks.sender("shop")) == "second"
    shop.credentials.all().delete()
    assert webhooks.sender("shop") is None


def test_one_secret_that_the_vault_cannot_open_stops_no_other(shop):
    other = ConnectionFactory(slug="other")
    vault.set_credential(other, vault.WEBHOOK_SECRET, "theirs")
    Credential.objects.filter(connection=shop).update(key_id="gone")
    assert secret_of(webhooks.sender("other")) == "theirs"
    found = webhooks.sender("shop")
    assert (found.secret, "gone" in found.problem) == ("", True)
    assert "theirs" not in repr(webhooks.sender("other"))


def test_a_message_without_an_id_is_known_by_its_content(shop):
    received = [webhooks.store(shop, "", body) for body in (b"one", b"one", b"two")]
    assert [one.is_new for one in received] == [True, False, True]
    assert Envelope.objects.first().identity.startswith("sha256:")


def test_a_card_number_in_the_id_is_stored_nowhere(shop):
    received = [webhooks.store(shop, "order-4111111111111111", b"{}") for _ in range(2)]
    envelope = Envelope.objects.get()
    assert [one.is_new for one in received] == [True, False]
    assert "4111" not in str(Envelope.objects.values())
    assert envelope.guard_findings[0]["where"] == "header webhook-id"


def test_a_webhook_is_stored_in_one_statement(transactional_db, monkeypatch):
    shop = ConnectionFactory()
    monkeypatch.setattr(webhooks.intake.lanes, "look", lambda lane: None)
    monkeypatch.setattr(webhooks.intake.lanes, "NOTIFY_EVERY", 60.0)
    webhooks.store(shop, "warm-up", b"{}")
    seen = []
    for owner, name in ((psycopg.Cursor, "execute"), (Prepared, "first")):
        monkeypatch.setattr(owner, name, watching(getattr(owner, name), seen))
    assert webhooks.store(shop, "event-1", b"{}").is_new
    assert seen == ["first"]


def watching(run, seen):
    def watched(*args, **kwargs):
        seen.append(run.__name__)
        return run(*args, **kwargs)

    return watched


def test_the_lane_hears_of_the_first_and_not_of_each(transactional_db, monkeypatch):
    shop = ConnectionFactory()
    monkeypatch.setattr(webhooks.intake.lanes, "NOTIFY_EVERY", 60.0)
    monkeypatch.setattr(webhooks.intake.lanes, "_notified", {})
    params = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**params, autocommit=True) as listener:
        listener.execute('LISTEN "tieout_receive"')
        for number in range(3):
            webhooks.store(shop, f"event-{number}", b"{}")
        assert len(list(listener.notifies(timeout=0.5))) == 1
    assert Envelope.objects.count() == 3


def test_a_session_that_the_server_ended_costs_no_webhook(transactional_db):
    shop = ConnectionFactory()
    webhooks.store(shop, "event-1", b"{}")
    params = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**params, autocommit=True) as other:
        pid = connection.connection.info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            time.sleep(0.01)
    assert webhooks.store(shop, "event-2", b"{}").is_new
    assert Envelope.objects.count() == 2


def test_a_fault_of_a_live_session_is_not_tried_again(shop):
    tries = []

    def full():
        tries.append(1)
        raise OperationalError("could not extend file: No space left on device")

    with pytest.raises(OperationalError):
        webhooks._with_session(full)
    assert len(tries) == 1


def test_a_wake_up_that_fails_does_not_undo_what_is_stored(transactional_db, monkeypatch):
    def broken(lane):
        raise OperationalError("the queue is locked")

    shop = ConnectionFactory()
    monkeypatch.setattr(webhooks.intake.lanes, "look", broken)
    assert webhooks.store(shop, "event-1", b"{}").is_new
    assert Envelope.objects.count() == 1


def test_a_paused_connections_webhooks_are_stored(shop):
    Connection.objects.update(state="paused")
    assert webhooks.store(shop, "event-1", b"{}").is_new


def test_an_old_secret_that_cannot_be_opened_does_not_stop_the_one_in_use(shop):
    vault.set_credential(shop, vault.WEBHOOK_SECRET, "second", keep_old=True)
    Credential.objects.filter(connection=shop).update(old_key_id="gone")
    found = webhooks.sender("shop")
    assert (found.secret, found.old_secret, found.problem) == ("second", "", "")
