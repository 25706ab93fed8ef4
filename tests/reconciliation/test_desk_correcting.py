"""Correct and retry: named fields are corrected, the original stays, and it is decided again."""

import json
from datetime import date

import pytest
from django.contrib.auth.models import User

from audit.models import Entry
from integrations.choices import EnvelopeSource
from integrations.models import Envelope, Posting
from integrations.services import intake
from mapping.models import MethodRule
from reconciliation.choices import Reason
from reconciliation.models import BankLine, ExceptionItem
from reconciliation.services import book, desk
from reconciliation.services.bulk import runs, singles
from reconciliation.services.desk.correcting import changes_in
from reconciliation.services.desk.undo import undo
from tests.reconciliation.desk_world import APPROVER, FINANCE
from tests.reconciliation.test_bulk import work_off
from tests.sealed import unsealed

FILE = b"""date,description,reference,amount,balance
2010-12-07,PAYTRACE DEPOSIT,PT-1,12.00,112.00
2010-12-08,PAYTRACE DEPOSIT,PT-2,l5.00,127.00
"""


@pytest.fixture
def unread(hub):
    """A statement of which the second line cannot be read."""
    arrival = intake.Arrival("statement", FILE, EnvelopeSource.FILE, name="december.csv")
    intake.receive(hub.pair.bank, arrival)
    book.drain()
    return ExceptionItem.objects.get(reason=Reason.UNREADABLE_STATEMENT_LINE)


@pytest.fixture
def refused(hub):
    """A receipt by a method that the ERP does not have."""
    with unsealed():
        MethodRule.objects.filter(method="Visa").update(erp_method="NONE")
    hub.payment("40.00", customer_ref="")
    hub.run()
    return ExceptionItem.objects.get(reason=Reason.REFUSED_BY_ERP)


def correct(item, text, note="A slip of the pen.", actor=FINANCE):
    return singles.do(item, "correct", {"corrections": text, "note": note}, actor)


def test_a_corrected_line_is_booked_and_what_came_in_stays_as_it_came(hub, unread):
    correct(unread, "amount = 15.00")
    book.drain()
    unread.refresh_from_db()
    assert unread.state == "resolved"
    lines = BankLine.objects.order_by("booked_on").values_list("booked_on", "amount")
    assert list(lines) == [(date(2010, 12, 7), 12), (date(2010, 12, 8), 15)]
    first, second = Envelope.objects.order_by("pk")
    assert intake.open_body(first) == FILE
    assert intake.open_body(second) == FILE.replace(b"l5.00", b"15.00")
    assert second.context["corrected"] == "by a person"
    entry = Entry.objects.get(action="exception.corrected")
    assert (entry.actor, entry.details["fields"]) == (FINANCE, {"amount": "15.00"})


def test_what_would_still_not_be_read_is_refused_at_once_and_nothing_changes(hub, unread):
    for text, words in (
        ("amount = l6.00", "It still cannot be read: line 3"),
        ("sum = 15.00", "no field sum; it has date, description"),
        ("amount", "is no field with a value"),
        ("", "Name one to 20 fields"),
        ("description = 4111111111111111", "looks like card data"),
    ):
        with pytest.raises(desk.DeskError, match=words):
            correct(unread, text)
    with pytest.raises(desk.DeskError, match="Say why"):
        correct(unread, "amount = 15.00", note=" ")
    assert Envelope.objects.count() == 1


def test_money_that_no_vendor_vouches_for_needs_a_second_person_above_a_limit(hub, unread):
    run = correct(unread, "amount = 1500.00")
    assert (run.state, run.amounts) == ("asked", {"USD": "1500.00"})
    assert Envelope.objects.count() == 1
    runs.approve(run, APPROVER)
    assert work_off(run).done == 1
    book.drain()
    assert BankLine.objects.filter(amount=1500).exists()


def test_a_correction_that_was_not_read_yet_is_taken_back_and_made_anew(hub, unread):
    correct(unread, "amount = 51.00")
    said = undo(unread.bulk_items.get(), FINANCE)
    assert "The corrected record is not read." in said
    book.drain()
    unread.refresh_from_db()
    assert (unread.state, BankLine.objects.count()) == ("open", 1)
    assert "took the correction back" in Envelope.objects.order_by("pk").last().problem
    assert "corrected_envelope" not in unread.details
    correct(unread, "amount = 15.00")
    book.drain()
    assert BankLine.objects.filter(amount=15).exists()


