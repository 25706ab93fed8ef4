"""Runs a demo: starts its processes in order, waits for the story's end, and stops them."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.demo import databases, seed, server
from config.demo.errors import DemoError
from config.demo.files import read_json, write_json
from config.demo.run import SUMMARY, DemoRun, clock_file, describe, keep_terms
from config.demo.supervisor import Child, Supervisor
from config.embedded import ensure_running

MANAGE = str(Path(__file__).resolve().parent.parent.parent / "manage.py")
# How the part that plays the story ends by itself.
ALL_WELL, PROBLEMS, IMPOSSIBLE = 0, 10, 11
ENDS = frozenset({ALL_WELL, PROBLEMS, IMPOSSIBLE})
Say = Callable[[str], None]
STARTING = "Starting the databases and making their tables; this takes some seconds."
CARRYING_ON = "Starting; the run goes on where it was left."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the caller wants of this life of the run."""

    anew: bool
    once: bool
    keep: bool
    database_url: str
    json: Path | None = None
    pace: float = 0.0


def direct(run: DemoRun, wishes: Wishes, environment: dict[str, str], say: Say) -> int:
    """The command's exit code. Raises DemoError with what cannot be done, in a sentence."""
    supervisor = Supervisor(
        folder=run.folder,
        environment={**environment, **_environment(run)},
        say=say,
        keep_alive=lambda: _look_after(run, supervisor),
    )
    with supervisor.signals(), databases.alone(run.databases, wishes.database_url):
        try:
            say(STARTING if wishes.anew else CARRYING_ON)
            _make_ready(run, wishes)
            return _play(run, wishes, supervisor, say)
        finally:
            supervisor.stop()
            run.write_peak(supervisor.peak_mb)
            _stop_database(run, wishes, say)


def forget(run_folder: Path) -> None:
    """What a run left in files; its databases are another matter."""
    clock = clock_file(run_folder)
    clock.unlink(missing_ok=True)
    for entry in run_folder.glob("*"):
        if entry.name == "lock":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _make_ready(run: DemoRun, wishes: Wishes) -> None:
    if wishes.anew:
        forget(run.folder)
    if not wishes.database_url:
        server.note_start(run.home)
    databases.prepare(run.databases, run.home, wishes.database_url, anew=wishes.anew)
    describe(run)
    (run.folder / SUMMARY).unlink(missing_ok=True)


def _play(run: DemoRun, wishes: Wishes, supervisor: Supervisor, say: Say) -> int:
    for child in _preparations(run):
        supervisor.start([child])
        code = supervisor.wait_for(child.name)
        if code is None:
            return _stopped(wishes, say)
        if code:
            raise DemoError(f"The {child.name} failed, as said above.")
    keep_terms(run.folder, run.terms)
    supervisor.start(_servers(run))
    _introduce(run, say)
    supervisor.start([_story(run, wishes.pace)])
    code = supervisor.wait_for("story")
    if code is None:
        return _stopped(wishes, say)
    if code == IMPOSSIBLE:
        raise DemoError("The story could not be played to its end, as said above.")
    _report(run, wishes, say)
    if not wishes.once:
        say("The story is over; everything stays up until Ctrl-C.")
        _introduce(run, say)
        supervisor.wait()
    return 0 if code == ALL_WELL else 1


def _stopped(wishes: Wishes, say: Say) -> int:
    if wishes.once:
        say("Stopped before the end; --resume carries on.")
        return 1
    say("Stopped; the next start carries on.")
    return 0


def _report(run: DemoRun, wishes: Wishes, say: Say) -> None:
    content = read_json(run.folder / SUMMARY)
    if content is None:
        raise DemoError("The story ended without its summary.")
    if wishes.json is not None:
        write_json(wishes.json, content["values"])
    for name, value in content["values"].items():
        say(f"  {name}: {value}")
    say(verdict(content["values"], len(content["problems"])))


