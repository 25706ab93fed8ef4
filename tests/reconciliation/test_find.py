from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from reconciliation.filters import numbered
from reconciliation.find import SHOWN, find, forms_of
from tests.builders import (
    BankLineFactory,
    CustomerIdentityFactory,
    EffectFactory,
    ReservationFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.pages import offences, statements

pytestmark = pytest.mark.django_db


def hits(asked, label):
    return [hit for group in find(asked) if group.label == label for hit in group.hits]


@pytest.mark.parametrize("asked", ["INV 536365", "#536365", "inv-536365", "Invoice 536365"])
def test_a_number_is_found_with_what_people_put_before_it(asked):
    assert forms_of(asked)[-1] == "536365"


def test_a_transaction_is_found_by_the_beginning_of_its_id():
    row = TransactionFactory(vendor_id="70001234")
    assert [hit.url for hit in hits("7000123", "Transactions")] == [f"/transactions/{row.pk}/"]


def test_an_invoice_leads_to_what_paid_it_and_to_who_wrote_it():
    paid, wrote = (
        TransactionFactory(reference_texts=[]),
        TransactionFactory(reference_texts=["536365"]),
    )
    ReservationFactory(effect=EffectFactory(transaction=paid), document_no="536365")
    found = {hit.url: hit.why for hit in hits("INV 536365", "Payments of invoices")}
    assert found[f"/transactions/{paid.pk}/"] == "Pays invoice 536365"
    assert found[f"/transactions/{wrote.pk}/"].startswith("Payer wrote")


def test_an_invoice_is_found_by_what_its_payer_wrote():
    paid = TransactionFactory(reference_texts=["PO 77"])
    row = ReservationFactory(effect=EffectFactory(transaction=paid), document_no="0000000041-IN")
    [hit] = hits("PO 77", "Invoices")
    assert hit.url == f"/pairs/{row.effect.pair_id}/invoices/0000000041-IN/"


def test_a_customer_leads_to_their_payments():
    TransactionFactory(customer_id="C-17850")
    assert len(hits("C-17850", "Payments of customers")) == 1


@pytest.mark.parametrize("asked", ["C-17850", "grand", "GRAND HOT"])
def test_a_customer_is_found_by_their_number_and_by_how_their_name_begins(asked):
    row = CustomerIdentityFactory(system="erp", ref="C-17850", name="Grand Hotel")
    CustomerIdentityFactory(system="erp", ref="C-2", name="The Grand")
    [hit] = hits(asked, "Customers")
    assert (hit.url, hit.why) == (f"/pairs/{row.pair_id}/customers/C-17850/", "Grand Hotel")


def test_what_no_text_can_hold_is_looked_for_without_it(desk):
    assert desk.get("/find/", {"q": "C-1\0"}).status_code == 200


def test_a_batch_and_a_document_are_found_by_their_numbers():
    SettlementBatchFactory(vendor_ref="421")
    EffectFactory(posting__document_no="CR-100421")
    assert hits("batch 421", "Settlement batches")[0].name == "Batch 421"
    assert hits("CR-100421", "ERP documents")[0].name == "CR-100421"


def test_an_amount_is_found_wherever_it_stands():
    TransactionFactory(amount=Decimal("1467.41"))
    BankLineFactory(amount=Decimal("1467.41"))
    labels = {group.label for group in find("1,467.41")}
    assert {"Transactions of this amount", "Bank lines of this amount"} <= labels


def test_four_digits_may_be_the_end_of_a_card():
    TransactionFactory(last4="4242")
    assert hits("4242", "Cards")[0].why == "Card ending in 4242"


def test_more_than_fits_is_said_and_linked():
    TransactionFactory.create_batch(SHOWN + 1, customer_id="C-1")
    group = next(group for group in find("C-1") if group.label == "Payments of customers")
    assert len(group.hits) == SHOWN
    assert group.more_url == "/transactions/?customer=C-1"


def test_one_hit_is_opened_at_once(desk):
    row = TransactionFactory(vendor_id="88887777")
    assert desk.get("/find/", {"q": "88887777"}).headers["Location"] == f"/transactions/{row.pk}/"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [("", "What do you have in hand?"), ("x", "too short"), ("nothing-like-it", "Nothing carries")],
)
def test_nothing_found_says_what_can_be_found(desk, asked, sentence):
    assert sentence in desk.get("/find/", {"q": asked}).content.decode()


def test_finding_stays_in_its_query_budget(desk, django_assert_max_num_queries):
    with django_assert_max_num_queries(99) as queries:
        desk.get("/find/", {"q": "1467"})
    assert len(statements(queries.captured_queries)) <= 21


def test_a_page_of_hits_has_nothing_inline(desk):
    TransactionFactory.create_batch(2, amount=Decimal("1467.41"))
    response = desk.get("/find/", {"q": "1,467.41"})
    assert response.status_code == 200
    assert offences(response) == []


def test_a_short_beginning_of_an_id_is_no_id(db):
    TransactionFactory(vendor_id="70001234", last4="", payer_ref="", reference_texts=[])
    assert hits("70001", "Transactions") == []
    assert len(hits("700012", "Transactions")) == 1


def test_a_short_id_is_found_whole(db):
    TransactionFactory(vendor_id="7a1")
    assert [hit.name for hit in hits("7a1", "Transactions")] == ["Sale 7a1"]


@pytest.mark.parametrize("asked", ["180", "180-CR", "0000000180-CR", "#000180", "0180"])
def test_a_document_is_found_by_its_last_digits_and_without_its_noughts(asked):
    EffectFactory(posting__document_no="0000000180-CR")
    EffectFactory(posting__document_no="0000021801-CR")
    assert [hit.name for hit in hits(asked, "ERP documents")] == ["0000000180-CR"]


def test_four_digits_find_every_number_that_ends_in_them():
    for number in ("JE-2011-004721", "0000094721-CR", "0000047210-CR", ""):
        EffectFactory(posting__document_no=number)
    assert {hit.name for hit in hits("4721", "ERP documents")} == {
        "JE-2011-004721",
        "0000094721-CR",
    }
    assert hits("721", "ERP documents") == []


def test_a_paid_invoice_is_found_by_its_last_digits():
    paid = EffectFactory(transaction=TransactionFactory())
    row = ReservationFactory(effect=paid, document_no="0000000041-IN")
    assert [hit.name for hit in hits("41-IN", "Invoices")] == ["Invoice 0000000041-IN"]
    [hit] = hits("0041", "Payments of invoices")
    assert hit.url == f"/transactions/{row.effect.transaction_id}/"


def test_last_digits_are_asked_for_by_themselves_and_found_by_an_index():
    posting = EffectFactory(posting__document_no="JE-2011-004721").posting
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as asked:
        wanted = numbered("4721", Q(document_no="4721"))
        assert list(wanted) == [posting]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {asked[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "posting_by_last_digits" in plan
    assert "REVERSE" not in asked[1]["sql"]


def test_a_text_without_digits_is_no_question(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert list(numbered("Grand Hotel", Q(document_no="Grand Hotel"))) == []


def test_what_was_searched_is_said_with_and_without_a_hit(desk):
    html = desk.get("/find/", {"q": "0000"}).content.decode()
    assert "What was searched" in html
    assert "by the last four digits" in html
    html = desk.get("/find/", {"q": "Grand Hotel"}).content.decode()
    assert "how the name begins" in html
    assert "by the last four digits" not in html
