from datetime import timedelta

import pytest
from django.db import OperationalError
from django_q.models import Schedule

from config import health
from integrations.clock import wall_now
from integrations.services.lanes import lane_names
from tests.api.conftest import Caller
from tests.builders import LaneFactory

pytestmark = pytest.mark.django_db


def at_work():
    for name in lane_names():
        LaneFactory(name=name, beat_at=wall_now())


def test_a_process_that_answers_is_alive_and_asks_nobody(django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Caller().get("health/live")
    assert response.json() == {"status": "ok"}


def test_it_is_ready_when_workers_are_at_work():
    at_work()
    response = Caller().get("health/ready")
    assert response.status_code == 200
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "workers": "ok"}


def test_a_lane_at_rest_is_woken_by_the_schedule():
    Schedule.objects.filter(name="sweep").update(next_run=wall_now())
    assert Caller().get("health/ready").json()["checks"]["workers"] == "ok"


@pytest.mark.parametrize("left", ["no schedule", "late", "lost wake-up"])
def test_without_workers_it_is_not_ready(left):
    sweep, long_ago = Schedule.objects.filter(name="sweep"), wall_now() - timedelta(hours=1)
    sweep.update(next_run=wall_now())
    if left == "no schedule":
        sweep.delete()
    if left == "late":
        sweep.update(next_run=long_ago)
    if left == "lost wake-up":
        LaneFactory(name="receive", queued_at=long_ago)
    response = Caller().get("health/ready")
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"


def test_a_migration_that_is_missing_is_noticed(monkeypatch):
    at_work()
    monkeypatch.setattr(health, "_known", lambda: {("audit", "9999_not_yet")})
    assert Caller().get("health/ready").json()["checks"]["migrations"] == "not all applied"


def test_a_database_that_does_not_answer_is_said_in_one_line(monkeypatch):
    def away():
        raise OperationalError("password for user tieout")

    monkeypatch.setattr(health, "_migrations", away)
    response = Caller().get("health/ready")
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "does not answer"}
