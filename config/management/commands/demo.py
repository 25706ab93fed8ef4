import contextlib
import fcntl
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo import databases, ports, server
from config.demo.director import Wishes, direct, forget
from config.demo.errors import DemoError
from config.demo.files import refuse_unwritable
from config.demo.processes import Record
from config.demo.run import (
    SAMPLE,
    DemoRun,
    Terms,
    checked_name,
    kept_terms,
    new_terms,
    run_folder,
)
from config.demo.stage import span
from integrations.choices import PostOn
from integrations.sandbox.world.plan import Exceptions
from integrations.sandbox.world.statement_styles import CSV, STYLES

MOST_FAULTS = 1_000_000
MOST_ORDERS = 10_000
ORDERS = 24
LAST_PORT = 65_535


class Command(BaseCommand):
    """Shows the whole of Tieout at work on real invoices, with simulated vendors and bank."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="run to the end without a browser, then stop"
        )
        parser.add_argument("--invoices", type=Path, help="CSV file (default: a sample)")
        parser.add_argument("--json", type=Path, help="write the summary to this file")
        parser.add_argument(
            "--seed", type=int, help="what the payers do follows from it (default 1)"
        )
        parser.add_argument(
            "--exceptions",
            choices=[each.value for each in Exceptions],
            help="whether anything is out of the ordinary (default some)",
        )
        parser.add_argument(
            "--faults",
            type=float,
            help="random faults of the vendors: a share of their calls (0.02), or how many (500)",
        )
        parser.add_argument(
            "--post-on",
            choices=PostOn.values,
            help="when receipts are entered: with their batch, or at capture (default settled)",
        )
        parser.add_argument(
            "--statements",
            choices=list(STYLES),
            help="the format of the bank's statements (default csv)",
        )
        parser.add_argument(
            "--orders",
            type=orders,
            nargs="?",
            const=ORDERS,
            metavar="COUNT",
            help=f"open a shop besides, with so many orders ({ORDERS} if no number is given)",
        )
        parser.add_argument(
            "--run", help="name of the run and its databases (default demo; with --once: once)"
        )
        parser.add_argument("--resume", action="store_true", help="carry on where the run was left")
        parser.add_argument("--keep", action="store_true", help="leave the database server running")
        parser.add_argument("--port", type=port, default=8000, help="of the web server")
        parser.add_argument(
            "--pace", type=float, default=0.0, help="least seconds for each business day"
        )
        parser.add_argument("--reset", action="store_true", help="forget the run's data and end")

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.TIEOUT_MODE == "production":
            raise CommandError("The demo does not run in production mode.")
        try:
            # Of its own: what `make demo` has shown stays as it is.
            name = checked_name(options["run"] or ("once" if options["once"] else "demo"))
            if options["json"] is not None:
                refuse_unwritable(options["json"])
            with _alone(settings.TIEOUT_HOME, name):
                if options["reset"]:
                    self._reset(name)
                    return
                code = self._run(name, options)
        except (DemoError, psycopg.OperationalError) as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)

    def _run(self, name: str, options: dict[str, Any]) -> int:
        home: Path = settings.TIEOUT_HOME
        url = os.environ.get("DATABASE_URL", "").strip()
        folder = run_folder(home, name)
        # Before the ports are looked at: what an earlier life left running still holds its own.
        if left := Record(folder).end_leftovers():
            self._say(f"Ended what an earlier start had left running: {', '.join(left)}.")
        kept = kept_terms(folder)
        resume = bool(kept) and (options["resume"] or not options["once"])
        place = databases.place(url)
        terms = _agreed(name, kept, options, place) if kept and resume else _wanted(options, place)
        # Before anything is started: reading a file takes no time, making tables does.
        span(Path(terms.invoices))
        taken = ports.Ports()
        web_port = taken.take(options["port"])
        if web_port != options["port"]:
            self._say(f"Port {options['port']} is busy; the web server takes {web_port}.")
        run = DemoRun(
            name=name,
            home=home,
            terms=terms,
            databases=databases.addresses(name, home, url),
            web_port=web_port,
            gateway_port=taken.take(web_port + 1),
            gate_port=taken.take(web_port + 2) if terms.faults else 0,
        )
        wishes = Wishes(
            anew=not resume,
            once=options["once"],
            keep=options["keep"],
            database_url=url,
            json=options["json"],
            pace=options["pace"],
        )
        try:
            return direct(run, wishes, dict(os.environ), self._say)
        finally:
            taken.close()

    def _reset(self, name: str) -> None:
        home: Path = settings.TIEOUT_HOME
        url = os.environ.get("DATABASE_URL", "").strip()
        folder = run_folder(home, name)
        Record(folder).end_leftovers()
        addresses = databases.addresses(name, home, url)
        if not url:
            server.note_start(home)
        with databases.alone(addresses, url):
            databases.drop(addresses, home, url)
        forget(folder)
        if not url:
            server.stop_if_ours(addresses, home)
        self._say(f"The demo run {name} is forgotten; the next start begins it anew.")

    def _say(self, text: str) -> None:
        # The story's line may stand in the terminal's last row.
        clear = "\r\033[K" if self.stdout.isatty() else ""
        self.stdout.write(f"{clear}{text}")
        self.stdout.flush()


def port(text: str) -> int:
    """A port number of an argument."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LAST_PORT:
        raise ArgumentTypeError(f"{text!r} is not a port; ports are 1 to {LAST_PORT}")
    return int(text)


