import os
import signal
import sys
import threading
import time

import psutil
import pytest

from config.demo import supervisor as module
from config.demo.errors import DemoError
from config.demo.processes import MARK, Group, Record
from config.demo.supervisor import Child, Supervisor

SLEEP = "import time; time.sleep(60)"
# Leaves a child of its own behind, whatever happens to itself.
PARENT = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time;"
PARENT += " time.sleep(60)']); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def child(name, code, **more):
    return Child(name=name, command=[sys.executable, "-c", code], **more)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(tmp_path, said):
    made = Supervisor(folder=tmp_path, environment=dict(os.environ), say=said.append)
    yield made
    made.stop()


def leader(supervisor, name):
    return Record(supervisor.folder).read()[name].leader


def tend_until(supervisor, condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        supervisor._tend()
        time.sleep(0.02)


def alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_child_that_is_killed_starts_again_and_it_is_said(supervisor, said):
    supervisor.start([child("web server", SLEEP)])
    first = leader(supervisor, "web server")
    os.kill(first, signal.SIGKILL)
    tend_until(supervisor, lambda: leader(supervisor, "web server") != first)
    assert said == ["The web server ended by signal 9; starting again."]


def test_each_child_leads_a_session_of_its_own(supervisor):
    supervisor.start([child("one", SLEEP), child("two", SLEEP)])
    one, two = leader(supervisor, "one"), leader(supervisor, "two")
    assert (os.getsid(one), os.getsid(two)) == (one, two)


def test_a_child_may_end_by_itself_with_the_codes_it_names(supervisor):
    supervisor.start([child("story", "raise SystemExit(10)", final=frozenset({0, 10}))])
    assert supervisor.wait_for("story") == 10


def test_stopping_ends_everybody_with_their_children_in_time(supervisor):
    supervisor.start([child("one", PARENT), child("two", STUBBORN)])
    pids = [leader(supervisor, "one"), leader(supervisor, "two")]
    tend_until(supervisor, lambda: psutil.Process(pids[0]).children())
    grandchild = psutil.Process(pids[0]).children()[0].pid
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 2
    assert not any(alive(pid) for pid in [*pids, grandchild])


def test_a_signal_means_stop_and_a_second_one_changes_nothing(supervisor):
    supervisor.start([child("one", SLEEP)])
    with supervisor.signals():
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        threading.Timer(0.25, os.kill, (os.getpid(), signal.SIGINT)).start()
        assert supervisor.wait_for("one") is None
        time.sleep(0.2)
    assert supervisor.stopping


def test_a_child_that_lost_the_children_it_needs_starts_again(supervisor, monkeypatch):
    monkeypatch.setattr(module, "YOUNG_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.1)
    supervisor.start([child("workers", SLEEP, needs_children=True)])
    first = leader(supervisor, "workers")
    tend_until(supervisor, lambda: leader(supervisor, "workers") != first)


def test_a_child_that_never_stays_up_ends_the_demo(supervisor):
    supervisor.start([child("web server", "print('why'); raise SystemExit(3)", most_deaths=2)])
    with pytest.raises(DemoError, match="web server does not stay up; its log is .*web-server.log"):
        supervisor.wait()
    assert "why" in (supervisor.folder / "logs" / "web-server.log").read_text()


def test_the_memory_of_workers_is_watched(supervisor, monkeypatch):
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    supervisor.start([child("workers", SLEEP, measured=True)])
    tend_until(supervisor, lambda: supervisor.peak_mb > 1)


def test_what_a_killed_supervisor_left_behind_is_ended_at_the_next_start(supervisor):
    supervisor.start([child("workers", PARENT)])
    first = leader(supervisor, "workers")
    tend_until(supervisor, lambda: psutil.Process(first).children())
    orphan = psutil.Process(first).children()[0].pid
    os.kill(first, signal.SIGKILL)
    supervisor._lives["workers"].process.wait()
    assert Record(supervisor.folder).end_leftovers() == ["workers"]
    assert not alive(orphan)
    assert Record(supervisor.folder).end_leftovers() == []


@pytest.mark.parametrize("spoil", ["another start", "another folder"])
def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path, spoil):
    marked = {**os.environ, MARK: str(tmp_path if spoil == "another start" else "/elsewhere")}
    started = Supervisor(folder=tmp_path, environment=marked, say=print)
    started.start([child("other", SLEEP)])
    pid = leader(started, "other")
    if spoil == "another start":
        Record(tmp_path).write({"other": Group(pid, started=99999999999.0)})
        assert Record(tmp_path).end_leftovers() == []
    else:
        moved = tmp_path / "moved"
        moved.mkdir()
        (tmp_path / "processes.json").rename(moved / "processes.json")
        assert Record(moved).end_leftovers() == []
    assert alive(pid)
    started.stop()
