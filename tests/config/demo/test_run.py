import csv
import io
import socket
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from config.demo import ports, progress
from config.demo.databases import addresses
from config.demo.errors import DemoError
from config.demo.files import refuse_unwritable
from config.demo.run import (
    SAMPLE,
    DemoRun,
    checked_name,
    clock_file,
    describe,
    described,
    keep_terms,
    kept_terms,
    new_terms,
    run_folder,
)
from config.management.commands.demo import Command


@pytest.fixture
def run(tmp_path):
    return DemoRun(
        name="r1",
        home=tmp_path,
        terms=new_terms(SAMPLE, 1, "some"),
        databases=addresses("r1", tmp_path, ""),
        web_port=8000,
        gateway_port=8001,
    )


def test_the_sample_holds_real_days_with_a_sunday_and_twins():
    with SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    twins = Counter((r["customer_id"], r["invoice_date"], r["total_gbp"]) for r in rows)
    assert 500 < len(rows) < 700
    assert max(twins.values()) > 1
    assert any(date.fromisoformat(row["invoice_date"]).weekday() == 6 for row in rows)
    assert "10.24432/C5BW33" in (SAMPLE.parent / "ATTRIBUTION.md").read_text()


def test_other_processes_find_the_run_as_it_was_described(run, tmp_path):
    describe(run)
    assert described(tmp_path, "r1", "") == run


def test_a_run_that_nobody_began_is_not_found(tmp_path):
    with pytest.raises(DemoError, match="There is no demo run r9"):
        described(tmp_path, "r9", "")


def test_terms_are_kept_and_bind_to_the_files_content(run, tmp_path):
    folder = run_folder(tmp_path, "r1")
    assert kept_terms(folder) is None
    keep_terms(folder, run.terms)
    assert kept_terms(folder) == run.terms
    copy = tmp_path / "copy.csv"
    copy.write_bytes(SAMPLE.read_bytes())
    assert new_terms(copy, 1, "some").fingerprint == run.terms.fingerprint
    other = new_terms(copy, 1, "some", statements="ofx")
    assert other.fingerprint == f"{run.terms.fingerprint}/ofx"
    copy.write_bytes(SAMPLE.read_bytes() + b"1,2010-12-01,1,1.00\r\n")
    assert new_terms(copy, 1, "some").fingerprint != run.terms.fingerprint


def test_the_clock_lies_where_only_we_write(run):
    path = clock_file(run.folder)
    assert path.parent.is_dir() or path.parent == run.folder
    assert path != clock_file(run.folder / "another")


@pytest.mark.parametrize("name", ["", "Demo", "1st", "a-b", "x" * 31, "naïve", "a/../b"])
def test_a_name_that_no_database_can_have_is_refused(name):
    with pytest.raises(DemoError, match="--run must be"):
        checked_name(name)


def test_the_largest_memory_is_kept(run):
    for megabytes in (80.0, 120.0, 90.0):
        run.write_peak(megabytes)
    assert run.peak_worker_mb() == 120.0


def test_a_busy_port_is_passed_over():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert not ports.is_free(port)
        assert ports.Ports().take(port) > port


def test_two_runs_that_start_at_once_do_not_choose_one_port():
    first, second = ports.Ports(), ports.Ports()
    port = first.take(18500)
    assert second.take(port) > port
    first.close()
    assert ports.Ports().take(port) == port


def test_a_run_has_a_gateway_password_of_its_own(run):
    later = replace(run.terms, began_at=run.terms.began_at + 1)
    assert run.gateway_password != replace(run, terms=later).gateway_password
    assert run.gateway_password != replace(run, name="r2").gateway_password


def test_the_line_says_where_the_run_is():
    text = progress.line(date(2010, 12, 5), 1402, 13934, progress.Counts(1200, 3, 4))
    assert text == (
        "Sun 05 Dec 2010 · 1,402 of 13,934 payments · 1,200 receipts posted ·"
        " 3 batches tied out · 4 open exceptions"
    )