def test_a_line_of_which_nothing_has_come_is_taken_out_and_can_be_corrected_anew(hub, unread):
    correct(unread, "amount = 51.00")
    book.drain()
    assert "51.00 USD is taken out" in undo(unread.bulk_items.get(), FINANCE)
    unread.refresh_from_db()
    assert (unread.state, BankLine.objects.count()) == ("open", 1)
    assert Entry.objects.filter(action="bank_line.taken_back").exists()
    for amount in ("15.00", "51.00"):
        correct(unread, f"amount = {amount}")
        book.drain()
        assert BankLine.objects.filter(amount=amount).exists()
        undo(singles.last_done(unread), FINANCE)
        unread.refresh_from_db()


def test_a_line_that_the_books_have_gone_on_with_is_not_taken_out_and_the_page_says_why(
    hub, unread, client
):
    correct(unread, "amount = 15.00")
    book.drain()
    BankLine.objects.filter(amount=15).update(state="unmatched")
    client.force_login(User.objects.get(username="demo-finance"))
    url = f"/exceptions/rows/{unread.bulk_items.get().pk}/undo/"
    html = client.post(url, follow=True).content.decode()
    assert "the books have gone on with it (no batch fits); undo that first" in html


def test_a_refused_document_goes_with_the_corrected_field_and_shows_both(hub, refused):
    correct(refused, "method = VISA")
    refused.refresh_from_db()
    assert (refused.details["before"], refused.details["after"]) == (
        {"method": "NONE"},
        {"method": "VISA"},
    )
    hub.run()
    refused.refresh_from_db()
    assert (refused.state, refused.posting.state) == ("resolved", "posted")
    details = Entry.objects.get(action="exception.corrected").details
    assert (details["before"], details["after"]) == ({"method": "NONE"}, {"method": "VISA"})


def test_a_correction_that_was_not_sent_is_undone_to_the_document_as_it_was(hub, refused):
    before = Posting.objects.values("draft", "content_hash", "state").get(pk=refused.posting_id)
    correct(refused, "method = VISA")
    undo(refused.bulk_items.get(), FINANCE)
    after = Posting.objects.values("draft", "content_hash", "state").get(pk=refused.posting_id)
    assert after == before


def test_amounts_accounts_and_unknown_customers_are_not_corrected_here(hub, refused):
    for text, words in (
        ("amount = 1.00", "amount cannot be corrected here; customer, method, comment, date can"),
        ("date = yesterday", "is no day such as 2010-12-06"),
        ("customer = C1", "link the customer instead"),
    ):
        with pytest.raises(desk.DeskError, match=words):
            correct(refused, text)
    assert Posting.objects.get(pk=refused.posting_id).state == "held"


def test_fields_are_read_from_lines_or_between_semicolons():
    assert changes_in("a = 1; b=x = y\nc =") == {"a": "1", "b": "x = y", "c": ""}


def page(hub, kind, **record):
    """A page of the gateway with one record that cannot be read, and its exception."""
    body = json.dumps({"success": True, kind: [record]}).encode()
    intake.receive(hub.pair.gateway, intake.Arrival(kind, body, EnvelopeSource.PULL))
    book.drain()
    return ExceptionItem.objects.get(reason=Reason.UNREADABLE_RECORD)


def test_a_payment_that_is_known_by_the_corrected_number_counts_as_well(hub):
    known = hub.payment("5000.00")
    voided = {"status_code": "N", "status_message": "Authorization voided", "settled": ""}
    made = {"at": "12/6/2010 1:30:00 PM"}
    sale = {"transaction_id": 7, "transaction_type": "SALE", "amount": 1.005, "created": made}
    item = page(hub, "transactions", **sale, **voided)
    run = correct(item, f"amount = 1.00; transaction_id = {known.vendor_id}")
    assert (run.state, run.amounts) == ("asked", {"USD": "5000.000"})


def test_a_corrected_batch_counts_with_its_largest_figure(hub):
    figures = {"tranx_count": 2, "sales_count": 1, "refund_count": 1, "net_amount": "0.00"}
    sums = {"sales_amount": "9000.00", "refund_amount": "9000.00"}
    item = page(hub, "batches", batch_number=9, when="yesterday", **figures, **sums)
    run = correct(item, "when = 12/6/2010 8:00:00 PM")
    assert (run.state, run.amounts) == ("asked", {"USD": "9000.00"})
