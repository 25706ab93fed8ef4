import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from integrations.choices import ChangeState, Environment
from integrations.models import Connection, ConnectionChange, ConnectionDraft, Credential, Pair
from integrations.services import (
    connection_changes as changes,
)
from integrations.services import (
    connection_check,
    connection_drafts,
    connectors,
    vault,
    webhooks,
)
from integrations.services.connection_changes import ChangeError
from tests.builders import (
    ConnectionChangeFactory,
    ConnectionDraftFactory,
    ConnectionFactory,
    PairFactory,
)
from tests.world import person

pytestmark = pytest.mark.django_db
NEW, OLD = "new-secret-of-the-vendor", "old-secret-of-the-vendor"
GOOD = [{"name": "Log in", "passed": True, "meaning": "Yes.", "todo": ""}]
BAD = [{"name": "Log in", "passed": False, "meaning": "Refused.", "todo": "Enter it again."}]


@pytest.fixture
def ann():
    return person("ann", Role.ADMIN)


@pytest.fixture
def bob():
    return person("bob", Role.APPROVER)


@pytest.fixture
def answer(monkeypatch):
    """What every test of a connection finds; the secrets it was asked with."""
    asked = []

    def says(checks):
        def run(connector, settings, secrets, *, sandbox):
            asked.append(dict(secrets))
            return checks

        monkeypatch.setattr(connection_check, "run", run)
        return asked

    says(GOOD)
    return says


@pytest.fixture
def gateway():
    row = ConnectionFactory(
        environment=Environment.PRODUCTION, settings={"username": "api"}, account="shop"
    )
    vault.set_credential(row, "password", OLD)
    return row


def rotation(ann, gateway, **secrets):
    draft = connection_drafts.edit(ann, gateway)
    connection_drafts.keep_secrets(ann, draft, secrets or {"password": NEW}, done=True)
    connection_drafts.test(ann, draft)
    return changes.propose(ann, draft, "It expires on Friday.")


def steps(change):
    return list(change.steps.values_list("step", "actor"))


def test_a_new_secret_is_used_only_after_a_second_person_and_a_test(ann, bob, gateway, answer):
    asked = answer(GOOD)
    change = rotation(ann, gateway)
    assert change.state == ChangeState.WAITING
    assert vault.secrets_of(gateway) == {"password": OLD}
    done = changes.approve(bob, change)
    assert done.state == ChangeState.APPLIED
    assert asked[-1] == {"password": NEW}
    assert vault.secrets_of(gateway) == {"password": NEW}
    assert steps(change) == [
        ("proposed", "user:ann"), ("approved", "user:bob"), ("applied", "user:bob"),
    ]  # fmt: skip


def test_one_person_cannot_have_the_secrets_in_use_sent_to_another_address(ann, gateway, answer):
    asked = answer(GOOD)
    draft = connection_drafts.edit(ann, gateway)
    elsewhere = {"username": "api", "base_url": "https://collector.example.net"}
    answers = {"name": "Shop", "settings": elsewhere, "resend_absent_after_minutes": None}
    connection_drafts.keep_settings(ann, draft, answers)
    connection_drafts.test(ann, draft)
    assert (asked[-1], draft.secrets_done) == ({}, False)
    with pytest.raises(ChangeError, match="not complete"):
        changes.propose(ann, draft, "They have moved.")
    connection_drafts.keep_secrets(ann, draft, {"password": NEW}, done=True)
    connection_drafts.test(ann, draft)
    assert asked[-1] == {"password": NEW}


def test_with_the_address_in_use_again_no_secret_has_to_be_entered(ann, gateway):
    draft = connection_drafts.edit(ann, gateway)
    answers = {"name": "Shop", "resend_absent_after_minutes": None}
    away = {"username": "api", "base_url": "https://away.example.net"}
    connection_drafts.keep_settings(ann, draft, answers | {"settings": away})
    assert connection_drafts.to_enter_anew(draft) == {"password"}
    connection_drafts.keep_settings(ann, draft, answers | {"settings": {"username": "api"}})
    assert draft.secrets_done
    assert connection_drafts.all_secrets(draft) == {"password": OLD}


def test_a_new_secret_that_the_vendor_refuses_changes_nothing(ann, bob, gateway, answer):
    change = rotation(ann, gateway)
    answer(BAD)
    with pytest.raises(ChangeError, match="did not pass"):
        changes.approve(bob, change)
    change.refresh_from_db()
    assert (change.state, change.checks) == (ChangeState.WAITING, BAD)
    assert vault.secrets_of(gateway) == {"password": OLD}
    assert steps(change)[-1] == ("not_passed", "user:bob")


def test_workers_build_the_connector_anew_with_the_new_secret(ann, bob, gateway, answer):
    before = connectors.connector_of(gateway)
    changes.approve(bob, rotation(ann, gateway))
    assert connectors.connector_of(Connection.objects.get(pk=gateway.pk)) is not before
    connectors._kept.clear()


