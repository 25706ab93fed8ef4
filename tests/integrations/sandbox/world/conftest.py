"""A world per test: a real PayTrace sandbox, empty tables, and a hub that only listens."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings

from config.embedded import ensure_running
from integrations.sandbox.paytrace.server import Settings as GatewaySettings
from integrations.sandbox.paytrace.server import serve
from integrations.sandbox.world.clock import WorldClock
from integrations.sandbox.world.gateway import Gateway
from integrations.sandbox.world.invoices import Invoice
from integrations.sandbox.world.loop import Settings, World, start_clock
from integrations.sandbox.world.plan import Exceptions, Plan, make_plan
from integrations.sandbox.world.state import State

FIRST_DAY = date(2010, 12, 1)
SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdA=="


def invoices(count: int, customers: int = 7, per_day: int = 25) -> list[Invoice]:
    return [
        Invoice(
            number=str(536365 + place),
            on=FIRST_DAY + timedelta(days=place // per_day),
            customer_id=str(17850 + place % customers),
            total=Decimal(1000 + 137 * place) / 100,
        )
        for place in range(count)
    ]


@dataclass
class Listener:
    """A hub that takes hints, after as many refusals as it is told, and never waits."""

    refusals: int = 0
    hints: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    slots: list[datetime] = field(default_factory=list)
    webhook_url: str = ""
    webhook_secret: str = SECRET
    connection: str = "paytrace-test"
    settled: int = 0

    def wait_read(self, slot: datetime) -> None:
        self.slots.append(slot)

    def wait_hints(self) -> None:
        pass

    def wait_settled(self) -> None:
        self.settled += 1


@pytest.fixture
def hub() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refused = listener.refusals > 0
            listener.refusals -= refused
            if not refused:
                headers = {name.lower(): value for name, value in self.headers.items()}
                listener.hints.append((headers, body))
            self.send_response(503 if refused else 202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    listener.webhook_url = f"http://127.0.0.1:{server.server_port}/hooks/"
    yield listener
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def world_database() -> Iterator[str]:
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"sandbox_world_{os.getpid()}"
    server.ensure_database(name)
    yield server.url(name)
    server.drop_database(name)


@dataclass
class Stage:
    """Everything of one test's world; `world()` is a fresh process, so to say."""

    database_url: str
    gateway_url: str
    folder: Path
    hub: Listener
    plan: Plan
    armed: list[Any] = field(default_factory=list)
    reported: list[tuple[date, int]] = field(default_factory=list)

    @property
    def clock(self) -> WorldClock:
        return WorldClock(self.folder / "clock")

    def world(self, **changed: Any) -> World:
        settings = {
            "database_url": self.database_url,
            "gateway_url": self.gateway_url,
            "username": "sandbox-api-user",
            "password": "sandbox-only-password",
            "clock_file": self.folder / "clock",
            "drop_folder": self.folder / "drop",
            "seed": 1,
            "fingerprint": "a test",
        }
        return World(
            Settings(**(settings | changed)),
            self.plan,
            self.hub,
            self.armed.append,
            lambda day, done: self.reported.append((day, done)),
        )

    def state(self) -> State:
        state = State.open(self.database_url)
        state.begin(self.plan, "a test")
        return state

    def gateway(self) -> Gateway:
        return Gateway(self.gateway_url, "sandbox-api-user", "sandbox-only-password")

    def query(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute(statement, parameters)
            return found.fetchall() if found.description else []


@pytest.fixture
def make_stage(world_database: str, tmp_path: Path, hub: Listener) -> Iterator[Any]:
    servers = []

    def make(plan: Plan) -> Stage:
        with psycopg.connect(world_database, autocommit=True) as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("DROP SCHEMA IF EXISTS world CASCADE")
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        start_clock(tmp_path / "clock", plan)
        server = serve(
            GatewaySettings(
                database_url=world_database,
                clock_file=tmp_path / "clock",
                unreferenced_refunds=True,
            )
        )
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        return Stage(world_database, url, tmp_path, hub, plan)

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def planned(count: int, exceptions: str = "some", **made: Any) -> Plan:
    return make_plan(invoices(count, **made), 1, Exceptions(exceptions))
