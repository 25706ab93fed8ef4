"""What the run on a full disk calls a problem, and that it only ever fills a disk of its own."""

import sys

import pytest

from bench import full_disk

GOOD = {"posted_before": True, "alerted": True, "alerts": ["cleared"], "code": 0}


def test_a_run_that_was_told_of_and_recovered_has_no_problem():
    assert list(full_disk.problems(GOOD, {"problems": []})) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"posted_before": False}, "nothing was posted"),
        ({"alerted": False}, "no alert was raised"),
        ({"alerts": ["open"]}, "alerts of the disk at the end: ['open']"),
        ({"alerts": []}, "alerts of the disk at the end: []"),
        ({"code": 1}, "the run ended with 1"),
    ],
)
def test_what_is_not_as_it_has_to_be_is_said(seen, said):
    [problem] = full_disk.problems(GOOD | seen, {"problems": []})
    assert said in problem


def test_what_the_proof_finds_is_a_problem():
    assert list(full_disk.problems(GOOD, {"problems": ["1 missing"]})) == ["1 missing"]


def test_a_disk_that_holds_other_things_is_not_filled(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(full_disk, "HOME", tmp_path)
    monkeypatch.setattr(sys, "argv", ["full_disk"])
    with pytest.raises(SystemExit):
        full_disk.main()
    assert "no small file system of its own" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_ballast_leaves_what_it_was_told_to_leave(monkeypatch, tmp_path):
    usage = full_disk.shutil.disk_usage(tmp_path)
    ballast = full_disk.Ballast(tmp_path / "ballast")

    def free(_path):
        return usage._replace(free=(10 << 20) - ballast.path.stat().st_size)

    monkeypatch.setattr(full_disk.shutil, "disk_usage", free)
    ballast.grow(left=3 << 20)
    assert ballast.path.stat().st_size == 7 << 20
