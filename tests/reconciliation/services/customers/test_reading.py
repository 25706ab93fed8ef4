"""Customers are read from both sides, a portion at a time, and looked up in each other."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from integrations.canonical import CustomerRecord, PartyRecord
from integrations.clock import business_now, wall_now
from integrations.errors import TransientError
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerSource
from mapping.services.links import link
from reconciliation.choices import Placement
from reconciliation.services.customers import consequences, reading
from tests.builders import PairFactory, TransactionFactory, TransactionHistoryFactory

pytestmark = pytest.mark.django_db
ANN = PartyRecord("Ann Lee", "ann.lee@gmail.com", lines=("12 Elm Street",), postcode="97301")


class Erp:
    """An ERP with some customers, read one at a time."""

    def __init__(self, *rows, trouble=None):
        self.rows, self.trouble, self.asked = rows, trouble, 0

    def fetch_customers(self, company, cursor, limit):
        self.asked += 1
        if self.trouble:
            raise self.trouble
        at = cursor.get("key", 0)
        has_more = at + 1 < len(self.rows)
        return list(self.rows[at : at + 1]), {"key": at + 1} if has_more else {}, has_more


@pytest.fixture
def pair():
    return PairFactory()


@pytest.fixture
def reads(monkeypatch):
    def put(erp):
        monkeypatch.setattr(reading, "customers_of", lambda connection: erp)
        return erp

    return put


def waits():
    with connection.cursor() as cursor:
        clocks = {"business": business_now(), "wall": wall_now()}
        cursor.execute(f"SELECT {reading.WAITING}", clocks)
        return cursor.fetchone()[0]


def customer(number, party=ANN):
    return CustomerRecord("SOA", number, party)


def payment(pair, ref, **payer):
    row = TransactionFactory(connection=pair.gateway, customer_ref=ref, payer=payer)
    TransactionHistoryFactory(transaction=row)
    return row


def test_all_customers_are_read_and_payers_find_theirs(pair, reads):
    erp = reads(Erp(customer("C1"), customer("C2", PartyRecord("Bolt Ltd"))))
    payment(pair, "p-1", name="Ann Lee", email="ANN.LEE@gmail.com", lines=["12 Elm St"])
    assert waits()
    while reading.drain():
        pass
    assert not waits()
    assert erp.asked == 2
    assert CustomerIdentity.objects.filter(system="erp").count() == 2
    found = CustomerCandidate.objects.get()
    assert (found.identity.ref, found.erp.ref, found.band) == ("p-1", "C1", "link")


def test_an_erp_that_gives_no_answer_is_asked_again_later(pair, reads):
    erp = reads(Erp(trouble=TransientError("It sleeps.")))
    reading.drain()
    source = CustomerSource.objects.get(pair=pair, system="erp")
    assert "It sleeps." in source.problem
    assert source.due_at > wall_now() + timedelta(minutes=5)
    reading.drain()
    assert erp.asked == 1


def test_reading_now_begins_anew(pair, reads):
    erp = reads(Erp(customer("C1")))
    reading.drain()
    reading.read_now(pair)
    reading.drain()
    assert erp.asked == 2


def test_an_erp_without_a_list_of_customers_is_said(pair, reads):
    reads(None)
    reading.drain()
    assert "cannot list" in CustomerSource.objects.get(pair=pair, system="erp").problem


def test_a_merge_lists_what_it_touches(pair):
    link(pair, "p-1", "C2", "user:one")
    TransactionFactory(
        connection=pair.gateway, customer_ref="p-1", customer_id="C2", amount=Decimal("30.00"),
        placement=Placement.ON_ACCOUNT, captured_at=business_now(), decision="effects",
    )  # fmt: skip
    found = {each.what: each for each in consequences.of_merge(pair, "C1", "C2")}
    assert set(found) == {"Links", "Receipts on account", "Payments of the last 90 days"}
    assert found["Receipts on account"].money == (("30.000", "USD"),)
    assert "C1" in found["Links"].becomes


def test_a_merge_of_customers_that_nothing_names_touches_nothing(pair):
    assert consequences.of_merge(pair, "C1", "C2") == []