def test_away_from_a_terminal_only_changed_lines_are_written():
    out = io.StringIO()
    with progress.Progress(10, out, lambda: progress.Counts(0, 0, 0)) as shown:
        shown.at(date(2010, 12, 1), 5)
        shown._show()
        shown._show()
    assert out.getvalue().count("\n") == 1
    assert "\r" not in out.getvalue()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--run", "No"], "--run must be"),
        (["--invoices", "/nowhere.csv", "--run", "t_none"], "nowhere.csv cannot be read"),
        (["--json", "/dev/null/out.json"], "summary cannot be written to /dev/null/out"),
        (["--json", "/"], "it is a folder"),
        (["--port", "70000"], "'70000' is not a port"),
        (["--port", "-5"], "'-5' is not a port"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_sentence(options, message):
    with pytest.raises(CommandError, match=message):
        call_command("demo", "--once", *options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be used: The first line must name the columns"),
        ("invoice_no,invoice_date,customer_id,total_gbp\n", "holds no invoice of the years"),
        ("invoice_no,invoice_date,customer_id,total_gbp\n1,2011-01-01,2,-5\n", "holds no invoice"),
    ],
)
def test_invoices_that_cannot_be_used_are_refused_before_anything_is_started(
    tmp_path, monkeypatch, text, message
):
    monkeypatch.setattr("config.management.commands.demo.direct", pytest.fail)
    (tmp_path / "invoices.csv").write_text(text)
    wrong = ["--invoices", str(tmp_path / "invoices.csv")]
    with pytest.raises(CommandError, match=message):
        call_command("demo", "--once", "--run", "t_wrong", *wrong)


def test_the_summarys_file_is_tried_and_left_as_it_is(tmp_path):
    out = tmp_path / "new" / "out.json"
    refuse_unwritable(out)
    assert list(out.parent.iterdir()) == []
    out.write_text("kept")
    refuse_unwritable(out)
    assert out.read_text() == "kept"


def test_a_headless_run_has_databases_of_its_own(monkeypatch):
    names = []
    monkeypatch.setattr(Command, "_run", lambda self, name, options: names.append(name) or 0)
    call_command("demo", "--once")
    call_command("demo")
    call_command("demo", "--once", "--run", "named")
    assert names == ["once", "demo", "named"]


def test_a_run_with_other_terms_is_not_mixed_with_an_earlier_one():
    folder = run_folder(settings.TIEOUT_HOME, "t_other")
    keep_terms(folder, new_terms(SAMPLE, 1, "some"))
    with pytest.raises(CommandError, match="begun with the invoices .* seed 1, .*--reset"):
        call_command("demo", "--run", "t_other", "--seed", "2")
    (folder / "terms.json").unlink()


def test_a_run_does_not_go_on_in_another_database(monkeypatch):
    folder = run_folder(settings.TIEOUT_HOME, "t_place")
    keep_terms(folder, new_terms(SAMPLE, 1, "some"))
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/books")
    with pytest.raises(CommandError, match="begun in the embedded database.* 127.0.0.1:9/books"):
        call_command("demo", "--run", "t_place")
    (folder / "terms.json").unlink()


def test_two_commands_do_not_play_one_run(tmp_path):
    from config.management.commands.demo import _alone

    with (
        _alone(Path(tmp_path), "twice"),
        pytest.raises(DemoError, match="already running"),
        _alone(Path(tmp_path), "twice"),
    ):
        raise AssertionError("unreachable")


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path):
    from config.management.commands.demo import _alone

    (tmp_path / "file").write_text("")
    with (
        pytest.raises(DemoError, match=r"The data folder .*/file cannot be used \(Not a directory"),
        _alone(tmp_path / "file", "r1"),
    ):
        raise AssertionError("unreachable")


def test_production_knows_no_demo(settings):
    settings.TIEOUT_MODE = "production"
    with pytest.raises(CommandError, match="does not run in production"):
        call_command("demo", "--once")


def test_nobody_plays_a_part_alone():
    with pytest.raises(CommandError, match="Only `manage.py demo` starts"):
        call_command("demo_part", "play", "--run", "demo")


def test_with_random_faults_the_erp_is_reached_over_a_line_of_its_own(run):
    assert run.erp_url == run.databases.sage500
    faulty = replace(run, terms=new_terms(SAMPLE, 1, "some", 50), gate_port=8002)
    assert faulty.erp_url == "postgresql://tieout@127.0.0.1:8002/tieout_r1_sage500"
    assert faulty.terms.fingerprint != run.terms.fingerprint


def test_a_senseless_number_of_faults_is_refused():
    with pytest.raises(CommandError, match="must lie between 0 and"):
        call_command("demo", "--once", "--run", "t_faults", "--faults", "-1")
