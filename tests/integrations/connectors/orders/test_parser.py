"""Orders in our own format: strictly read, refused in words, nothing lost."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.canonical import FactKind, OrderRecord, Unreadable, meaning_hash
from integrations.connectors.orders.parser import parse_file, parse_order
from integrations.contracts import Parsed
from integrations.errors import UnreadableError
from integrations.money import Money
from tests.integrations.connectors.orders.orders import body, line, order


def read(**other):
    [record] = parse_order(body(**other)).records
    return record


def refused(**other):
    record = read(**other)
    assert isinstance(record, Unreadable), record
    return record.reason


def test_an_order_is_read_with_all_that_it_says():
    record = read()
    assert (record.external_id, record.ordered_on) == ("WEB-10023", date(2010, 12, 1))
    assert (record.customer_ref, record.payment_ref) == ("17850", "410000030")
    assert record.payer.name == "Ann Lee"
    [mug] = record.lines
    assert (mug.position, mug.item, mug.quantity) == (1, "MUG-BLUE", Decimal(2))
    assert (mug.unit_price, mug.amount) == (Decimal("12.5"), Money(Decimal("25.00"), "USD"))
    [tax] = record.taxes
    assert (tax.component, tax.jurisdiction, str(tax.charged)) == ("state", "CA", "1.81 USD")
    assert (str(record.shipping), str(record.discount)) == ("5.00 USD", "0.00 USD")
    assert str(record.total) == "31.81 USD"


def test_what_may_be_left_out_is_empty_or_nothing():
    record = read(customer=None, payer=None, payment=None, shipping=None, discount=None, taxes=None)
    assert (record.customer_ref, record.payment_ref, record.taxes) == ("", "", ())
    assert not record.payer
    assert not record.shipping
    assert not record.discount


def test_numbers_may_be_texts_or_json_numbers_and_are_exact():
    raw = body().replace(b'"31.81"', b"31.81").replace(b'"2"', b"2.00")
    assert parse_order(raw).records == parse_order(body()).records


def test_an_order_that_does_not_add_up_is_read_all_the_same():
    assert isinstance(read(total="99.00"), OrderRecord)


def test_who_pays_is_no_part_of_what_an_order_means():
    assert meaning_hash(read(payer={"name": "Ann  Lee"})) == meaning_hash(read())
    assert meaning_hash(read(total="31.82")) != meaning_hash(read())


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"order": None}, "the order has no “order”"),
        ({"order": "N" * 61}, "“order” of the order has 61 characters; 60 fit"),
        ({"order": 7.5}, "“order” of the order is no text"),
        ({"ordered_on": "2010-W01-1"}, "is no day like 2026-03-02"),
        ({"ordered_on": "2010-02-30"}, "is no day like 2026-03-02"),
        ({"currency": "usd"}, "“currency” of the order is no code like USD"),
        ({"total": None}, "the order has no “total”"),
        ({"total": "31.815"}, "has more than 2 decimals for USD"),
        ({"total": "1e400"}, "is larger than any amount of money"),
        ({"total": True}, "“total” of the order is no amount"),
        ({"shipping": "-1.00"}, "“shipping” of the order is negative"),
        ({"lines": []}, "the order has no lines"),
        ({"lines": {}}, "“lines” of the order is no list"),
        ({"lines": [7]}, "line 1 is no JSON object"),
        ({"lines": [line()] * 501}, "“lines” of the order has more than 500 rows"),
        ({"lines": [line(), line(quantity="0")]}, "“quantity” of line 2 is nothing"),
        ({"lines": [line(quantity="-1")]}, "“quantity” of line 1 is no number from 0 on"),
        ({"lines": [line(quantity="1000000000")]}, "is larger than any order's"),
        ({"lines": [line(unit_price="0.000001")]}, "has more than 5 decimals"),
        ({"lines": [line(description="a\x00b")]}, "holds a character that is not text"),
        ({"lines": [line(surcharge="1.00")]}, "line 1 has “surcharge”, which the format does not"),
        ({"revision": "2"}, "“revision” of the order is no whole number from 0 on"),
        ({"surcharge": "1.00"}, "the order has “surcharge”, which the format does not know"),
        ({"taxes": [{"taxable": "1", "charged": "1"}]}, "tax 1 has no “component”"),
        ({"payer": {"lines": "High St"}}, "“lines” of the payer is no list of 5 texts at most"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(other, words):
    assert words in refused(**other)


def test_an_unreadable_order_keeps_its_number():
    record = read(total="a lot")
    assert (record.external_id, record.fact_kind) == ("WEB-10023", FactKind.ORDER)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"{", "it is no JSON"),
        (b"[" * 100_000, "it is no JSON"),
        (b'{"order": NaN}', "NaN is no number"),
        (b'{"order": "A", "order": "B"}', "the name “order” stands there twice"),
        (b'"WEB-1"', "the order is no JSON object"),
    ],
)
def test_what_is_no_order_at_all_is_set_aside_in_words(raw, words):
    [record] = parse_order(raw).records
    assert isinstance(record, Unreadable)
    assert words in record.reason


def test_bytes_that_are_no_text_are_refused_as_a_whole():
    with pytest.raises(UnreadableError, match="no text in UTF-8"):
        parse_order(b"\xff\xfe{")


def test_a_file_has_one_order_a_line_and_a_bad_one_stops_no_other():
    raw = b"\n".join((body(), b"", b"nonsense", body(order="WEB-2"))) + b"\r\n"
    first, bad, last = parse_file(raw).records
    assert (first.external_id, last.external_id) == ("WEB-10023", "WEB-2")
    assert (bad.position, bad.reason) == (3, "line 3: it is no JSON")


def test_a_file_without_an_order_says_so():
    with pytest.raises(UnreadableError, match="holds no order"):
        parse_file(b"\n \n")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.decimals().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([*sorted(order()), "surcharge"])
LINE_FIELDS = st.sampled_from(sorted({*line(), "category"}))


def whole(parsed: Parsed, count: int) -> None:
    """Every order is there once: read, or set aside with a reason that says something."""
    assert len(parsed.records) == count
    for record in parsed.records:
        assert isinstance(record, OrderRecord) or record.reason.strip()


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(FIELDS, JSON, max_size=4), st.dictionaries(LINE_FIELDS, JSON, max_size=3))
def test_whatever_stands_in_its_fields_an_order_is_never_lost(other, in_line):
    given = {**order(lines=[{**line(), **in_line}]), **other}
    whole(parse_order(json.dumps(given).encode()), 1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused_in_words(parts):
    raw = b"\n".join(parts)
    try:
        parsed = parse_file(raw)
    except UnreadableError as error:
        reason = error.message
        parsed = None
    if parsed is None:
        assert reason.strip()
        return
    whole(parsed, len([one for one in raw.decode("utf-8-sig").split("\n") if one.strip()]))
