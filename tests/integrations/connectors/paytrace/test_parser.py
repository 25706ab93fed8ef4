"""Saved documents of PayTrace as canonical records."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import FactKind, TransactionKind, TransactionStatus, Unreadable
from integrations.connectors.paytrace import parser
from integrations.connectors.paytrace.config import BatchKeys
from integrations.connectors.paytrace.states import brand_of
from integrations.errors import UnreadableError
from integrations.money import Money

FIXTURES = Path(__file__).parent / "fixtures"
ZONE = ZoneInfo("America/Los_Angeles")
K, S = TransactionKind, TransactionStatus


def usd(text):
    return Money(Decimal(text), "USD")


def parse(body, **options):
    return parser.parse_transactions(body, options.get("zone", ZONE), options.get("bin", False))


def page(**changes):
    row = {
        "transaction_id": 1,
        "transaction_type": "SALE",
        "amount": 10.00,
        "status_code": "Y",
        "status_message": "Pending Settlement",
        "created": {"at": "12/1/2010 8:05:09 AM"},
        "settled": "",
    }
    body = {"success": True, "response_code": 1, "transactions": [row | changes]}
    return json.dumps(body).encode()


def only(**changes):
    [record] = parse(page(**changes)).records
    return record


@pytest.fixture(scope="module")
def day():
    return parse((FIXTURES / "day.json").read_bytes()).records


def test_a_settled_sale_is_read_with_its_batch_its_times_and_its_texts(day):
    sale = day[0]
    assert (sale.external_id, sale.kind, sale.status) == ("512345601", K.SALE, S.SETTLED)
    assert (sale.amount, sale.batch_ref) == (usd("139.12"), "1208")
    assert sale.captured_at == datetime(2010, 12, 1, 16, 5, 9, tzinfo=UTC)
    assert sale.settled_at == datetime(2010, 12, 2, 4, 0, 1, tzinfo=UTC)
    assert (sale.captured_on, sale.settled_on) == (date(2010, 12, 1), date(2010, 12, 1))
    assert sale.reference_texts == ("#536365", "INV 536365", "17850")
    assert (sale.customer_ref, sale.payer_ref, sale.last4) == ("cust-17850", "17850", "4321")
    assert (sale.method, sale.response) == ("", "APPROVED 17850 / GB1208")


def test_a_pending_refund_keeps_its_direction_in_its_kind(day):
    refund = day[1]
    assert (refund.kind, refund.status, refund.amount) == (K.REFUND, S.CAPTURED, usd("10.00"))
    assert (refund.settled_at, refund.batch_ref, refund.last4) == (None, "", "1111")
    assert refund.captured_on == date(2010, 12, 1)


def test_an_authorization_is_none_any_more_once_it_is_captured(day):
    assert (day[2].kind, day[2].status) == (K.AUTHORIZATION, S.AUTHORIZED)
    assert (day[3].kind, day[3].status) == (K.SALE, S.CAPTURED)
    assert day[2].captured_at == datetime(2010, 12, 1, 8, tzinfo=UTC)


def test_declined_and_voided_transactions_say_so(day):
    assert (day[4].status, day[4].response) == (S.DECLINED, "EXPIRED CARD / Declined")
    assert day[5].status is S.VOIDED


def test_what_cannot_be_read_is_set_aside_with_its_id_and_the_reason(day):
    odd_amount, odd_status = day[6:]
    assert (odd_amount.position, odd_amount.external_id) == (6, "512345607")
    assert odd_amount.reason == "amount is not an amount in dollars: '12.345'."
    assert odd_status.reason == "status 'N' with the message 'On hold' is not known."
    assert len(day) == 8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transaction_id": None}, "transaction_id is missing: nothing."),
        ({"amount": None}, "amount is not an amount"),
        ({"amount": "ten"}, "'ten'"),
        ({"amount": True}, "'True'"),
        ({"amount": -1}, "amount is negative"),
        ({"amount": "1E400"}, "amount is not an amount"),
        ({"amount": "1e30"}, "amount is not an amount"),
        ({"created": None}, "created.at is not a time"),
        ({"created": {"at": "2010-12-01T08:05:09Z"}}, "'2010-12-01T08:05:09Z'"),
        ({"created": {"at": "2/30/2010 8:05:09 AM"}}, "created.at is not a time"),
        ({"created": {"at": "12/1/2010 13:05:09 PM"}}, "created.at is not a time"),
        ({"status_code": "GB7", "settled": ""}, "settled is not a time"),
        ({"status_code": "Settled"}, "names no settlement batch"),
        ({"status_code": "X"}, "status 'X'"),
        ({"status_code": "N", "status_message": "Void declined"}, "is not known"),
        ({"transaction_type": "GIFT"}, "transaction type 'GIFT' is not known"),
        ({"status_code": "N", "status_message": "Auth only"}, "a SALE that is only authorized"),
        ({"description": {"a": 1}}, "description is not a text"),
        ({"description": "a\x00b"}, "description holds a character that is not text: 'a.x00b'"),
        ({"description": "a\ud800b"}, "description holds a character that is not text"),
        ({"transaction_id": "1\x002"}, "transaction_id is missing: '1.x002'"),
        ({"status_message": "4111111111111111", "status_code": "N"}, "\\*\\*\\*1111"),
    ],
)
def test_nothing_is_guessed(changes, words):
    record = only(**changes)
    assert isinstance(record, Unreadable)
    assert re.search(words, record.reason)
    assert record.reason.endswith(".")
    assert record.reason.encode()


@pytest.mark.parametrize("code", ["GB1208", "gb 1208", "GB01208", "Settled 1208"])
def test_a_settled_status_names_the_batch_in_several_ways(code):
    record = only(status_code=code, settled="12/1/2010 8:00:00 PM")
    assert (record.status, record.batch_ref) == (S.SETTLED, "1208")


@pytest.mark.parametrize("kind", ["SALE", "FORCE", "STR/FWD", "sale"])
def test_every_way_to_sell_is_a_sale(kind):
    assert only(transaction_type=kind).kind is K.SALE


def test_times_are_read_in_the_zone_of_the_connection_and_days_stay_pacific():
    [record] = parse(page(created={"at": "12/2/2010 1:00:00 AM"}), zone=ZoneInfo("UTC")).records
    assert record.captured_at == datetime(2010, 12, 2, 1, tzinfo=UTC)
    assert record.captured_on == date(2010, 12, 1)


@given(cents=st.integers(min_value=0, max_value=99_999_999_999))
def test_an_amount_is_never_a_float_on_its_way(cents):
    amount = f"{cents // 100}.{cents % 100:02d}"
    body = page().replace(b'"amount": 10.0', f'"amount": {amount}'.encode())
    [record] = parse(body).records
    assert record.amount == usd(amount)


@pytest.mark.parametrize(
    ("masked", "brand"),
    [
        ("411111******1111", "VISA"),
        ("545454******5454", "MASTERCARD"),
        ("222300******0000", "MASTERCARD"),
        ("371449*****2376", "AMEX"),
        ("601100******6909", "DISCOVER"),
        ("352800******0000", "JCB"),
        ("************4321", ""),
        ("999999******4321", ""),
    ],
)
def test_the_brand_is_read_from_the_first_six_digits(masked, brand):
    assert brand_of(masked) == brand


def test_the_brand_is_only_told_where_prefixes_are_asked_for():
    body = page(credit_card={"masked_number": "411111******1111"})
    assert parse(body).records[0].method == ""
    assert parse(body, bin=True).records[0].method == "VISA"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>busy</html>", "is not JSON; it begins with '<html>busy"),
        (b'{"success": true, "transactions": [', "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"amount": NaN}', "is not JSON"),
        (b"[1]", "not an object"),
        (b'{"success": true}', "no list 'transactions'"),
        (b'{"success": true, "transactions": 5}', "not a list"),
    ],
)
def test_a_document_that_cannot_be_read_says_why(body, words):
    with pytest.raises(UnreadableError, match=words):
        parse(body)


def test_a_row_that_is_no_record_does_not_stop_the_others():
    body = b'{"success": true, "transactions": [7, {"transaction_id": 3}]}'
    records = parse(body).records
    assert [record.external_id for record in records] == ["", "3"]


def test_an_id_that_paytrace_does_not_show_is_told_not_lost():
    body = b'{"success": false, "response_code": 1, "errors": {"58": ["not valid"]}}'
    [record] = parser.parse_transactions(body, ZONE, False, "77").records
    assert (record.external_id, "error 58" in record.reason) == ("77", True)
    empty = b'{"success": true, "transactions": []}'
    [record] = parser.parse_transactions(empty, ZONE, False, "77").records
    assert (record.external_id, "shows nothing" in record.reason) == ("77", True)


def test_batches_are_read_gross_and_a_sum_that_is_off_is_told():
    parsed = parser.parse_batches((FIXTURES / "batches.json").read_bytes(), BatchKeys(), ZONE)
    good, odd_sum, unread = parsed.records
    assert (good.external_id, good.transaction_count) == ("1208", 3)
    assert (good.sales, good.refunds, good.net) == (usd("139.12"), usd("10.00"), usd("129.12"))
    assert good.closed_at == datetime(2010, 12, 2, 4, 0, 1, tzinfo=UTC)
    assert (odd_sum.external_id, odd_sum.closed_on) == ("1209", date(2010, 12, 2))
    assert parsed.warnings == [
        "Batch 1209: net -5.00 USD is not sales 0.00 USD less refunds 4.00 USD."
    ]
    assert (unread.position, unread.fact_kind) == (2, FactKind.BATCH)
    assert "'yesterday'" in unread.reason


def test_the_keys_of_a_batch_are_settings():
    keys = BatchKeys(outer="list", number="id")
    body = (FIXTURES / "batches.json").read_bytes()
    body = body.replace(b'"batches"', b'"list"').replace(b'"number"', b'"id"')
    assert parser.parse_batches(body, keys, ZONE).records[0].external_id == "1208"


def test_a_hint_names_what_to_read_and_nothing_more():
    [hint] = parser.parse_hint(b'{"kind": "transaction", "vendor_id": 512345601}').records
    assert (hint.about, hint.vendor_id) == (FactKind.TRANSACTION, "512345601")
    assert hint.external_id == "transaction:512345601"


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"kind": "bank_line", "vendor_id": "1"}',
        b'{"kind": "batch", "vendor_id": "1208"}',
        rb'{"kind": "transaction", "vendor_id": "1\u0000"}',
        rb'{"kind": "transaction", "vendor_id": "\ud800"}',
    ],
)
def test_a_hint_that_says_nothing_is_set_aside(body):
    [record] = parser.parse_hint(body).records
    assert isinstance(record, Unreadable)


def test_the_billing_address_says_who_paid():
    billing = {
        "name": " Ann Lee ",
        "street_address": "1 Elm St",
        "street_address2": "Apt 2",
        "city": "Salem",
        "state": "OR",
        "zip": "97301",
        "country": "US",
    }
    payer = only(billing_address=billing, receipt_emailed_to="ann@x.com").payer
    assert (payer.name, payer.email, payer.lines) == ("Ann Lee", "ann@x.com", ("1 Elm St", "Apt 2"))
    assert (payer.city, payer.region, payer.postcode, payer.country) == (
        "Salem", "OR", "97301", "US",
    )  # fmt: skip


@pytest.mark.parametrize(
    "billing", [None, [], "1 Elm St", {"name": ["Ann"]}, {"name": "\x00"}, {"zip": {"a": 1}}]
)
def test_an_odd_billing_address_stops_no_payment(billing):
    record = only(billing_address=billing, receipt_emailed_to=["x"])
    assert record.external_id == "1"
    assert not record.payer
