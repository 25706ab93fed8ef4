"""The run itself: the world lives through the plan while the hub works, then all is summed up."""

import time
from collections.abc import Callable
from functools import partial

import psycopg
from django.db import InterfaceError, OperationalError, connections

from config.demo import summary
from config.demo.errors import DemoError
from config.demo.files import write_json
from config.demo.hub import DemoHub, HubStuckError
from config.demo.progress import Progress
from config.demo.run import SUMMARY, DemoRun
from config.demo.seed import GATEWAY
from config.demo.shop import SHOP
from config.demo.stage import webhook_secret
from config.embedded import ensure_running
from integrations.sandbox.chaos import book
from integrations.sandbox.sage500 import faults as sage500
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.loop import Settings, World
from integrations.sandbox.world.relay import Target
from integrations.sandbox.world.troubles import ErpFault

# The database may be killed and started again any number of times, but not all the time.
BROKEN = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
MOST_BREAKS = 20
MOST_BREAKS_WITH_FAULTS = 10_000
# Seconds that the hub may take for one reading; vendors that fail make it wait longer each time.
PATIENT = 300.0
PATIENT_WITH_FAULTS = 1800.0


def play(run: DemoRun, pace: float, say: Callable[[str], None]) -> bool:
    """Live through the run from wherever it stands, and leave its summary. True: all is well.

    Raises DemoError.
    """
    most = MOST_BREAKS_WITH_FAULTS if run.terms.faults else MOST_BREAKS
    with Progress(_payments_of(run)) as progress:
        for attempt in range(most):
            try:
                _live(run, pace, progress)
                break
            except BROKEN as error:
                if attempt == most - 1:
                    raise DemoError(f"The database does not stay up: {error}") from error
                connections.close_all()
                time.sleep(0.3)
            except (WorldError, HubStuckError) as error:
                raise DemoError(str(error)) from error
    result = summary.build(run)
    write_json(run.folder / SUMMARY, {"values": result.values, "problems": result.problems})
    for problem in result.problems:
        say(problem)
    return not result.problems


def _payments_of(run: DemoRun) -> int:
    """The number of payments in the plan; the database may just be on its way up."""
    for _ in range(MOST_BREAKS):
        try:
            return len(run.plan.actions)
        except BROKEN:
            time.sleep(0.3)
    return len(run.plan.actions)


def _quieten(run: DemoRun) -> None:
    for url in (run.databases.paytrace, run.databases.sage500):
        book.quieten(url)


def _shop(run: DemoRun) -> Target | None:
    if not run.plan.shop.tellings:
        return None
    return Target(f"{run.web_url}/hooks/{SHOP}/", webhook_secret(run), SHOP)


def _live(run: DemoRun, pace: float, progress: Progress) -> None:
    if "DATABASE_URL" not in run.databases.environment:
        ensure_running(run.home)
    settings = Settings(
        database_url=run.databases.paytrace,
        gateway_url=run.gateway_url,
        username=run.gateway_username,
        password=run.gateway_password,
        clock_file=run.clock_file,
        drop_folder=run.drop_folder,
        seed=run.terms.seed,
        fingerprint=run.terms.fingerprint,
        pace=pace,
        quieten=partial(_quieten, run) if run.terms.faults else None,
        statements=run.terms.statements,
        shop=_shop(run),
    )

    hub = DemoHub(
        webhook_url=f"{run.web_url}/hooks/{GATEWAY}/",
        webhook_secret=webhook_secret(run),
        connection=GATEWAY,
        patience=PATIENT_WITH_FAULTS if run.terms.faults else PATIENT,
        has_shop=settings.shop is not None,
        invoices_first=settings.shop is not None and not run.terms.faults,
    )

    def arm_erp(fault: ErpFault) -> None:
        sage500.arm(run.databases.sage500, fault.procedure, fault.fault)

    world = World(settings, run.plan, hub, arm_erp, progress.at)
    try:
        world.run()
    finally:
        world.close()