def test_refused_credentials_that_are_replaced_are_asked_again_at_once(ann, bob, gateway, answer):
    later = gateway.updated_at.replace(year=gateway.updated_at.year + 1)
    Connection.objects.update(paused_until=later, pause_reason="Refused.", pauses_in_a_row=4)
    changes.approve(bob, rotation(ann, gateway))
    gateway.refresh_from_db()
    assert (gateway.paused_until, gateway.pause_reason) == (None, "")
    assert gateway.test_passed is True


def test_both_webhook_secrets_are_heard_until_the_old_one_is_retired(ann, bob, gateway, answer):
    vault.set_credential(gateway, vault.WEBHOOK_SECRET, "first")
    changes.approve(bob, rotation(ann, gateway, webhook_secret="second"))
    sender = webhooks.sender(gateway.slug)
    assert (sender.secret, sender.old_secret) == ("second", "first")
    vault.retire_old(Credential.objects.get(name=vault.WEBHOOK_SECRET))
    sender = webhooks.sender(gateway.slug)
    assert (sender.secret, sender.old_secret) == ("second", "")


def test_a_third_webhook_secret_waits_until_the_first_is_retired(ann, bob, gateway, answer):
    vault.set_credential(gateway, vault.WEBHOOK_SECRET, "first")
    changes.approve(bob, rotation(ann, gateway, webhook_secret="second"))
    with pytest.raises(ChangeError, match="Retire the old webhook secret first"):
        rotation(ann, gateway, webhook_secret="third")


def test_nobody_approves_their_own_change_whatever_they_are(gateway, answer):
    both = person("both", Role.ADMIN, Role.APPROVER)
    both.is_superuser = True
    both.save()
    change = rotation(both, gateway)
    with pytest.raises(PermissionDenied, match="prepared themselves"):
        changes.approve(both, change)
    assert vault.secrets_of(gateway) == {"password": OLD}
    assert Entry.objects.filter(action="access.denied", actor="user:both").count() == 1


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.MAPPER, Role.AUDITOR])
def test_who_lacks_the_duty_is_denied_by_the_service_itself(role, gateway, ann, answer):
    somebody, change = person("somebody", role), rotation(ann, gateway)
    tries = (
        lambda: connection_drafts.begin(somebody, "paytrace"),
        lambda: connection_drafts.edit(somebody, gateway),
        lambda: changes.propose_pair(somebody, None, {}, "x"),
        lambda: changes.approve(somebody, change),
        lambda: changes.refuse(somebody, change, "x"),
        lambda: changes.withdraw(somebody, change),
        lambda: connection_check.test(somebody, gateway),
    )
    for attempt in tries:
        with pytest.raises(PermissionDenied):
            attempt()
    assert Entry.objects.filter(action="access.denied").count() == len(tries)


def test_a_superuser_without_a_role_may_nothing(admin_user, gateway):
    with pytest.raises(PermissionDenied):
        connection_drafts.edit(admin_user, gateway)


def test_a_draft_is_its_owners_alone(ann):
    draft = ConnectionDraftFactory()
    with pytest.raises(PermissionDenied, match="owner's alone"):
        changes.propose(ann, draft, "mine now")
    assert ConnectionDraft.objects.exists()


def test_the_database_refuses_one_person_for_both(gateway, ann, answer):
    change = rotation(ann, gateway)
    with pytest.raises(IntegrityError), transaction.atomic():
        ConnectionChange.objects.filter(pk=change.pk).update(
            state="applied", decided_by=ann, ciphertext=b""
        )


@pytest.mark.parametrize("column", ["fields", "reason", "made_by", "needs_other"])
def test_what_was_proposed_cannot_be_altered(column, bob):
    change = ConnectionChangeFactory()
    values = {"fields": {}, "reason": "", "made_by": bob, "needs_other": False}
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        ConnectionChange.objects.filter(pk=change.pk).update(**{column: values[column]})


def test_steps_are_history(ann, gateway, answer):
    change = rotation(ann, gateway)
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        change.steps.update(note="")


def test_a_refused_change_is_over_and_its_secret_gone(ann, bob, gateway, answer):
    change = changes.refuse(bob, rotation(ann, gateway), "Not on a Friday.")
    assert (change.state, bytes(change.ciphertext), change.key_id) == ("refused", b"", "")
    with pytest.raises(ChangeError, match="decided already"):
        changes.approve(bob, change)
    assert steps(change)[-1] == ("refused", "user:bob")


def test_only_who_proposed_it_withdraws_it(ann, gateway, answer):
    change, eve = rotation(ann, gateway), person("eve", Role.ADMIN)
    with pytest.raises(PermissionDenied):
        changes.withdraw(eve, change)
    assert changes.withdraw(ann, change).state == ChangeState.WITHDRAWN


