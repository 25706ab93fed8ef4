import time

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Entry
from audit.roles import Role
from integrations.choices import AlertKind, ConnectionState
from integrations.errors import AuthError, TransientError
from integrations.models import Alert, Connection, Credential
from integrations.services import circuit, connection_check, restored, vault
from integrations.services import connection_operation as operation
from integrations.services.connection_apply import ChangeError
from tests.builders import ConnectionFactory, PullFactory
from tests.world import person

pytestmark = pytest.mark.django_db
USUAL = {"open_after_failures": 5, "quiet_after_hours": 48}


@pytest.fixture
def ann():
    return person("ann", Role.ADMIN)


@pytest.fixture
def shop():
    return ConnectionFactory()


def paused(row):
    row.refresh_from_db()
    return row.state, row.pause_reason, row.paused_by


def test_a_pause_has_a_reason_a_person_an_entry_and_an_alert(ann, shop):
    operation.pause(ann, shop, "The vendor works on its side until noon.")
    assert paused(shop) == ("paused", "The vendor works on its side until noon.", "user:ann")
    assert Alert.objects.get().kind == AlertKind.CONNECTION_PAUSED
    operation.resume(ann, shop)
    assert paused(shop) == ("active", "", "")
    assert Alert.objects.get().state == "cleared"
    actions = Entry.objects.filter(actor="user:ann").values_list("action", flat=True)
    assert list(actions) == ["connection.paused", "connection.resumed"]


def test_what_ends_during_a_pause_does_not_overwrite_its_reason(ann, shop):
    operation.pause(ann, shop, "Moving house.")
    circuit.failed(shop, TransientError("No answer."), must_pause=True)
    circuit.answered(shop)
    assert paused(shop)[:2] == ("paused", "Moving house.")


@pytest.mark.parametrize(
    ("state", "act", "words"),
    [
        ("active", lambda user, row: operation.pause(user, row, " "), "Say why"),
        ("paused", lambda user, row: operation.pause(user, row, "again"), "paused already"),
        ("active", operation.resume, "not paused"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(ann, shop, state, act, words):
    Connection.objects.update(state=state)
    with pytest.raises(ChangeError, match=words):
        act(ann, shop)


def test_a_pause_after_a_restore_is_not_ended_one_by_one(ann, shop):
    restored.pause_all("worker", "It is older.")
    with pytest.raises(ChangeError, match="check the ERP"):
        operation.resume(ann, shop)
    assert paused(shop)[0] == ConnectionState.PAUSED


def test_the_rhythm_is_changed_at_once_and_told(ann, shop):
    PullFactory(connection=shop)
    values = {"open_after_failures": 3, "quiet_after_hours": 0}
    assert operation.set_operation(ann, shop, values, {"transactions": 60})
    assert not operation.set_operation(ann, shop, values, {"transactions": 60})
    assert shop.pulls.get().every_minutes == 60
    entry = Entry.objects.get(action="connection.operation_changed")
    assert entry.details["open_after_failures"] == [5, 3]
    assert entry.details["transactions every minutes"] == [15, 60]


def test_an_old_secret_is_retired_once(ann, shop):
    for secret in ("first", "second"):
        vault.set_credential(shop, vault.WEBHOOK_SECRET, secret, keep_old=True)
    operation.retire_secret(ann, shop, vault.WEBHOOK_SECRET)
    row = Credential.objects.get()
    assert (row.old_key_id, bytes(row.old_ciphertext), row.old_set_at) == ("", b"", None)
    assert vault.open_credential(row) == "second"
    with pytest.raises(ChangeError, match="no old secret"):
        operation.retire_secret(ann, shop, vault.WEBHOOK_SECRET)


def test_the_service_denies_who_lacks_the_duty(shop):
    somebody = person("somebody", Role.OPERATOR)
    for attempt in (
        lambda: operation.pause(somebody, shop, "x"),
        lambda: operation.resume(somebody, shop),
        lambda: operation.set_operation(somebody, shop, USUAL, {}),
        lambda: operation.retire_secret(somebody, shop, "password"),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert Entry.objects.filter(action="access.denied").count() == 4


class Slow:
    closed = False

    def check_connection(self):
        time.sleep(0.3)
        return []

    def close(self):
        self.closed = True


class Refused(Slow):
    def check_connection(self):
        raise AuthError("The vendor refuses this user.")


class Broken(Slow):
    def check_connection(self):
        raise RuntimeError("a bug")


def run_with(monkeypatch, connector):
    monkeypatch.setattr(connection_check.registry, "build", lambda *args, **kwargs: connector)
    [check] = connection_check.run("paytrace", {}, {}, sandbox=True)
    return check


def test_a_test_ends_in_time(monkeypatch):
    monkeypatch.setattr(connection_check, "TEST_SECONDS", 0.05)
    check = run_with(monkeypatch, Slow())
    assert (check["name"], check["passed"]) == ("Answer in time", False)
    assert "firewall" in check["todo"]


def test_a_refusal_says_what_to_do_and_the_connector_is_closed(monkeypatch):
    connector = Refused()
    check = run_with(monkeypatch, connector)
    assert check["meaning"] == "The vendor refuses this user."
    assert "ask the vendor" in check["todo"]
    assert connector.closed


def test_a_test_that_breaks_says_so(monkeypatch):
    assert run_with(monkeypatch, Broken())["meaning"] == "The test itself broke."


def test_a_missing_setting_and_a_forbidden_sandbox_are_checks_too(settings):
    [check] = connection_check.run("paytrace", {}, {}, sandbox=True)
    assert "“User name” is missing" in check["meaning"]
    settings.TIEOUT_ALLOW_SANDBOX = False
    assert connection_check.run("paytrace", {}, {}, sandbox=True)[0]["name"] == "Sandbox"


def test_the_last_result_stays_with_the_connection(ann, tmp_path):
    bank = ConnectionFactory(bank=True, settings={"folder": str(tmp_path), "account": "Bank"})
    assert connection_check.passed(connection_check.test(ann, bank))
    before = Connection.objects.get()
    assert (before.test_passed, before.tested_at is not None) == (True, True)
    Connection.objects.update(settings={"folder": str(tmp_path / "gone"), "account": "Bank"})
    bank.refresh_from_db()
    assert not connection_check.passed(connection_check.test(ann, bank))
    after = Connection.objects.get()
    assert (after.test_passed, after.test_checks[0]["passed"]) == (False, False)
    assert after.updated_at == before.updated_at  # no connector is built anew for it
    assert Entry.objects.filter(action="connection.tested").count() == 2
