"""A worker is killed at every step of every document; a fresh one leaves each exactly once.

Each boundary is a business day of one world: a sale, a refund of the last day's sale, an invoice
for an order, a payer who is to be a customer, and the bank's statement. A real process works
through the day, gets SIGKILL at the boundary, and a second one finishes. Then the ERP's own tables
are counted.
"""

import os
import signal
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as moment
from decimal import Decimal

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings

from config.demo import seed
from config.embedded import ensure_running
from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    InvoiceDraft,
    InvoiceLineDraft,
    PartyRecord,
)
from integrations.models import Posting
from integrations.money import Money
from integrations.sandbox.clock import SandboxClock
from integrations.services.posting_owe import Owed, owe
from mapping.choices import IdentitySystem, LinkGround
from mapping.models import CustomerIdentity, CustomerLink
from mapping.services.customers import identities
from reconciliation.models import Certificate, NewCustomer, SettlementBatch
from reconciliation.services.customers import creating
from tests.hub import COUNTER, FIRST_DAY, WEBHOOK_SECRET, Hub, serving
from tests.scenarios.children import AFTER, BEFORE, KILLED, Point, end_of, run, start
from tests.settings import HOME

# What the tests' own transactions see is what the children have committed; they write nothing.
pytestmark = pytest.mark.django_db
POSTING = "integrations.services.posting"
CALL = "integrations.connectors.sage500.client.Sage500Client.call"
PROCEDURES = {
    "batch": "OpenBatch",
    "cash_receipt": "CreateCashReceipt",
    "journal": "CreateJournal",
    "invoice": "CreateInvoice",
    "customer": "CreateCustomer",
    "batch_post": "PostBatch",
}
KINDS = tuple(PROCEDURES)


def procedures(args, _):
    return {args[2].procedure}


def claimed(_, answer):
    return {posting.kind for posting in answer or ()}


def recorded(args, _):
    return {change.posting.kind for change in args[0]}


def looked_up(args, _):
    return {row.kind for row in args[1]}


def applied(args, _):
    return {args[0].posting.kind}


def resolved(args, _):
    return {args[0].kind}


def points(kind):
    """Every step of one document's way, in its order."""
    yield "after its claim is committed", Point(f"{POSTING}._claim", AFTER, kind, claimed)
    yield "before its call", Point(CALL, BEFORE, PROCEDURES[kind], procedures)
    yield "after its commit, before its answer", Point(CALL, AFTER, PROCEDURES[kind], procedures)
    yield (
        "after its answer, before it is recorded",
        Point(f"{POSTING}.record", BEFORE, kind, recorded),
    )
    yield (
        "while it is recorded",
        Point("integrations.services.posting_record._apply", AFTER, kind, applied),
    )
    yield "after it is recorded", Point(f"{POSTING}.record", AFTER, kind, recorded)


def look_up_points(kind):
    look_up = "integrations.services.posting_look_up"
    yield "before it is looked up", Point(f"{look_up}.find", BEFORE, kind, looked_up)
    yield "after it is found", Point(f"{look_up}.find", AFTER, kind, looked_up)
    yield "when it is resolved", Point(f"{look_up}.resolved", AFTER, kind, resolved)
    yield "before what was found is recorded", Point(f"{look_up}.record", BEFORE, kind, recorded)


STEPS = {f"{kind}: {words}": point for kind in KINDS for words, point in points(kind)}
LOOK_UPS = {
    f"{kind}: {words}": (kind, point)
    for kind in ("batch", "cash_receipt", "invoice", "customer")
    for words, point in look_up_points(kind)
}
SETTLING = "reconciliation.services.customers.settling"
#: What comes of a new customer once it stands.
LINKING = {
    "before its payer is linked": Point(f"{SETTLING}._linked", BEFORE),
    "while its payer is linked": Point(f"{SETTLING}.link", AFTER),
    "before the link is committed": Point(f"{SETTLING}._linked", AFTER),
    "after the link is committed": Point(f"{SETTLING}._settle", AFTER),
}
#: Lets a test stop a wrapper between its insert and its commit.
HOLD = """
    CREATE TABLE public.hold (kind varchar PRIMARY KEY);
    CREATE FUNCTION public.hold_here() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM public.hold h WHERE h.kind = NEW."DocumentKind") THEN
            PERFORM pg_advisory_xact_lock(4711);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER hold AFTER INSERT ON tieout."PostingKey" FOR EACH ROW
        EXECUTE FUNCTION public.hold_here();
"""
OTHER_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
       AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
HELD = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted"


