import pytest
from django_q.models import OrmQ

from config import workers
from integrations.clock import wall_now
from integrations.locks import session_lock

pytestmark = pytest.mark.django_db


def test_tasks_that_wait_in_vain_for_long_mean_a_wedged_queue():
    watch = workers.Watch()
    assert not watch.is_wedged(0.0, tasks_wait=True, lanes_live=False)
    assert not watch.is_wedged(workers.PATIENCE - 1, tasks_wait=True, lanes_live=False)
    assert watch.is_wedged(workers.PATIENCE, tasks_wait=True, lanes_live=False)


@pytest.mark.parametrize("sign", [{"tasks_wait": False}, {"lanes_live": True}])
def test_any_sign_of_life_begins_the_wait_anew(sign):
    watch = workers.Watch()
    watch.is_wedged(0.0, tasks_wait=True, lanes_live=False)
    assert not watch.is_wedged(9.0, **({"tasks_wait": True, "lanes_live": False} | sign))
    assert not watch.is_wedged(workers.PATIENCE, tasks_wait=True, lanes_live=False)


def test_a_wedged_queue_ends_the_workers(monkeypatch):
    OrmQ.objects.create(key="tieout", payload="task", lock=wall_now())
    monkeypatch.setattr(workers, "PATIENCE", 0.0)
    ended = []
    workers.watch(lambda: ended.append(True), every=0.01)
    assert ended == [True]


def test_a_lane_at_work_is_a_sign_of_life():
    assert not workers.lanes_live()
    with session_lock("lane:receive") as is_ours:
        assert is_ours
        assert workers.lanes_live()
    assert not workers.lanes_live()
