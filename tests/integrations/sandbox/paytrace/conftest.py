"""A PayTrace sandbox per test: the real server on a loopback port over real sockets."""

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings as django_settings

from config.embedded import ensure_running
from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.faults import FaultRule, arm
from integrations.sandbox.paytrace.server import Settings, serve

VISA = {"number": "4111111111111111", "expiration_month": "12", "expiration_year": "2015"}
NOON = datetime(2010, 12, 1, 20, tzinfo=UTC)  # in Los Angeles
TABLES = "paytrace_token, paytrace_customer, paytrace_transaction, paytrace_batch, sandbox_fault"


@dataclass
class Sandbox:
    """A client of the simulator with the helpers that the tests share."""

    base: str
    clock: SandboxClock
    database_url: str
    token: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.base, timeout=10, trust_env=False)

    def log_in(self) -> None:
        form = {
            "grant_type": "password",
            "username": "sandbox-api-user",
            "password": "sandbox-only-password",
        }
        self.token = self.http.post("/oauth/token", data=form).json()["access_token"]

    def post(self, path: str, body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.http.post(f"/v1/{path}", content=json.dumps(body), headers=headers)

    def call(self, path: str, **body: Any) -> dict[str, Any]:
        return self.post(path, body).json()

    def errors(self, path: str, **body: Any) -> list[str]:
        answer = self.post(path, body)
        assert answer.status_code == 400
        assert answer.json()["success"] is False
        return sorted(answer.json()["errors"])

    def sale(self, amount: Any = "10.00", **body: Any) -> int:
        answer = self.call(
            "transactions/sale/keyed", **({"amount": amount, "credit_card": VISA} | body)
        )
        assert answer["response_code"] == 101, answer
        return answer["transaction_id"]

    def record(self, transaction_id: int, **body: Any) -> dict[str, Any]:
        answer = self.call("transactions/export/by_id", transaction_id=transaction_id, **body)
        return answer["transactions"][0]

    def day(self, first: str, last: str | None = None, **body: Any) -> list[dict[str, Any]]:
        answer = self.call(
            "transactions/export/by_date_range", start_date=first, end_date=last or first, **body
        )
        assert (answer["success"], answer["response_code"]) == (True, 1), answer
        return answer["transactions"]

    def at(self, *moment: int) -> None:
        """Set business time, in UTC."""
        self.clock.set(datetime(*moment, tzinfo=UTC))

    def settle_tonight(self) -> None:
        self.at(2010, 12, 2, 4)

    def arm(self, kind: str, **rule: Any) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            arm(connection, FaultRule(kind=kind, **rule))


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"sandbox_paytrace_{os.getpid()}"
    server.ensure_database(name)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def settings_of_sandbox(database_url: str, tmp_path: Path) -> Settings:
    """An empty sandbox at noon of 1 December 2010."""
    SandboxClock(tmp_path / "clock").set(NOON)
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('sandbox_fault')").fetchone() != (None,):
            connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
    return Settings(database_url=database_url, clock_file=tmp_path / "clock")


@pytest.fixture
def sandbox(settings_of_sandbox: Settings) -> Iterator[Sandbox]:
    with running(settings_of_sandbox) as started:
        yield started


class running:  # noqa: N801  (reads as a verb in `with running(...)`)
    """A server of these settings in a thread, and a client that is logged in."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server = serve(settings)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Sandbox:
        self._thread.start()
        self._sandbox = Sandbox(
            base=f"http://127.0.0.1:{self._server.server_port}",
            clock=SandboxClock(self._settings.clock_file),
            database_url=self._settings.database_url,
        )
        self._sandbox.log_in()
        return self._sandbox

    def __exit__(self, *_: object) -> None:
        self._sandbox.http.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
