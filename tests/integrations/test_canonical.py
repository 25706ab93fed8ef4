import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CashReceiptDraft,
    CreditMemoDraft,
    CustomerDraft,
    DocumentKind,
    Draft,
    FactKind,
    HintRecord,
    InvoiceDraft,
    InvoiceLineDraft,
    JournalDraft,
    JournalLineDraft,
    OrderLineRecord,
    OrderRecord,
    OrderTaxRecord,
    PartyRecord,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
    StatementLineRecord,
    TransactionKind,
    TransactionRecord,
    TransactionStatus,
    canonical_json,
    content_hash,
    draft_from_json,
    draft_to_json,
    meaning_hash,
    meaning_of,
)
from integrations.money import Money, MoneyError

DAY = date(2010, 12, 1)


def usd(text):
    return Money(Decimal(text), "USD")


SALE = TransactionRecord(
    external_id="1001",
    kind=TransactionKind.SALE,
    status=TransactionStatus.CAPTURED,
    amount=usd("139.12"),
    captured_at=datetime(2010, 12, 1, 18, tzinfo=UTC),
    captured_on=DAY,
    reference_texts=("536365", ""),
)
LINE = StatementLineRecord("f" * 40, 7, DAY, "MERCHANT DEPOSIT", "BATCH 7", usd("10"), None, 1)
DRAFTS = [
    BatchDraft("SOA", BatchPurpose.RECEIPTS, DAY, "PT-7 receipts", "1050-00"),
    BatchPostDraft("SOA", BatchPurpose.MEMOS, 3, usd("12.50")),
    CashReceiptDraft(
        company="SOA", received_on=DAY, amount=usd("10"), method="VISA", payment_ref="1",
        settlement_ref="PT-7", comment="Card payment 1", customer_id="17850",
        applications=(ApplicationDraft("5", "IN-5", usd("4")), ApplicationDraft("6", "", usd("6"))),
    ),
    CashReceiptDraft("SOA", DAY, usd("0.01"), "CC", "2", "PT-7", "é", offset_account="2300-00"),
    JournalDraft(
        "SOA", DAY, "Card deposit",
        (JournalLineDraft("1000", usd("9"), usd("0"), "PT-7", ""),
         JournalLineDraft("1050", usd("0"), usd("9"), "PT-7", "x")),
    ),
    JournalDraft("SOA", DAY, "empty"),
    CreditMemoDraft("SOA", "17850", DAY, usd("3"), "4100-00", "1001", "Card refund"),
    InvoiceDraft(
        "SOA", "17850", DAY, usd("31.10"), "WEB-1", "Order WEB-1",
        (InvoiceLineDraft("Lantern", usd("30.60"), "4000-00", "85123A", Decimal("2.50")),
         InvoiceLineDraft("Discount", usd("-2"), "4050-00"),
         InvoiceLineDraft("Sales tax", usd("2.50"), "2250-00", tax_code="TX")),
    ),
    InvoiceDraft("SOA", "17850", DAY, usd("0"), "WEB-2", "empty"),
    ReceiptApplicationDraft("SOA", "9", "0000000009-CR", "5", "0000000005-IN", usd("4")),
    ReceiptReversalDraft("SOA", "9", "0000000009-CR", DAY, usd("4"), "1001", "PT-7", "Voided"),
    CustomerDraft("SOA", "Ann Lee", DAY, number_prefix="C", email="a@lee.example", lines=("1 St",)),
]  # fmt: skip


def test_there_is_an_example_of_every_draft():
    assert {type(draft) for draft in DRAFTS} == set(get_args(Draft))
    assert {draft.kind for draft in DRAFTS} == set(DocumentKind)


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.kind.value)
def test_a_draft_survives_its_json(draft):
    stored = json.loads(json.dumps(draft_to_json(draft)))
    assert draft_from_json(stored) == draft
    assert content_hash(draft_from_json(stored)) == content_hash(draft)


@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.kind.value)
def test_every_field_of_a_draft_is_part_of_its_hash(draft):
    for field in fields(draft):
        value = getattr(draft, field.name)
        if isinstance(value, str) and field.name != "kind" and not isinstance(value, BatchPurpose):
            assert content_hash(replace(draft, **{field.name: value + "x"})) != content_hash(draft)


@pytest.mark.parametrize("plain", [{}, {"kind": "poem"}, {**draft_to_json(DRAFTS[0]), "more": 1}])
def test_what_is_no_draft_is_refused(plain):
    with pytest.raises((KeyError, ValueError, TypeError)):
        draft_from_json(plain)


@pytest.mark.parametrize(
    "change",
    [
        {"status": TransactionStatus.SETTLED},
        {"amount": usd("139.13")},
        {"amount": Money(Decimal("139.12"), "EUR")},
        {"batch_ref": "7"},
        {"reference_texts": ("", "536365")},
        {"captured_at": SALE.captured_at + timedelta(seconds=1)},
    ],
)
def test_a_change_has_another_meaning(change):
    assert meaning_hash(replace(SALE, **change)) != meaning_hash(SALE)


