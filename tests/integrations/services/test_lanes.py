import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django_q.models import OrmQ

from integrations import tasks
from integrations.clock import wall_now
from integrations.locks import LockLostError, session_lock
from integrations.models import Lane
from integrations.services import lanes

CALLS = []


def works():
    CALLS.append("works")
    return 1 if len(CALLS) < 4 else 0


def breaks():
    CALLS.append("breaks")
    raise ZeroDivisionError


def quiet():
    return 0


@pytest.fixture(autouse=True)
def short_lanes(settings, monkeypatch):
    CALLS.clear()
    lanes._looked.clear()
    here = "tests.integrations.services.test_lanes"
    settings.TIEOUT_LANES = {"one": [f"{here}.breaks", f"{here}.works"], "two": [f"{here}.quiet"]}
    settings.TIEOUT_WORKERS = 1
    monkeypatch.setattr(lanes, "LINGER", timedelta(0))
    monkeypatch.setattr(lanes, "LOOK_EVERY", 0.01)


@pytest.mark.django_db(transaction=True)
def test_however_often_a_lane_is_woken_one_wake_up_stands_in_the_queue():
    for _ in range(5):
        lanes._looked.clear()
        lanes.wake("one")
    assert OrmQ.objects.count() == 1
    assert Lane.objects.get(name="one").queued_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_of_what_is_rolled_back_never_happens():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        lanes.wake("one")
        raise ZeroDivisionError
    assert OrmQ.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_lane_at_work_is_not_queued_and_a_dead_one_is():
    Lane.objects.create(name="one", beat_at=wall_now())
    lanes.wake("one")
    assert OrmQ.objects.count() == 0
    lanes._looked.clear()
    Lane.objects.update(beat_at=wall_now() - 2 * lanes.DEAD_AFTER)
    lanes.wake("one")
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_sweep_wakes_every_lane():
    tasks.sweep()
    assert set(Lane.objects.values_list("name", flat=True)) == {"one", "two"}
    assert OrmQ.objects.count() == 2


@pytest.mark.django_db
def test_a_drain_that_breaks_does_not_stop_the_others(caplog):
    assert tasks.run_lane("one") >= 1
    assert "works" in CALLS
    assert "test_lanes.breaks failed" in caplog.text


@pytest.mark.django_db
def test_a_lane_that_is_idle_gives_its_worker_back():
    assert lanes.run_lane("two") == 0
    lane = Lane.objects.get(name="two")
    assert (lane.beat_at, lane.queued_at) == (None, None)
    assert lane.peak_memory_mb > 0


@pytest.mark.django_db(transaction=True)
def test_a_second_worker_of_a_lane_leaves_at_once():
    answers = []

    def second():
        answers.append(lanes.run_lane("one"))
        connection.close()

    with session_lock("lane:one"):
        worker = threading.Thread(target=second)
        worker.start()
        worker.join()
    assert (answers, CALLS) == ([0], [])


@pytest.mark.django_db(transaction=True)
def test_a_lock_is_given_back_when_its_holder_dies():
    def dies():
        manager = session_lock("lane:one")
        manager.__enter__()
        connection.close()

    holder = threading.Thread(target=dies)
    holder.start()
    holder.join()
    # The server ends a session a moment after its client has gone.
    assert any(_is_free("lane:one") for _ in range(200))


def _is_free(name):
    with session_lock(name) as is_ours:
        time.sleep(0 if is_ours else 0.05)
        return is_ours


def reconnects():
    CALLS.append("reconnects")
    connection.close()
    return 1


@pytest.mark.django_db(transaction=True)
def test_a_lane_whose_session_was_replaced_stops_at_once(settings):
    settings.TIEOUT_LANES = {"one": [f"{__name__}.locked"]}
    with pytest.raises(LockLostError, match="drain"):
        lanes.run_lane("one")
    assert CALLS == ["reconnects"]


def locked():
    with session_lock("drain"):
        reconnects()
        return Lane.objects.count()


@pytest.mark.django_db
def test_a_brief_lane_gives_its_worker_back_as_soon_as_it_is_idle(settings, monkeypatch):
    monkeypatch.setattr(lanes, "LINGER", timedelta(hours=1))
    settings.TIEOUT_BRIEF_LANES = frozenset({"two"})
    assert lanes.run_lane("two") == 0
    assert Lane.objects.get(name="two").beat_at is None


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_waits_its_turn_for_long_is_not_doubled():
    lanes.wake("one")
    Lane.objects.update(queued_at=wall_now() - 6 * lanes.DEAD_AFTER)
    lanes._looked.clear()
    lanes.wake("one")
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_was_lost_with_its_worker_is_made_again():
    lanes.wake("one")
    OrmQ.objects.update(lock=wall_now() + timedelta(minutes=2))  # taken, and never finished
    Lane.objects.update(queued_at=wall_now() - 2 * lanes.DEAD_AFTER)
    lanes._looked.clear()
    tasks.sweep()
    assert OrmQ.objects.filter(lock__lte=wall_now()).count() == 2


@pytest.mark.django_db
def test_with_a_worker_to_spare_an_idle_lane_listens_to_its_end(settings, monkeypatch):
    monkeypatch.setattr(lanes, "RUN_FOR", timedelta(seconds=0.2))
    settings.TIEOUT_WORKERS = 3
    assert lanes.run_lane("two") == 0
    row = Lane.objects.get(name="two")
    assert (row.beat_at, row.queued_at is not None) == (None, True)
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_idle_lane_hears_of_work_at_once(settings, monkeypatch):
    monkeypatch.setattr(lanes, "LOOK_EVERY", 20)
    monkeypatch.setattr(lanes, "RUN_FOR", timedelta(seconds=20))
    settings.TIEOUT_LANES = {"one": [f"{__name__}.heard"]}
    settings.TIEOUT_BRIEF_LANES = frozenset()
    settings.TIEOUT_WORKERS = 2
    CALLS.clear()

    def says():
        while not CALLS:
            threading.Event().wait(0.01)
        lanes.wake("one")
        connection.close()

    speaker = threading.Thread(target=says)
    speaker.start()
    with pytest.raises(KeyboardInterrupt):
        lanes.run_lane("one")
    speaker.join()
    assert CALLS == ["heard", "heard"]


def heard():
    CALLS.append("heard")
    if len(CALLS) == 2:
        raise KeyboardInterrupt
    return 0
