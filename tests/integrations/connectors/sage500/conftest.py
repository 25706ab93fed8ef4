"""A Sage 500 sandbox database per session, with a company, periods and a few open invoices."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings

from config.embedded import ensure_running
from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CashReceiptDraft,
    Draft,
    Outcome,
    OutcomeStatus,
    content_hash,
)
from integrations.connectors.sage500.connector import Sage500Connector
from integrations.contracts import PostRequest
from integrations.money import Money
from integrations.registry import build
from integrations.sandbox.sage500.build import build as build_sandbox
from integrations.sandbox.sage500.build import load_invoices

COMPANY = "SOA"
DAY = date(2010, 12, 3)


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


@pytest.fixture(scope="session")
def sage_url() -> Iterator[str]:
    server = ensure_running(django_settings.TIEOUT_HOME)
    name = f"connector_sage500_{os.getpid()}"
    server.ensure_database(name)
    url = server.url(name)
    build_sandbox(
        url, company=COMPANY, periods_from=date(2010, 11, 1), periods_to=date(2011, 3, 31)
    )
    yield url
    server.drop_database(name)


@pytest.fixture
def sql(sage_url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    with psycopg.connect(sage_url, autocommit=True) as connection:

        def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

        yield run
        run("DELETE FROM sandbox_fault")


@pytest.fixture
def sage(sage_url: str) -> Iterator[Sage500Connector]:
    settings = {"companies": [COMPANY], "rescan_seconds": 5}
    connector = build("sage500", settings, {"url": sage_url}, sandbox=True)
    assert isinstance(connector, Sage500Connector)
    yield connector
    connector.close()


class Shop:
    """Makes invoices with numbers of their own, and the requests of one test."""

    counter = 0

    def __init__(self, url: str, sage: Sage500Connector) -> None:
        Shop.counter += 1
        self.url, self.sage, self.prefix = url, sage, f"T{Shop.counter}"

    def invoice(self, number: int, total: str, customer: str = "17850") -> str:
        """A posted open invoice; its item key."""
        text = f"{self.prefix}-{number}"
        load_invoices(self.url, [(text, date(2010, 12, 1), customer, total)], company=COMPANY)
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                'SELECT "InvcKey" FROM "tarInvoice" WHERE "CustPONo" = %s', [text]
            ).fetchone()
        assert row is not None
        return str(row[0])

    def request(self, name: str, draft: Draft, batch_ref: str = "") -> PostRequest:
        return PostRequest(f"{self.prefix}:{name}", content_hash(draft), draft, batch_ref)

    def post(self, name: str, draft: Draft, batch_ref: str = "") -> Outcome:
        [outcome] = self.sage.post([self.request(name, draft, batch_ref)])
        return outcome

    def open_batch(self, purpose: BatchPurpose = BatchPurpose.RECEIPTS) -> str:
        account = "1050-00" if purpose is BatchPurpose.RECEIPTS else ""
        outcome = self.post("batch", BatchDraft(COMPANY, purpose, DAY, "Batch 1208", account))
        assert outcome.status is OutcomeStatus.DONE, outcome
        assert outcome.document is not None
        return outcome.document.batch_ref

    def post_batch(self, batch_ref: str, count: int, total: str) -> Outcome:
        draft = BatchPostDraft(COMPANY, BatchPurpose.RECEIPTS, count, usd(total))
        return self.post("post", draft, batch_ref)


def receipt(item_key: str, amount: str, **changes: Any) -> CashReceiptDraft:
    values: dict[str, Any] = {
        "company": COMPANY,
        "received_on": DAY,
        "amount": usd(amount),
        "method": "VISA",
        "payment_ref": "512345678",
        "settlement_ref": "GB1208",
        "comment": "Card payment",
        "customer_id": "17850",
        "applications": (ApplicationDraft(item_key, "", usd(amount)),),
    }
    return CashReceiptDraft(**(values | changes))


@pytest.fixture
def shop(sage_url: str, sage: Sage500Connector) -> Shop:
    return Shop(sage_url, sage)
