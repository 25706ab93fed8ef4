"""A whole hub in one process: the demo's set-up before real sandboxes, its drains run by hand.

`hub` is a fixture: import it (with what it needs) into a conftest.
"""

import itertools
import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.utils.module_loading import import_string

from config.demo import seed
from config.embedded import ensure_running
from integrations.clock import wall_now
from integrations.models import Connection, Fact, Posting, Pull
from integrations.sandbox.clock import SandboxClock
from integrations.sandbox.paytrace.server import Settings as GatewaySettings
from integrations.sandbox.paytrace.server import serve
from integrations.sandbox.sage500 import faults as sage_faults
from integrations.sandbox.sage500.build import build as build_sage
from integrations.sandbox.sage500.build import load_invoices, set_period_status
from integrations.services import connectors, lanes
from mapping.models import CustomerSource
from reconciliation.models import (
    Certificate,
    ExceptionItem,
    NewCustomer,
    SettlementBatch,
    Transaction,
)
from reconciliation.services.customers import reading, settling
from tests.integrations.sandbox.paytrace.conftest import TABLES, VISA, Sandbox

FIRST_DAY = date(2010, 12, 1)
"""A Wednesday."""
WEBHOOK_SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdA=="
COUNTER = itertools.count(1)
LEDGER = """
    SELECT a."GLAcctNo", sum(t."PostAmt") FROM "tglTransaction" t
    JOIN "tglAccount" a USING ("GLAcctKey") WHERE t."RefNo" LIKE %s GROUP BY 1
"""


@dataclass
class Hub:
    """`day` is the business day it is; each `settle` lets the evening's close pass."""

    gateway: Sandbox
    sage_url: str
    statements: Path
    pair: Any
    day: date = FIRST_DAY
    names: Any = field(default_factory=lambda: itertools.count(1))

    # --- the outside world ---

    def invoice(self, number: str, total: str, customer: str = "17850") -> None:
        report = load_invoices(
            self.sage_url, [(number, FIRST_DAY, customer, total)], company=seed.COMPANY
        )
        assert not report.refused, report.refused

    def sale(self, amount: str, invoice: str = "", customer: str = "17850", **more: Any) -> str:
        texts = {"invoice_id": invoice, "customer_id": customer}
        return str(self.gateway.sale(amount, **(texts | more)))

    def charge(self, amount: str, **more: Any) -> dict[str, Any]:
        """A sale that need not succeed; the gateway's answer."""
        body = {"amount": amount, "credit_card": VISA} | more
        return self.gateway.call("transactions/sale/keyed", **body)

    def void(self, sale: str) -> None:
        assert self.gateway.call("transactions/void", transaction_id=int(sale))["success"]

    def refund(self, sale: str, amount: str, **more: Any) -> str:
        answer = self.gateway.call(
            "transactions/refund/for_transaction", transaction_id=int(sale), amount=amount, **more
        )
        assert answer["success"], answer
        return str(answer["transaction_id"])

    def deliver(self, *lines: tuple[str, str], name: str = "", damaged: int = -1) -> None:
        """A statement of the day: (reference, amount) each; the one at `damaged` is spoiled."""
        rows = [
            f"{self.day},MERCHANT DEPOSIT,{reference},{'1O.0O' if n == damaged else amount},"
            for n, (reference, amount) in enumerate(lines)
        ]
        text = "\n".join(["date,description,reference,amount,balance", *rows, ""])
        name = name or f"{self.day}-{next(self.names)}.csv"
        (self.statements / name).write_text(text)

    # --- time ---

    def at(self, moment: datetime) -> None:
        self.gateway.clock.set(moment)

    def settle(self) -> None:
        """The evening's close passes; it is the morning after, and the hub has read it."""
        self.day += timedelta(days=1)
        self.at(datetime.combine(self.day, time(12), UTC))
        self.run()

    def afternoon(self) -> None:
        """The afternoon of the same day: the next reading."""
        self.at(datetime.combine(self.day + timedelta(days=1), time(0), UTC))
        self.run()

    def bank(self, *lines: tuple[str, str], **more: Any) -> None:
        """The bank's statement of the day comes in and is read."""
        self.deliver(*lines, **more)
        self.afternoon()

    def pass_days(self, count: int) -> None:
        self.day += timedelta(days=count)
        self.at(datetime.combine(self.day, time(12), UTC))
        self.run()

    # --- the hub ---

    def run(self) -> None:
        """Each drain that says it has work, until none moves; what waits for wall time need not."""
        for _ in range(300):
            moved = sum(_portion(lane) for lane in lanes.lane_names())
            if not moved and not self.hurry():
                return
        raise AssertionError(f"The hub does not come to rest: {self.postings()}")

    def hurry(self) -> int:
        """Waiting by the wall clock is over; answers how many rows waited."""
        now = wall_now()
        Posting.objects.filter(state="entered").update(due_at=now)
        CustomerSource.objects.filter(system="gateway").update(due_at=now)
        NewCustomer.objects.filter(settled_at__isnull=True).update(due_at=now)
        return (
            Posting.objects.filter(due_at__gt=now, state="ready").update(due_at=now)
            # Also those that have become due by themselves since the drains looked.
            + Posting.objects.filter(state__in=("waiting", "unknown")).update(due_at=now)
            + Connection.objects.filter(paused_until__isnull=False).update(paused_until=None)
            + Pull.objects.filter(not_before__isnull=False).update(not_before=None)
            # Payers are looked for again after a while, whether there are new ones or not.
            + reading.drain()
            + settling.drain()
        )

    @property
    def batch(self) -> SettlementBatch:
        """The newest settlement batch."""
        return SettlementBatch.objects.order_by("id").last()

    def certificate(self) -> Certificate:
        return self.batch.certificates.get()

    def transaction(self, vendor_id: str) -> Transaction:
        return Transaction.objects.get(vendor_id=vendor_id)

    def reasons(self, state: str = "open") -> list[str]:
        return sorted(ExceptionItem.objects.filter(state=state).values_list("reason", flat=True))

    def ends(self, kind: str) -> list[str]:
        return sorted(Fact.objects.filter(kind=kind).values_list("end", flat=True))

    def postings(self) -> set[tuple[str, str]]:
        return set(Posting.objects.values_list("kind", "state"))

    def states(self) -> set[str]:
        """States of all postings."""
        return {state for _, state in self.postings()}

    # --- the ERP's own tables ---

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.sage_url, autocommit=True) as connection:
            return connection.execute(statement, values or None).fetchall()

    def ledger(self, reference: str = "PT-%") -> dict[str, str]:
        """Sums of the ledger's accounts over lines with a reference; debit is positive."""
        return {account: f"{amount:.2f}" for account, amount in self.sql(LEDGER, reference)}

    def balance(self, invoice: str) -> str:
        [(open_amount,)] = self.sql(
            'SELECT "Balance" FROM "tarInvoice" WHERE "CustPONo" = %s', invoice
        )
        return f"{open_amount:.2f}"

    def receipts(self) -> list[str]:
        """Amounts of the receipts that stand in the ERP and are valid, the largest first."""
        rows = self.sql(
            'SELECT "TranAmt" FROM "tarCustPmt" WHERE "Status" = 1 ORDER BY "TranAmt" DESC'
        )
        return [f"{amount:.2f}" for (amount,) in rows]

    def fault(self, procedure: str, kind: Any, **more: Any) -> None:
        sage_faults.arm(self.sage_url, procedure, kind, **more)

    def close_period(self, *, closed: bool = True) -> None:
        set_period_status(self.sage_url, seed.COMPANY, self.day, closed=closed)