class Days:
    """The world of all boundaries: one business day after the other."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.days = 0
        self.sold = ""

    def next(self) -> None:
        """A day's sale, refund and close; the hub has not looked yet."""
        self.days += 1
        invoice = str(600000 + self.days)
        self.hub.invoice(invoice, "100.00")
        net = "96.80"
        if self.sold:
            self.hub.refund(self.sold, "10.00", invoice_id=str(600000 + self.days - 1))
            net = "86.80"
        self.sold = self.hub.sale("100.00", invoice)
        assert run(self._order) == 0  # committed, as all that the children see
        assert run(self._new_customer) == 0
        self.hub.day += timedelta(days=1)
        self.hub.deliver((f"BATCH {self.days}", net))
        self.hub.at(datetime.combine(self.hub.day, moment(12), UTC))

    def _order(self) -> None:
        """An invoice for an order is owed, in a batch of its own that is posted with it."""
        number = f"WEB-{self.days}"
        company, target, amount = self.hub.pair.company, self.hub.pair.erp, Money(Decimal(9), "USD")
        line = InvoiceLineDraft("Lamp", amount, "4000-00")
        bill = InvoiceDraft(company, "17850", FIRST_DAY, amount, number, "Order", (line,))

        def owed(name, draft, sum_of=Decimal(0), group=None):
            key = f"{company}|{number}|{name}"
            return owe([Owed(key, target, company, draft, sum_of, "USD", group)])[key]

        with transaction.atomic():
            opening = BatchDraft(company, BatchPurpose.INVOICES, FIRST_DAY, number)
            group = owed("batch", opening)
            owed("invoice", bill, Decimal(9), group)
            post = BatchPostDraft(company, BatchPurpose.INVOICES, 1, amount)
            owed("post", post, Decimal(9), group)

    def _new_customer(self) -> None:
        """A person asks for a payer of the gateway, by a number of the gateway's own."""
        pair, ref = self.hub.pair, f"shop-{self.days}"
        party = PartyRecord(name=f"Ann Lee the {self.days}.")
        gateway = IdentitySystem.GATEWAY
        identities.keep(pair, gateway, [identities.identity_of(pair, gateway, ref, party)])
        identity = CustomerIdentity.objects.get(pair=pair, system=gateway, ref=ref)
        draft = creating.proposed(identity)
        creating.ask(identity, draft, "user:demo-finance", LinkGround.PERSON)

    def customers_stand_once(self) -> None:
        """One in the ERP for each payer, and the payer linked to just that one."""
        made = self.hub.sql(
            'SELECT "CustName", "CustID" FROM "tarCustomer" WHERE "CustName" LIKE %s', "Ann Lee%"
        )
        assert len(made) == len(dict(made)) == self.days
        links = CustomerLink.objects.values_list("ref", "customer_id")
        known = {f"shop-{n}": dict(made)[f"Ann Lee the {n}."] for n in range(1, self.days + 1)}
        assert sorted(links) == sorted(known.items())
        assert not NewCustomer.objects.filter(settled_at__isnull=True).exists()

    def everything_stands_once(self) -> None:
        hub = self.hub
        self.customers_stand_once()
        ordered = 'SELECT count(*), sum("TranAmt") FROM "tarInvoice" WHERE "CustPONo" LIKE %s'
        assert hub.sql(ordered, "WEB-%") == [(self.days, 9 * self.days)]
        assert hub.ledger("WEB-%") == {
            "1200-00": f"{9 * self.days:.2f}",
            "4000-00": f"{-9 * self.days:.2f}",
        }
        assert hub.receipts() == ["100.00"] * self.days
        [(journals,)] = hub.sql('SELECT count(*) FROM "tglJournalHdr"')
        assert journals == 2 * self.days - 1  # a deposit each day, a refund each day but the first
        assert hub.sql('SELECT count(*) FROM tieout."PostingKey"') == [(Posting.objects.count(),)]
        assert hub.sql('SELECT count(*) FROM "tciBatchLog" WHERE "PostStatus" <> 999') == [(0,)]
        assert hub.states() <= {"posted", "duplicate"}
        assert set(SettlementBatch.objects.values_list("state", flat=True)) == {"tied_out"}
        assert Certificate.objects.count() == SettlementBatch.objects.count() == self.days
        assert hub.ledger()["1050-00"] == "0.00"
        assert hub.reasons() == []