def test_a_repeat_has_the_same_meaning():
    again = replace(SALE, amount=usd("139.120"))
    assert meaning_hash(again) == meaning_hash(SALE)
    assert len(meaning_hash(SALE)) == 64


def test_where_a_line_stands_in_its_file_means_nothing():
    assert meaning_hash(replace(LINE, line_number=99)) == meaning_hash(LINE)
    assert meaning_hash(replace(LINE, occurrence=2)) != meaning_hash(LINE)
    assert "line_number" not in meaning_of(LINE)


def test_a_meaning_is_plain_json():
    hint = HintRecord("event-1", FactKind.TRANSACTION, "1001")
    for record in (SALE, LINE, hint):
        assert json.loads(json.dumps(meaning_of(record))) == meaning_of(record)


def test_equal_things_have_equal_text_whatever_their_order():
    assert canonical_json({"b": usd("1"), "a": [DAY]}) == canonical_json(
        {"a": (DAY,), "b": usd("1.0")}
    )


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=5))
def test_canonical_json_is_stable(values):
    text = canonical_json(values)
    assert canonical_json(dict(reversed(list(values.items())))) == text


def test_a_journal_says_by_how_much_it_does_not_balance():
    lines = (
        JournalLineDraft("1", usd("9"), usd("0"), "", ""),
        JournalLineDraft("2", usd("0"), usd("8.5"), "", ""),
    )
    assert JournalDraft("SOA", DAY, "", lines).imbalance() == Decimal("0.5")
    assert JournalDraft("SOA", DAY, "").imbalance() == 0


def test_one_moment_has_one_meaning_in_every_zone():
    elsewhere = SALE.captured_at.astimezone(timezone(timedelta(hours=-8)))
    assert meaning_hash(replace(SALE, captured_at=elsewhere)) == meaning_hash(SALE)


def test_who_paid_is_no_part_of_what_a_payment_means():
    known = replace(SALE, payer=PartyRecord(name="Ann Lee", email="ann@x.com", lines=("1 Elm St",)))
    assert meaning_hash(known) == meaning_hash(SALE)
    assert "payer" not in meaning_of(known)
    # As it was when facts had no payer: what is stored keeps its hash.
    assert meaning_hash(SALE) == "91e213d1c998e2ef8fa72b80b3332a7e85b26bd4aef4e8ad675babd4355828bc"


ORDER = OrderRecord(
    "WEB-1",
    DAY,
    "17850",
    "USD",
    (
        OrderLineRecord(1, "85123A", "Lantern", Decimal("6.0"), Decimal("2.55"), usd("15.30")),
        OrderLineRecord(2, "71053", "Candle", Decimal(1), Decimal(10), usd("10")),
    ),
    shipping=usd("4.90"),
    discount=usd("5"),
    taxes=(OrderTaxRecord("State", "TX", usd("25.30"), usd("2.09")),),
    total=usd("27.29"),
)


def test_an_order_says_by_how_much_its_total_does_not_follow():
    assert ORDER.imbalance() == usd("0")
    assert replace(ORDER, total=usd("27.30")).imbalance() == usd("0.01")
    with pytest.raises(MoneyError):
        replace(ORDER, shipping=Money(Decimal(1), "EUR")).imbalance()


def test_who_ordered_is_no_part_of_what_an_order_means_and_quantities_have_one_text():
    line = replace(ORDER.lines[0], quantity=Decimal("6.00"), unit_price=Decimal("2.550"))
    same = replace(ORDER, lines=(line, ORDER.lines[1]), payer=PartyRecord(name="Ann Lee"))
    assert meaning_hash(same) == meaning_hash(ORDER)
    more = replace(ORDER, lines=(replace(line, quantity=Decimal("6.01")), ORDER.lines[1]))
    assert meaning_hash(more) != meaning_hash(ORDER)
    assert meaning_of(ORDER)["lines"][0]["quantity"] == "6"


def test_an_invoice_says_by_how_much_its_lines_do_not_come_to_it():
    [invoice, empty] = [draft for draft in DRAFTS if draft.kind is DocumentKind.INVOICE]
    assert invoice.imbalance() == empty.imbalance() == usd("0")
    assert replace(invoice, amount=usd("31.20")).imbalance() == usd("0.10")


def test_equal_quantities_are_equal_content_and_every_part_of_a_line_counts():
    line = InvoiceLineDraft("Lantern", usd("30.60"), "4000-00", "85123A", Decimal(100), "TX")
    whole = InvoiceDraft("SOA", "17850", DAY, usd("30.60"), "WEB-1", "", (line,))
    same = replace(line, quantity=Decimal("100.00"))
    assert content_hash(replace(whole, lines=(same,))) == content_hash(whole)
    for change in (
        {"description": "x"}, {"amount": usd("30.61")}, {"account": "x"}, {"item": "x"},
        {"quantity": Decimal(10)}, {"tax_code": "x"},
    ):  # fmt: skip
        assert content_hash(replace(whole, lines=(replace(line, **change),))) != content_hash(whole)