def _portion(lane: str) -> int:
    """What a worker does of a lane between two looks: a drain whose look is wrong finds no work."""
    return sum(import_string(path)() for path in lanes.waiting(lane))


@pytest.fixture(scope="session")
def sage_template():
    """An empty company, built once; each test gets a copy."""
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"hub_sage_{os.getpid()}"
    server.ensure_database(name)
    build_sage(server.url(name), periods_from=date(2010, 11, 1), periods_to=date(2011, 3, 31))
    yield name
    server.drop_database(name)


@pytest.fixture
def sage_copy(sage_template):
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"{sage_template}_{next(COUNTER)}"
    with server.connect() as session:
        # A copy by file would wait for a checkpoint of the whole server, and so would its end.
        session.execute(f"CREATE DATABASE {name} TEMPLATE {sage_template} STRATEGY WAL_LOG")
        session.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    yield server.url(name)
    for _, connector in connectors._kept.values():
        connector.close()
    connectors._kept.clear()
    server.drop_database(name)


@pytest.fixture(scope="session")
def gateway_database():
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"hub_paytrace_{os.getpid()}"
    server.ensure_database(name)
    yield server.url(name)
    server.drop_database(name)


@contextmanager
def serving(database_url, clock_file):
    with psycopg.connect(database_url, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('sandbox_fault')").fetchone() != (None,):
            connection.execute(f"TRUNCATE {TABLES} RESTART IDENTITY")
    server = serve(GatewaySettings(database_url=database_url, clock_file=clock_file))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    sandbox = Sandbox(
        f"http://127.0.0.1:{server.server_port}", SandboxClock(clock_file), database_url
    )
    sandbox.log_in()
    yield sandbox
    sandbox.http.close()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def hub(db, sage_copy, gateway_database, tmp_path, settings, request):
    """The morning of the first day; shops are open."""
    clock_file = tmp_path / "clock"
    SandboxClock(clock_file).set(datetime.combine(FIRST_DAY, time(20), UTC))
    settings.TIEOUT_CLOCK_FILE = clock_file
    statements = tmp_path / "statements"
    statements.mkdir()
    with serving(gateway_database, clock_file) as gateway:
        pair = seed.seed(
            seed.Setup(
                paytrace_url=gateway.base,
                paytrace_user="sandbox-api-user",
                paytrace_password="sandbox-only-password",
                sage500_url=sage_copy,
                statements=statements,
                webhook_secret=WEBHOOK_SECRET,
                first_day=FIRST_DAY,
                post_on="captured" if request.node.get_closest_marker("at_capture") else "settled",
            )
        )
        yield Hub(gateway, sage_copy, statements, pair)