def verdict(values: dict[str, Any], problems: int) -> str:
    """One sentence; a batch that differs on purpose is named, not smoothed over."""
    if problems:
        return f"Not everything ties out: {problems} reasons above."
    discrepant = values["batches"] - values["batches_tied_out"]
    if not discrepant:
        return "Everything ties out."
    tied = f"{values['batches_tied_out']} of {values['batches']} batches tie out"
    if discrepant == 1:
        return f"{tied}; the other one differs for a reason that was planted, and says which."
    return (
        f"{tied}; the other {discrepant} differ for reasons that were planted, and each says which."
    )


def _preparations(run: DemoRun) -> list[Child]:
    python = sys.executable
    # Any other end is a crash, such as that of the database under it, and tried again.
    done = frozenset({ALL_WELL, IMPOSSIBLE})
    migrate = [python, MANAGE, "migrate", "--verbosity", "0"]
    prepare = [python, MANAGE, "demo_part", "prepare", "--run", run.name]
    return [
        Child(name="making of the tables", command=migrate, final=done, shown=True, most_deaths=6),
        Child(name="preparation", command=prepare, final=done, shown=True, most_deaths=6),
    ]


def _servers(run: DemoRun) -> list[Child]:
    python = sys.executable
    gateway = [
        *(python, "-m", "integrations.sandbox.paytrace", "--port", str(run.gateway_port)),
        *("--database-url", run.databases.paytrace, "--clock-file", str(run.clock_file)),
        *("--username", run.gateway_username, "--password", run.gateway_password),
        "--unreferenced-refunds",
    ]
    web = [
        *(python, "-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1"),
        *("--blocking-threads", "4", "--host", "127.0.0.1", "--port", str(run.web_port)),
        *("--respawn-failed-workers", "--log-level", "warning", "config.wsgi:application"),
    ]
    gate = [
        *(python, "-m", "integrations.sandbox.sage500.gate", "--port", str(run.gate_port)),
        *("--database-url", run.databases.sage500),
    ]
    return [
        Child(name="PayTrace sandbox", command=gateway),
        *([Child(name="line to the ERP", command=gate)] if run.terms.faults else []),
        Child(name="web server", command=web, needs_children=True),
        Child(
            name="workers",
            command=[python, MANAGE, "qcluster"],
            needs_children=True,
            measured=True,
        ),
    ]


def _story(run: DemoRun, pace: float) -> Child:
    command = [sys.executable, MANAGE, "demo_part", "play", "--run", run.name, "--pace", str(pace)]
    return Child(name="story", command=command, final=ENDS, shown=True)


def _environment(run: DemoRun) -> dict[str, str]:
    return {
        "TIEOUT_MODE": "demo",
        "TIEOUT_HOME": str(run.home.resolve()),
        "TIEOUT_CLOCK_FILE": str(run.clock_file),
        **run.databases.environment,
    }


def _introduce(run: DemoRun, say: Say) -> None:
    say(f"Tieout is at {run.web_url}/")
    say(f"Log in as {', '.join(seed.PEOPLE)}; the password is the same for all: {seed.PASSWORD}")
    say(
        "The invoices are real, of their own days, and their pounds are taken as dollars;"
        " payments, fees and bank lines are simulated from a seed."
    )


def _look_after(run: DemoRun, supervisor: Supervisor) -> None:
    """The database is no child of ours; whoever finds it dead first starts it again."""
    run.write_peak(supervisor.peak_mb)
    if "TIEOUT_DATABASE_NAME" in run.databases.environment:
        ensure_running(run.home)


def _stop_database(run: DemoRun, wishes: Wishes, say: Say) -> None:
    if wishes.database_url:
        return
    if wishes.keep:
        server.hand_over(run.home)
        say("The database server stays up until `make stop`. Its databases:")
        for url in run.databases.all:
            say(f"  {url}")
    else:
        server.stop_if_ours(run.databases, run.home)
