"""A hub whose database comes back from a backup notices it, waits, and doubles nothing."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit import heads
from audit import services as audit
from audit.models import Checkpoint, Entry
from integrations.models import Connection, Posting
from integrations.sandbox.sage500.faults import edit_behind
from integrations.services import lanes, restored
from reconciliation.models import Census, Effect, SettlementBatch
from reconciliation.services import after_restore
from tests.hub import Hub


@pytest.fixture
def outside(tmp_path, settings):
    """The heads' file of this test alone."""
    settings.TIEOUT_HOME = tmp_path


def seal() -> None:
    """Seal, and write the head as the commit would."""
    audit.seal_all()
    last = Checkpoint.objects.order_by("-position").first()
    heads.append_head(last.position, last.hash, "2010-12-02T12:00:00Z")


def states() -> set[str]:
    return set(Connection.objects.values_list("state", flat=True))


def an_hour_ago(hub: Hub, meanwhile) -> None:
    """What the hub does meanwhile is not in the backup; the ERP and the gateway go on."""
    seal()
    backup = transaction.savepoint()
    meanwhile()
    seal()
    transaction.savepoint_rollback(backup)


def test_a_database_that_knows_its_newest_head_is_no_restored_one(hub: Hub, outside):
    hub.pair.save()
    assert not restored.check()
    hub.sale("100.00", "1")
    hub.settle()
    seal()
    assert not restored.check()
    assert states() == {"active"}


def test_a_restored_hub_pauses_takes_a_census_and_doubles_nothing(hub: Hub, outside):
    hub.invoice("536365", "100.00")
    hub.sale("60.00", "536365")
    hub.settle()
    hub.sale("40.00", "536365")
    an_hour_ago(hub, hub.settle)
    assert hub.receipts() == ["60.00", "40.00"]
    assert Posting.objects.filter(kind="cash_receipt").count() == 1
    assert restored.check()
    assert states() == {"paused"}
    hub.run()  # nothing but the census
    assert Census.objects.count() == 1
    assert SettlementBatch.objects.count() == 1
    call_command("restored", "--resume")
    assert states() == {"active"}
    hub.run()
    assert hub.receipts() == ["60.00", "40.00"]
    assert hub.balance("536365") == "0.00"
    assert Posting.objects.filter(kind="cash_receipt").count() == 2
    assert not Posting.objects.filter(state="held").exists()
    assert set(hub.reasons()) == {"census_unowed"}  # by the census before anything was resumed
    call_command("census")
    assert hub.reasons() == []
    newest = Effect.objects.filter(kind="receipt").latest("id")
    assert newest.rules[0] == "already in the ERP"
    assert newest.reservations.get().document_no
    assert Entry.objects.filter(action="transactions.found_in_erp").count() == 1


def test_a_receipt_over_several_invoices_is_taken_as_it_stands(hub: Hub, outside):
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    hub.sale("170.00", "536366, 536365")
    an_hour_ago(hub, hub.settle)
    back(hub)
    assert hub.receipts() == ["170.00"]
    assert hub.states() <= {"posted", "duplicate"}
    call_command("census")
    assert hub.reasons() == ["overpaid"]  # as before


def test_a_receipt_that_was_changed_since_the_backup_is_held_for_a_person(hub: Hub, outside):
    hub.invoice("536365", "100.00")
    hub.sale("40.00", "536365")
    an_hour_ago(hub, hub.settle)
    [(receipt,)] = hub.sql('SELECT "CustPmtKey" FROM "tarCustPmt"')
    edit_behind(hub.sage_url, receipt, "amount", amount=Decimal("39.00"))
    back(hub)
    assert hub.receipts() == ["39.00"]
    assert list(Posting.objects.filter(state="held").values_list("code", flat=True)) == [
        "content_conflict"
    ]


def back(hub: Hub) -> None:
    """The hub notices, takes its census and goes on."""
    assert restored.check()
    hub.run()
    call_command("restored", "--resume")
    hub.run()


def test_nobody_resumes_before_the_census(hub: Hub, outside):
    restored.pause_all("command", "A test.")
    with pytest.raises(CommandError, match="no census has been taken since the restore"):
        call_command("restored", "--resume")
    call_command("restored")
    call_command("restored", "--resume")
    assert restored.noticed() is None
    with pytest.raises(CommandError, match="Nothing waits"):
        call_command("restored", "--resume")


def test_an_erp_that_is_away_keeps_the_hub_paused(hub: Hub, outside, monkeypatch):
    restored.pause_all("command", "A test.")
    from integrations.errors import TransientError

    def away(*_, **__):
        raise TransientError("Sage 500 cannot be read")

    monkeypatch.setattr("reconciliation.services.census.take", away)
    with pytest.raises(CommandError, match="No census could be taken of paytrace-sage500"):
        call_command("restored")
    assert [pair.slug for pair in after_restore.without_census()] == ["paytrace-sage500"]


def test_each_lane_asks_before_it_does_anything(hub: Hub, outside, monkeypatch):
    an_hour_ago(hub, hub.settle)
    monkeypatch.setattr(lanes, "_run", lambda lane: (0, True))
    lanes.run_lane("receive")
    assert states() == {"paused"}


def test_a_new_database_in_the_place_of_an_old_one_is_no_restored_one(db, outside):
    heads.append_head(7, "a" * 64, "2010-12-02T12:00:00Z")
    assert not restored.check()


def test_a_head_that_was_cut_is_passed_over(db, outside):
    heads.append_head(7, "a" * 64, "2010-12-02T12:00:00Z")
    with heads.head_file().open("ab") as file:
        file.write(b'{"position": 8, "ha')
    assert heads.newest_head() == (7, "a" * 64)
    assert connection.settings_dict["NAME"] in str(heads.head_file())
