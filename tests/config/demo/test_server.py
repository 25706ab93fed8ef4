import pytest
from django.conf import settings

from config.demo import databases, server
from config.embedded import ensure_running


@pytest.fixture
def stopped(monkeypatch):
    """The data folders whose server was told to stop."""
    found = []
    monkeypatch.setattr(server, "stop", found.append)
    return found


@pytest.fixture
def used(tmp_path):
    return databases.addresses("r1", tmp_path, "")


def test_a_server_that_a_demo_started_is_ended_once(tmp_path, used, stopped):
    server.note_start(tmp_path)
    server.stop_if_ours(used, tmp_path)
    server.stop_if_ours(used, tmp_path)
    assert stopped == [tmp_path]


def test_a_server_that_ran_before_stays_up(used, stopped):
    home = settings.TIEOUT_HOME
    ensure_running(home)
    server.note_start(home)
    server.stop_if_ours(used, home)
    assert stopped == []


def test_a_server_that_was_kept_for_a_person_stays_up(tmp_path, used, stopped):
    server.note_start(tmp_path)
    server.hand_over(tmp_path)
    server.stop_if_ours(used, tmp_path)
    assert stopped == []


def test_a_server_with_another_run_at_work_is_left_to_that_run(
    tmp_path, used, stopped, monkeypatch
):
    server.note_start(tmp_path)
    monkeypatch.setattr(databases, "others_at_work", lambda *_: True)
    server.stop_if_ours(used, tmp_path)
    monkeypatch.setattr(databases, "others_at_work", lambda *_: False)
    server.stop_if_ours(used, tmp_path)
    assert stopped == [tmp_path]
