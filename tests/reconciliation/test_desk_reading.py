"""Exceptions about what could not be read, and about members that are missing, can be closed."""

from dataclasses import replace

import pytest
from django.urls import reverse

from audit.models import Entry
from integrations.models import Envelope, Fact, Pull
from reconciliation.models import ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import adding_up, book, certify, desk, held, match
from tests.builders import (
    TODAY,
    BankLineFactory,
    ExceptionItemFactory,
    FactFactory,
    PullFactory,
    TransactionFactory,
)
from tests.integrations.services.fakes import Source, put
from tests.reconciliation.services.test_apart import Ledger
from tests.reconciliation.services.test_book import CAPTURED, SPOILED, UnreadableError, receive
from tests.reconciliation.services.test_book import source as _source
from tests.reconciliation.services.test_match import batch_of, business_day, pair, reasons, state
from tests.world import operator

source = _source
__all__ = ["business_day", "pair"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
ACTOR = "user:operator"


@pytest.fixture
def person():
    return operator()


def spoiled(source):
    """A page of a good record and one that cannot be read; its exception."""
    receive(source, "day", CAPTURED, replace(SPOILED, external_id="2"))
    book.drain()
    return ExceptionItem.objects.get()


def mended(source):
    """The reader is mended: the same bytes hold two records now."""
    source.records["day"] = [CAPTURED, replace(CAPTURED, external_id="2")]


def test_bytes_are_read_again_after_the_reader_was_mended(source, person):
    item = spoiled(source)
    mended(source)
    desk.retry(item, ACTOR)
    book.drain()
    item.refresh_from_db()
    assert (item.state, Transaction.objects.count()) == ("resolved", 2)
    ends = Fact.objects.order_by("envelope", "position").values_list("end", flat=True)
    assert list(ends) == ["booked", "unreadable", "duplicate", "booked"]
    assert Entry.objects.filter(action="exception.retry").exists()


def test_what_still_cannot_be_read_is_noted_and_opens_no_second_exception(source, person):
    item = spoiled(source)
    for number in (1, 2):
        desk.retry(item, ACTOR)
        book.drain()
        assert item.notes.filter(action="read again").count() == number
    assert ExceptionItem.objects.get().state == "open"
    assert Envelope.objects.count() == 3


def test_a_whole_document_is_read_again(source, person):
    receive(source, "day")
    source.records["day"] = UnreadableError("The document is not JSON.")
    book.drain()
    item = ExceptionItem.objects.get()
    desk.retry(item, ACTOR)
    book.drain()
    assert (reasons(), item.notes.last().action) == (["unreadable_record"], "read again")
    source.records["day"] = [CAPTURED]
    desk.retry(item, ACTOR)
    book.drain()
    assert (reasons(), Transaction.objects.count()) == ([], 1)


def test_it_is_not_read_again_twice_at_once(source, person):
    item = spoiled(source)
    desk.retry(item, ACTOR)
    with pytest.raises(desk.DeskError, match="about to be read"):
        desk.retry(item, ACTOR)


def test_an_unreadable_record_without_its_document_can_be_dismissed(person):
    item = ExceptionItemFactory(reason="unreadable_record", details={})
    with pytest.raises(desk.DeskError, match="No stored document"):
        desk.retry(item, ACTOR)
    desk.dismiss(item, "The vendor sent it by mistake.", ACTOR)
    assert item.state == "dismissed"


@pytest.mark.parametrize("reason", ["unreadable_record", "unreadable_statement_line"])
def test_the_panel_offers_what_fits_an_unreadable_record(client, person, reason):
    client.force_login(person)
    item = ExceptionItemFactory(reason=reason)
    page = client.get(reverse("exception", args=[item.pk])).content.decode()
    assert "Try again" in page
    assert "Dismiss" in page


def incomplete(pair):
    batch = batch_of(pair, "100.00", days=3, reported_count=2)
    adding_up.drain()
    return batch, ExceptionItem.objects.get(reason="batch_incomplete")


def test_missing_members_are_fetched_again(pair, person):
    batch, item = incomplete(pair)
    put(pair.gateway, Source())
    for stream in ("transactions", "batches"):
        PullFactory(connection=pair.gateway, stream=stream, cursor={"old": 1})
    desk.fetch_members(item, ACTOR)
    first = batch.transactions.get().captured_on
    asked = {"from": min(first, batch.closed_on).isoformat()}
    assert [(pull.cursor, pull.through) for pull in Pull.objects.all()] == [(asked, None)] * 2
    assert (item.state, item.notes.last().action) == ("open", "fetch_members")


def test_an_accepted_batch_goes_on_and_its_certificate_says_so(pair, person, monkeypatch):
    monkeypatch.setattr(certify, "ledger_of", lambda erp: Ledger())
    batch, item = incomplete(pair)
    desk.accept(item, "The second one was a test.", ACTOR)
    adding_up.drain()
    assert state(batch) == "waiting"
    BankLineFactory(connection=pair.bank, amount="96.80", reference=batch.vendor_ref)
    match.drain()
    type(batch.effects.first().posting).objects.update(state="posted")
    certify.drain()
    batch.refresh_from_db()
    [row] = [row for row in batch.reasons if row["reason"] == "batch_incomplete"]
    assert (
        "2 transaction(s), 1 are here. Accepted by operator: The second one was" in row["message"]
    )
    assert (batch.state, batch.certificates.get().ties_out) == ("discrepant", False)
    assert Entry.objects.filter(action="batch.accepted").exists()


def test_nothing_is_accepted_without_a_reason_or_when_it_adds_up(pair, person):
    batch, item = incomplete(pair)
    with pytest.raises(desk.DeskError, match="Say why"):
        desk.accept(item, " ", ACTOR)
    SettlementBatch.objects.update(reported_count=1)
    with pytest.raises(desk.DeskError, match="adds up by now"):
        desk.accept(item, "It is so.", ACTOR)
    assert (state(batch), item.state) == ("closed", "open")


def test_accepting_is_an_action_of_the_panel(client, pair, person):
    client.force_login(person)
    batch, item = incomplete(pair)
    page = client.get(reverse("exception", args=[item.pk])).content.decode()
    assert "Fetch them again" in page
    answer = client.post(
        reverse("exception-action", args=[item.pk, "accept"]), {"note": "It was a test."}
    )
    batch.refresh_from_db()
    assert (answer.status_code, "It was a test." in batch.accepted) == (302, True)


def test_what_was_set_aside_is_tried_again(pair, person):
    batch = batch_of(pair, "1.00")
    item = ExceptionItemFactory(reason="set_aside", batch=batch, connection=pair.gateway)
    adding_up.drain()
    assert state(batch) == "closed"
    desk.retry(item, ACTOR)
    adding_up.drain()
    assert (state(batch), item.state) == ("waiting", "resolved")


def test_changed_figures_are_shown_before_and_now(client, pair, person):
    client.force_login(person)
    item = ExceptionItemFactory(
        reason="figures_changed",
        batch=batch_of(pair, "1.00"),
        details={"before": {"Sales": "100.00"}, "after": {"Sales": "90.00"}},
    )
    page = client.get(reverse("exception", args=[item.pk])).content.decode()
    assert "Before" in page
    assert "differs" in page
    assert "Dismiss" in page


def test_an_announcement_that_the_gateway_confirms_later_closes_by_itself(pair):
    fact = FactFactory(envelope__connection=pair.gateway, kind="hint", end="blocked")
    held.drain()
    assert (reasons(), held.drain()) == (["hint_unconfirmed"], 0)
    TransactionFactory(connection=pair.gateway, vendor_id=fact.vendor_id, captured_on=TODAY)
    held.drain()
    assert (reasons(), held.drain()) == ([], 0)