@pytest.fixture(scope="module")
def days(django_db_setup, django_db_blocker, sage_template, gateway_database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    SandboxClock(folder / "clock").set(datetime.combine(FIRST_DAY, moment(20), UTC))
    (folder / "statements").mkdir()
    server = ensure_running(HOME)
    name = f"{sage_template}_{next(COUNTER)}"
    with server.connect() as session:
        session.execute(f"CREATE DATABASE {name} TEMPLATE {sage_template} STRATEGY WAL_LOG")
        session.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with (
        django_db_blocker.unblock(),
        override_settings(TIEOUT_CLOCK_FILE=folder / "clock"),
        serving(gateway_database, folder / "clock") as gateway,
    ):
        hub = Hub(gateway, server.url(name), folder / "statements", None)
        hub.pair = seed.seed(
            seed.Setup(
                paytrace_url=gateway.base,
                paytrace_user="sandbox-api-user",
                paytrace_password="sandbox-only-password",
                sage500_url=hub.sage_url,
                statements=hub.statements,
                webhook_secret=WEBHOOK_SECRET,
                first_day=FIRST_DAY,
            )
        )
        # A day at each boundary: reading more of them again would cost a month of readings each.
        hub.pair.gateway.settings["window_days"] = 1
        hub.pair.gateway.save()
        with psycopg.connect(hub.sage_url, autocommit=True) as session:
            session.execute(HOLD)
        yield Days(hub)
        call_command("flush", verbosity=0, interactive=False)
    server.drop_database(name)


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_of_a_document_leaves_it_once(days: Days, step: str):
    days.next()
    assert run(days.hub.run, STEPS[step]) == KILLED
    assert run(days.hub.run) == 0
    days.everything_stands_once()


@pytest.mark.parametrize("step", LINKING)
def test_a_kill_at_a_step_of_a_new_customers_link_leaves_customer_and_link_once(
    days: Days, step: str
):
    days.next()
    assert run(days.hub.run, LINKING[step]) == KILLED
    assert run(days.hub.run) == 0
    days.everything_stands_once()


def test_a_kill_before_anything_is_claimed_leaves_everything_once(days: Days):
    days.next()
    assert run(days.hub.run, Point(f"{POSTING}._claim", BEFORE)) == KILLED
    assert run(days.hub.run) == 0
    days.everything_stands_once()


@pytest.mark.parametrize("step", LOOK_UPS)
def test_a_kill_while_a_document_is_looked_up_leaves_it_once(days: Days, step: str):
    kind, point = LOOK_UPS[step]
    days.next()
    days.hub.fault(PROCEDURES[kind], "drop")
    assert run(days.hub.run, point) == KILLED
    assert run(days.hub.run) == 0
    days.everything_stands_once()


@pytest.mark.parametrize("comes_late", [False, True])
@pytest.mark.parametrize("kind", ["cash_receipt", "invoice", "customer"])
def test_a_kill_between_insert_and_commit_leaves_the_document_once(
    days: Days, kind: str, comes_late: bool
):
    """The ERP rolls the killed worker's call back, or commits it while the next one asks."""
    days.next()
    with held(days.hub, kind) as session:
        worker = start(days.hub.run)
        backend = wait_for_held(session)
        os.kill(worker, signal.SIGKILL)
        assert end_of(worker) == KILLED
        if not comes_late:
            session.execute("SELECT pg_terminate_backend(%s)", [backend])
        fresh = start(days.hub.run)
        time.sleep(0.3)  # it looks, finds nothing yet, and sends again
    assert end_of(fresh) == 0
    days.everything_stands_once()


def test_a_worker_whose_database_session_is_lost_leaves_everything_once(days: Days):
    """As when PostgreSQL restarts: the ERP commits, and the worker cannot record it."""
    days.next()
    with held(days.hub, "cash_receipt") as session:
        worker = start(days.hub.run)
        wait_for_held(session)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # who has come since it was asked
            cursor.execute(OTHER_SESSIONS)
            assert cursor.fetchall()
    assert end_of(worker) == 1
    assert run(days.hub.run) == 0
    days.everything_stands_once()


@contextmanager
def held(hub: Hub, kind: str):
    """While this lasts, no document of the kind is committed."""
    with psycopg.connect(hub.sage_url, autocommit=True) as session:
        session.execute("INSERT INTO public.hold VALUES (%s)", [kind])
        session.execute("SELECT pg_advisory_lock(4711)")
        yield session
        session.execute("DELETE FROM public.hold")
        session.execute("SELECT pg_advisory_unlock(4711)")


def wait_for_held(session: psycopg.Connection) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        found = session.execute(HELD).fetchone()
        if found:
            return found[0]
        time.sleep(0.01)
    raise AssertionError("No document came to its commit.")