def test_one_change_of_a_connection_waits_at_a_time(ann, gateway, answer):
    rotation(ann, gateway)
    with pytest.raises(ChangeError, match="Another change of it waits"):
        rotation(ann, gateway)
    assert ConnectionDraft.objects.count() == 1  # nothing that was entered is lost


def test_what_has_changed_in_the_meantime_is_not_overwritten(ann, bob, gateway, answer):
    draft = connection_drafts.edit(ann, gateway)
    draft.settings, draft.passed, draft.checks = {"username": "other"}, True, GOOD
    change = changes.propose(ann, draft, "A new user.")
    Connection.objects.update(settings={"username": "third"})
    with pytest.raises(ChangeError, match="changed otherwise since"):
        changes.approve(bob, change)
    change.refresh_from_db()
    assert change.state == ChangeState.WAITING


def test_a_production_connection_exists_only_after_approval(ann, bob, answer):
    change = changes.propose(ann, ConnectionDraftFactory(owner=ann), "The new bank.")
    assert not Connection.objects.exists()
    made = changes.approve(bob, change).connection
    assert (made.slug, made.state, made.is_sandbox) == ("operating-bank", "active", False)
    assert list(made.pulls.values_list("stream", flat=True)) == ["statements"]


def test_an_account_that_is_there_already_is_refused_in_words(ann, bob, answer):
    change = changes.propose(ann, ConnectionDraftFactory(owner=ann, account="1"), "The bank.")
    ConnectionFactory(connector="bank_csv", account="1", environment=Environment.PRODUCTION)
    with pytest.raises(ChangeError, match="connection for this account already"):
        changes.approve(bob, change)


def test_a_sandbox_needs_one_person_unless_the_setting_says_two(ann, answer, settings):
    draft = ConnectionDraftFactory(owner=ann, environment=Environment.SANDBOX)
    assert changes.propose(ann, draft, "").state == ChangeState.APPLIED
    settings.TIEOUT_SANDBOX_TWO_PERSONS = True
    draft = ConnectionDraftFactory(owner=ann, environment=Environment.SANDBOX)
    assert changes.propose(ann, draft, "Why not.").state == ChangeState.WAITING


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"passed": False}, "Run the test first"),
        ({"secrets_done": False}, "not complete yet"),
        ({"reason": " "}, "Say why"),
    ],
)
def test_a_form_that_is_not_ready_is_not_taken(ann, given, words):
    reason = given.pop("reason", "The bank.")
    draft = ConnectionDraftFactory(owner=ann, **given)
    with pytest.raises(ChangeError, match=words):
        changes.propose(ann, draft, reason)
    assert not ConnectionChange.objects.exists()


def test_a_form_without_a_change_is_not_taken(ann, gateway):
    with pytest.raises(ChangeError, match="Nothing differs"):
        changes.propose(ann, connection_drafts.edit(ann, gateway), "x")


def test_a_pairs_bank_account_changes_only_with_a_second_person(ann, bob):
    pair = PairFactory(gateway__environment=Environment.PRODUCTION)
    bank = ConnectionFactory(bank=True)
    values = {name: getattr(pair, name) for name in changes.PAIR_FIELDS}
    change = changes.propose_pair(ann, pair, {**values, "bank_id": bank.pk}, "A new account.")
    assert (change.fields, change.before) == ({"bank_id": bank.pk}, {"bank_id": pair.bank_id})
    assert Pair.objects.get().bank_id == pair.bank_id
    changes.approve(bob, change)
    assert Pair.objects.get().bank_id == bank.pk


def test_a_pair_cannot_be_led_into_production_by_a_sandbox_form(ann):
    pair = PairFactory()
    real = ConnectionFactory(bank=True, environment=Environment.PRODUCTION)
    values = {name: getattr(pair, name) for name in changes.PAIR_FIELDS}
    change = changes.propose_pair(ann, pair, {**values, "bank_id": real.pk}, "Real money.")
    assert change.state == ChangeState.WAITING


def test_what_waits_is_shown_to_those_who_may_decide_it(ann, bob, gateway, answer):
    change = rotation(ann, gateway)
    assert list(changes.waiting(bob)) == [change]
    assert not changes.waiting(ann).exists()
    assert not changes.waiting(person("vi", Role.VIEWER)).exists()


def test_no_secret_is_in_the_audit_log_the_history_or_the_log(ann, bob, gateway, answer, caplog):
    caplog.set_level(logging.DEBUG)
    change = rotation(ann, gateway, password=NEW, webhook_secret="whsec_of-nobody-else")
    changes.approve(bob, change)
    told = str(list(Entry.objects.values())) + str(list(change.steps.values())) + caplog.text
    told += str(list(ConnectionChange.objects.values()))
    assert NEW not in told
    assert "of-nobody-else" not in told
    assert "password" in told
