import json

import pytest

from bench.frame import at_least, at_most, below, exactly, fsync_us, not_measured
from bench.run import FIGURES, environment


@pytest.mark.parametrize(
    ("figure", "ratio", "ok"),
    [
        (at_least("rate", 80, 100, 0.75), 0.8, True),
        (at_least("rate", 70, 100, 0.75), 0.7, False),
        (at_least("rate", 70, 0, 0.75), 0.0, False),
        (at_most("time", 2.9, 1, 3), 2.9, True),
        (at_most("time", 3.1, 1, 3), 3.1, False),
        (below("wait", 60, 60), None, True),
        (below("wait", 61, 60), None, False),
        (exactly("rows", 32, 32), 1.0, True),
        (exactly("rows", 33, 32), 1.031, False),
        (not_measured("peer", ">= 2.5", "it is not installed"), None, None),
    ],
)
def test_a_figure_says_whether_its_goal_is_reached(figure, ratio, ok):
    found = json.loads(figure.line())
    assert set(found) - {"note"} == {"name", "ours", "other", "ratio", "goal", "ok"}
    assert (found["ratio"], found["ok"]) == (ratio, ok)


def test_what_is_not_measured_says_why():
    line = json.loads(not_measured("peer", ">= 2.5", "it is not installed").line())
    assert line["note"] == "not measured: it is not installed"


def test_the_cost_of_a_commit_is_measured(tmp_path):
    assert 0 < fsync_us(tmp_path, times=3) < 1e6


def test_nothing_of_the_shell_reaches_what_is_measured(monkeypatch):
    monkeypatch.setenv("TIEOUT_IDLE_MINUTES", "1")
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/x")
    given = environment("bench_x")
    assert "TIEOUT_IDLE_MINUTES" not in given
    assert "DATABASE_URL" not in given
    assert given["TIEOUT_DATABASE_NAME"] == "bench_x"


def test_every_measurement_has_a_module():
    assert all(module.startswith("bench.") for module in FIGURES.values())