def orders(text: str) -> int:
    """A number of orders of an argument."""
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= MOST_ORDERS:
        raise ArgumentTypeError(f"{text!r} is no number of orders; there are 0 to {MOST_ORDERS:,}")
    return int(text)


def _wanted(options: dict[str, Any], database: str) -> Terms:
    seed = 1 if options["seed"] is None else options["seed"]
    terms = new_terms(
        options["invoices"] or SAMPLE,
        seed,
        options["exceptions"] or Exceptions.SOME.value,
        _faults(options, 0.0),
        options["post_on"] or PostOn.SETTLED.value,
        options["statements"] or CSV,
        options["orders"] or 0,
    )
    return replace(terms, database=database)


def _faults(options: dict[str, Any], kept: float) -> float:
    """Raises DemoError."""
    faults: float = kept if options["faults"] is None else options["faults"]
    if not 0 <= faults <= MOST_FAULTS:
        raise DemoError(f"--faults must lie between 0 and {MOST_FAULTS:,}, and not {faults:g}.")
    return faults


def _agreed(name: str, kept: Terms, options: dict[str, Any], database: str) -> Terms:
    """The kept terms, unless the caller asks for others. Raises DemoError."""
    if kept.database != database:
        raise DemoError(
            f"The run {name} was begun in {kept.database or 'the embedded database'}, and not in"
            f" {database or 'the embedded one'}; name another with --run, or set DATABASE_URL as"
            " it was."
        )
    wanted = new_terms(
        options["invoices"] or Path(kept.invoices),
        kept.seed if options["seed"] is None else options["seed"],
        options["exceptions"] or kept.exceptions,
        _faults(options, kept.faults),
        options["post_on"] or kept.post_on,
        options["statements"] or kept.statements,
        kept.orders if options["orders"] is None else options["orders"],
    )
    if wanted.fingerprint != kept.fingerprint:
        raise DemoError(
            f"The run {name} was begun with the invoices {kept.invoices}, seed"
            f" {kept.seed}, exceptions {kept.exceptions}, faults {kept.faults:g}, receipts"
            f" {kept.post_on}, statements {kept.statements} and {kept.orders} orders; forget it"
            " with --reset, or name another with --run."
        )
    return kept


@contextlib.contextmanager
def _alone(home: Path, name: str) -> Iterator[None]:
    """One command at a time for a run; the lock goes with the process, however it ends."""
    folder = run_folder(home, name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise DemoError(
            f"The data folder {home} cannot be used ({error.strerror}); make it writable for this"
            " user, or set TIEOUT_HOME to another folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DemoError(f"The demo run {name} is already running; stop it first.") from error
        yield
