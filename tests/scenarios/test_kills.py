"""Workers are killed at every boundary; whoever comes after leaves each document exactly once."""

from collections import Counter
from contextlib import contextmanager

import pytest
from django.utils.module_loading import import_string

from integrations.models import Attempt, Envelope, Fact
from integrations.services import connectors
from reconciliation.models import Certificate, ExceptionItem, Transaction
from tests.hub import Hub

BEFORE, AFTER = "before", "after"
CALL = "integrations.connectors.sage500.client.Sage500Client.call"
POSTING = "integrations.services.posting"
RECORD = "integrations.services.posting_record"
LOOK_UP = "integrations.services.posting_look_up"

#: What is killed: (where, before or after it is done, how many times).
BOUNDARIES = {
    "between the pages of a reading": [
        ("integrations.services.pull._fetch", AFTER, 2),
        ("integrations.services.intake.receive", BEFORE, 1),
        ("integrations.services.intake.receive", AFTER, 2),
    ],
    "while an envelope is booked": [
        ("reconciliation.services.book._make_facts", AFTER, 1),
        ("reconciliation.services.book_transactions.book", AFTER, 1),
        ("reconciliation.services.book._finish", AFTER, 1),
    ],
    "while payments are decided": [
        ("reconciliation.services.effects.make", AFTER, 2),
        ("reconciliation.services.decide.open_exceptions", AFTER, 1),
        ("integrations.services.lanes.wake", AFTER, 2),
    ],
    "before and after a claim is committed": [
        (f"{POSTING}._claim", BEFORE, 1),
        (f"{POSTING}._claim", AFTER, 3),
    ],
    "before each call": [(CALL, BEFORE, 8)],
    "after each call, before its answer": [(CALL, AFTER, 8)],
    "after the answers, before they are recorded": [(f"{POSTING}.record", BEFORE, 4)],
    "while answers are recorded": [
        (f"{RECORD}._apply", AFTER, 3),
        (f"{RECORD}._post_members", AFTER, 3),
    ],
    "after they are recorded": [
        (f"{POSTING}.record", AFTER, 4),
        (f"{POSTING}._send_due", AFTER, 4),
    ],
    "while outcomes are looked up": [
        (CALL, AFTER, 2),
        (f"{LOOK_UP}.find", AFTER, 2),
        (f"{LOOK_UP}.resolved", AFTER, 2),
    ],
    "while a batch is added up, matched and certified": [
        ("reconciliation.services.adding_up.add_up", AFTER, 1),
        ("reconciliation.services.adding_up._groups", AFTER, 1),
        ("reconciliation.services.deposits.owe_deposit", AFTER, 1),
        ("reconciliation.services.match._note_match", AFTER, 1),
        ("reconciliation.services.certify.issue", AFTER, 1),
    ],
}  # fmt: skip


class Killed(BaseException):
    """As much of a kill as a test can do without one: nothing may catch it."""


@contextmanager
def killing(points):
    """Kills at each of the points, in whatever order they are passed."""
    left, patch = Counter(), pytest.MonkeyPatch()

    def lethal(point, original):
        def called(*args, **kwargs):
            dies = left[point] > 0
            left[point] -= dies
            if dies and point[1] == BEFORE:
                raise Killed(point)
            answer = original(*args, **kwargs)
            if dies:
                raise Killed(point)
            return answer

        return called

    with patch.context() as patched:
        for path, when, times in points:
            left[path, when] = times
            patched.setattr(path, lethal((path, when), import_string_of(path)))
        yield left


def import_string_of(path):
    """What stands at a path, patched or not; the last two names may be class and method."""
    try:
        return import_string(path)
    except ImportError:
        owner, name = path.rsplit(".", 1)
        return getattr(import_string(owner), name)


def run_until_nobody_dies(step) -> int:
    """Run a step again, each time as a new process, until it comes to its end."""
    for deaths in range(60):
        try:
            step()
            return deaths
        except Killed:
            for _, connector in connectors._kept.values():
                connector.close()
            connectors._kept.clear()
    raise AssertionError("It is killed without end.")


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_kill_at_any_boundary_leaves_each_document_once(hub: Hub, boundary: str):
    for number in ("536365", "536366"):
        hub.invoice(number, "100.00")
        hub.sale("100.00", number)
    hub.sale("50.00", "unknown")
    points = BOUNDARIES[boundary]
    with killing(points) as left:
        deaths = run_until_nobody_dies(hub.settle)
        hub.deliver((f"BATCH {hub.batch.vendor_ref}", "241.85"))
        deaths += run_until_nobody_dies(hub.afternoon)
    assert deaths >= len(points)
    assert all(count < times for count, (_, _, times) in zip(left.values(), points, strict=True))
    everything_stands_once(hub)


def everything_stands_once(hub: Hub) -> None:
    assert hub.receipts() == ["100.00", "100.00", "50.00"]
    assert (hub.balance("536365"), hub.balance("536366")) == ("0.00", "0.00")
    assert hub.states() <= {"posted", "duplicate"}
    assert hub.ledger() == {
        "1000-00": "241.85", "1050-00": "0.00", "1200-00": "-250.00", "6200-00": "8.15",
    }  # fmt: skip
    assert hub.batch.state == "tied_out", hub.batch.reasons
    assert Certificate.objects.count() == 1
    assert Transaction.objects.count() == 3
    assert [item.reason for item in ExceptionItem.objects.all()] == ["invoice_not_found"]
    assert not Fact.objects.filter(end="received").exists()
    assert not Envelope.objects.filter(state="received").exists()


def test_a_claim_that_is_not_committed_never_was(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")

    class Token:
        @staticmethod
        def uuid4():
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(f"{POSTING}.uuid", Token)
        with pytest.raises(Killed):
            hub.settle()
    assert hub.states() == {"ready"}
    hub.run()
    assert hub.receipts() == ["100.00"]
    assert set(Attempt.objects.values_list("outcome", flat=True)) == {"done"}


def test_a_batch_whose_posting_stops_on_its_way_is_posted_once(hub: Hub):
    for step in (1, 4, 6, 9):
        hub.invoice(str(536365 + step), "10.00")
        hub.sale("10.00", str(536365 + step))
        hub.fault("PostBatch", "stop_posting_at", step=step)
        hub.settle()
        assert hub.balance(str(536365 + step)) == "0.00"
    assert hub.sql("SELECT sum(left_count) FROM sandbox_fault") == [(0,)]
    assert hub.states() == {"posted"}
    assert hub.receipts() == ["10.00"] * 4
    assert hub.ledger() == {"1050-00": "40.00", "1200-00": "-40.00"}
    assert hub.reasons() == []
