"""A, then B, then A again: what the vendor comes back to is news, what is repeated is not."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from integrations.choices import EnvelopeSource
from integrations.models import Connection, Envelope, Fact
from integrations.money import Money
from integrations.services import intake
from reconciliation.models import ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import book
from tests.builders import EffectFactory, FactFactory
from tests.reconciliation.services.test_book import (
    CAPTURED,
    SETTLED,
    SPOILED,
    batch_record,
    ends,
    open_reasons,
    source,
)

__all__ = ["source"]
pytestmark = pytest.mark.django_db
A = CAPTURED
B = replace(CAPTURED, amount=Money(Decimal(90), "USD"))
OTHER = replace(CAPTURED, external_id="1002")


def read(source, name, *records, body="", by=EnvelopeSource.PULL, and_book=True):
    """The vendor is read: a document of this name holds these records now."""
    body = body or repr(records)
    source.records[body] = list(records)
    arrival = intake.Arrival("transactions", body.encode(), by, name=name)
    for new in intake.unknown(Connection.objects.earliest("pk"), [arrival]):
        intake.receive(Connection.objects.earliest("pk"), new)
    if and_book:
        book.drain()


def amount():
    return Transaction.objects.get(vendor_id="1001").amount


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("names", ["ppp", "pqr", "ppq"])
def test_what_the_vendor_comes_back_to_is_booked_again(source, names, at_once):
    for name, record in zip(names, (A, B, A), strict=True):
        read(source, name, record, and_book=not at_once)
    book.drain()
    assert (amount(), ends()) == (100, ["booked", "booked", "booked"])
    assert list(Fact.objects.order_by("id").values_list("turn", flat=True)) == [1, 1, 2]
    assert Transaction.objects.get().history.count() == 3


def test_there_and_back_many_times(source):
    for record in (A, B, A, B, B, A):
        read(source, "page", record)
    assert (amount(), Fact.objects.filter(end="booked").count()) == (100, 5)
    assert Fact.objects.order_by("id").last().turn == 3


@pytest.mark.parametrize("at_once", [True, False])
def test_a_page_that_repeats_itself_does_not_move_back_what_another_reading_told(source, at_once):
    read(source, "2010-12-01", A)
    read(source, "id 1001", B, and_book=not at_once)
    read(source, "2010-12-01", A, OTHER)
    assert (amount(), ends()) == (90, ["booked", "booked", "duplicate", "booked"])


def test_only_a_fresh_reading_of_the_vendor_moves_back(source):
    read(source, "page", A)
    read(source, "page", B)
    read(source, "file", A, by=EnvelopeSource.FILE)
    assert (amount(), ends()) == (90, ["booked", "booked", "duplicate"])


def test_a_status_never_goes_back_whoever_says_it(source):
    for record in (CAPTURED, SETTLED, CAPTURED):
        read(source, "page", record)
    assert Transaction.objects.get().status == "settled"
    assert ends() == ["booked", "booked", "ignored"]
    assert "late" in Fact.objects.last().rule


def test_the_database_refuses_one_meaning_twice_in_one_turn(source):
    fact = FactFactory(envelope__connection=Connection.objects.earliest("pk"))
    again = {"vendor_id": fact.vendor_id, "meaning_hash": fact.meaning_hash}
    with pytest.raises(IntegrityError), transaction.atomic():
        FactFactory(envelope=fact.envelope, **again)
    assert FactFactory(envelope=fact.envelope, turn=2, **again).pk


def test_a_clean_page_that_comes_back_after_a_garbled_one_heals_it(source):
    read(source, "page", A, OTHER)
    read(source, "page", A, replace(SPOILED, external_id=""))
    assert open_reasons() == ["unreadable_record"]
    read(source, "page", A, OTHER)
    assert (open_reasons(), Envelope.objects.count()) == ([], 3)
    read(source, "page", A, OTHER)
    assert Envelope.objects.count() == 3


def test_figures_of_a_batch_come_back_too(source):
    for amount in ("100", "90", "100"):
        read(source, "batches", batch_record(amount))
    batch = SettlementBatch.objects.get()
    assert (batch.reported_sales, batch.history.count()) == (100, 3)


def test_what_comes_back_to_what_was_posted_asks_nobody_any_more(source):
    read(source, "page", SETTLED)
    row = Transaction.objects.get()
    EffectFactory(transaction=row, fact=row.last_fact, pair__gateway=row.connection)
    Transaction.objects.update(decision="effects")
    read(source, "page", replace(SETTLED, amount=B.amount))
    assert "content_conflict" in open_reasons()
    read(source, "page", SETTLED)
    assert "content_conflict" not in open_reasons()
    closed = ExceptionItem.objects.get(reason="content_conflict")
    assert closed.resolution == "The gateway says again what was posted."
