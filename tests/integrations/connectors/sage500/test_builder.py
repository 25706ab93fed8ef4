"""Drafts as calls: order, types and the texts that are refused before anything is sent."""

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from integrations.canonical import (
    ApplicationDraft,
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CashReceiptDraft,
    CreditMemoDraft,
    CustomerDraft,
    InvoiceDraft,
    InvoiceLineDraft,
    JournalDraft,
    JournalLineDraft,
    OutcomeStatus,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
    content_hash,
)
from integrations.connectors.sage500.answers import outcome_of
from integrations.connectors.sage500.builder import INVOICE_WIDTHS, Refusal, build_call
from integrations.connectors.sage500.client import call_text, exec_text
from integrations.connectors.sage500.errors import REFUSALS, judge
from integrations.contracts import PostRequest
from integrations.money import Money

ROOT = Path(__file__).parents[4]


def usd(text):
    return Money(Decimal(text), "USD")


RECEIPT = CashReceiptDraft(
    company="SOA",
    received_on=date(2010, 12, 3),
    amount=usd("25.00"),
    method="VISA",
    payment_ref="512345678",
    settlement_ref="GB1208",
    comment="Card payment",
    customer_id="17850",
    applications=(ApplicationDraft("123", "0000000123-IN", usd("10.00")),),
)
APPLICATION = ReceiptApplicationDraft("SOA", "9", "9-CR", "123", "123-IN", usd("10.00"))
REVERSAL = ReceiptReversalDraft(
    "SOA", "9", "9-CR", date(2010, 12, 4), usd("25.00"), "512345678", "GB1208", "Voided"
)
CUSTOMER = CustomerDraft(
    "SOA", "Ann Lee", date(2010, 12, 4), number_prefix="C", lines=("1 High St",)
)
INVOICE_LINE = InvoiceLineDraft("Lantern", usd("12.50"), "4000-00", "85123A", Decimal("2.5"))
DISCOUNT = InvoiceLineDraft("Discount", usd("-2.50"), "4000-00")
INVOICE = InvoiceDraft(
    "SOA",
    "17850",
    date(2010, 12, 4),
    usd("10.00"),
    "WEB-1",
    "Order WEB-1",
    (INVOICE_LINE, DISCOUNT),
)
POST = BatchPostDraft("SOA", BatchPurpose.RECEIPTS, 2, usd("25.00"))


def request(draft, batch_ref="7"):
    return PostRequest("SOA:key", content_hash(draft), draft, batch_ref)


def test_a_receipt_is_called_with_its_parameters_in_order():
    call = build_call(request(RECEIPT), "tieout")
    assert call.procedure == "CreateCashReceipt"
    assert list(call.values.values()) == [
        "SOA:key",
        content_hash(RECEIPT),
        "SOA",
        7,
        "17850",
        "",
        date(2010, 12, 3),
        Decimal("25.00"),
        "USD",
        "VISA",
        "512345678",
        "GB1208",
        "Card payment",
        '[{"item_key": "123", "amount": "10.00"}]',
    ]


def test_a_call_is_a_call_for_postgresql_and_an_exec_with_outputs_for_sql_server():
    call = build_call(request(POST), "tieout")
    given = ":iKey, :iHash, :iCompanyID, :iBatchKey, :iCount, :iAmount"
    assert call_text("tieout", call) == f'CALL tieout."PostBatch"({given}, NULL, NULL, NULL, NULL)'
    assert exec_text("tieout", call) == (
        "SET NOCOUNT ON; DECLARE @oStatus int, @oCode varchar(40), @oMessage nvarchar(255),"
        " @oPostStatus int; EXEC tieout.PostBatch @iKey = :iKey, @iHash = :iHash,"
        " @iCompanyID = :iCompanyID, @iBatchKey = :iBatchKey, @iCount = :iCount,"
        " @iAmount = :iAmount, @oStatus = @oStatus OUTPUT, @oCode = @oCode OUTPUT,"
        " @oMessage = @oMessage OUTPUT, @oPostStatus = @oPostStatus OUTPUT;"
        " SELECT @oStatus AS oStatus, @oCode AS oCode, @oMessage AS oMessage,"
        " @oPostStatus AS oPostStatus"
    )


def test_lines_of_an_invoice_go_in_their_order_with_exact_numbers():
    call = build_call(request(INVOICE), "tieout")
    assert call.procedure == "CreateInvoice"
    assert json.loads(call.values["iLines"])[0] == {
        "description": "Lantern", "item": "85123A", "account": "4000-00", "tax_code": "",
        "quantity": "2.5", "amount": "12.50",
    }  # fmt: skip
    assert json.loads(call.values["iLines"])[1]["amount"] == "-2.50"
    assert {name for name, width in INVOICE_WIDTHS.items() if width <= 0} == set()


LINE = JournalLineDraft("1000-00", usd("1.00"), usd("0.00"), "GB1208", "")
CREDIT = JournalLineDraft("1050-00", usd("0.00"), usd("1.00"), "GB1208", "")


@pytest.mark.parametrize(
    ("draft", "code", "words"),
    [
        (replace(RECEIPT, comment="x" * 51), "text_too_long", "comment has 51 characters"),
        (replace(RECEIPT, payment_ref="x" * 31), "text_too_long", "payment reference"),
        (replace(RECEIPT, customer_id="x" * 13), "text_too_long", "customer id has 13"),
        (replace(RECEIPT, offset_account="2300-00"), "customer_unknown", "either a customer"),
        (replace(RECEIPT, amount=usd("9.99")), "over_paid", "10.00 USD exceed"),
        (replace(RECEIPT, amount=usd("-1.00"), applications=()), "amount_invalid", "-1.00 USD"),
        (replace(APPLICATION, receipt_key="CR-9"), "receipt_unknown", "Sage receipt key"),
        (replace(REVERSAL, receipt_key=""), "receipt_unknown", "Sage receipt key"),
        (replace(REVERSAL, comment="x" * 51), "text_too_long", "comment has 51"),
        (replace(CUSTOMER, name="x" * 41), "text_too_long", "name has 41"),
        (replace(CUSTOMER, lines=("x" * 41,)), "text_too_long", "first address line has 41"),
        (replace(CUSTOMER, lines=("x",) * 4), "text_too_long", "3 address lines"),
        (replace(CUSTOMER, name=" "), "customer_unknown", "needs a name"),
        (replace(APPLICATION, item_key=""), "invoice_unknown", "Sage invoice key"),
        (replace(INVOICE, amount=usd("10.01")), "invoice_unbalanced", "lines come to 10.00 USD"),
        (replace(INVOICE, lines=()), "invoice_unbalanced", "lines come to 0.00 USD"),
        (replace(INVOICE, reference="x" * 16), "text_too_long", "reference has 16"),
        (
            replace(INVOICE, lines=(replace(INVOICE_LINE, description="x" * 41), DISCOUNT)),
            "text_too_long",
            "description of an invoice line has 41",
        ),
        (
            replace(INVOICE, lines=(replace(INVOICE_LINE, quantity=Decimal(-1)), DISCOUNT)),
            "quantity_invalid",
            "quantity of -1",
        ),
        (
            replace(INVOICE, lines=(replace(INVOICE_LINE, amount=Money(Decimal(1), "EUR")),)),
            "amount_invalid",
            "not in USD",
        ),
        (JournalDraft("SOA", date(2010, 12, 3), "", (LINE,)), "journal_unbalanced", "1.00"),
        (JournalDraft("SOA", date(2010, 12, 3), ""), "journal_unbalanced", "0"),
        (
            JournalDraft("SOA", date(2010, 12, 3), "", (replace(LINE, reference="x" * 31), CREDIT)),
            "text_too_long",
            "reference of a journal line",
        ),
    ],
)
def test_what_sage_cannot_hold_is_refused_before_it_is_sent(draft, code, words):
    with pytest.raises(Refusal, match=words) as refused:
        build_call(request(draft), "tieout")
    assert refused.value.code == code
    assert code in REFUSALS


DAY = date(2010, 12, 3)
DRAFTS = [
    BatchDraft("SOA", BatchPurpose.RECEIPTS, DAY, "", "1050-00"),
    RECEIPT,
    JournalDraft("SOA", DAY, "", (LINE, CREDIT)),
    CreditMemoDraft("SOA", "17850", DAY, usd("5.00"), "4100-00", "GB1208", ""),
    INVOICE,
    APPLICATION,
    REVERSAL,
    CUSTOMER,
    POST,
]
SCRIPTS = {
    "integrations/connectors/sage500/sql": r"PROCEDURE tieout\.{name}\s(.*?)\bAS\b",
    "integrations/sandbox/sage500": r'PROCEDURE tieout\."{name}"\((.*?)\) LANGUAGE',
}


@pytest.mark.parametrize("folder", SCRIPTS)
@pytest.mark.parametrize("draft", DRAFTS, ids=lambda draft: draft.kind.value)
def test_the_scripts_take_the_parameters_in_the_order_of_the_call(folder, draft):
    call = build_call(request(draft), "tieout")
    scripts = "".join(path.read_text() for path in (ROOT / folder).glob("wrapper*.sql"))
    pattern = SCRIPTS[folder].format(name=call.procedure)
    [declared] = re.findall(pattern, scripts, re.DOTALL)
    assert re.findall(r'[@"]([io][A-Z]\w+)', declared) == [
        *call.values,
        *(name for name, _ in call.results),
    ]


def test_a_batch_reference_that_is_no_key_is_refused():
    with pytest.raises(Refusal, match="'ARCR-1' is not a Sage batch key"):
        build_call(request(POST, "ARCR-1"), "tieout")


def test_an_answer_without_a_known_status_leaves_the_outcome_unknown():
    call = build_call(request(POST), "tieout")
    results = {"oStatus": None, "oCode": None, "oMessage": None, "oPostStatus": None}
    assert outcome_of(request(POST), call, results).status is OutcomeStatus.UNKNOWN


def test_a_refusal_without_a_text_is_told_in_our_words():
    call = build_call(request(POST), "tieout")
    results = {"oStatus": 4, "oCode": "period_closed", "oMessage": None, "oPostStatus": None}
    assert outcome_of(request(POST), call, results).message == "The fiscal period is closed."


def test_a_new_batch_is_its_own_reference():
    draft = BatchDraft("SOA", BatchPurpose.RECEIPTS, date(2010, 12, 3), "", "1050-00")
    call = build_call(request(draft, ""), "tieout")
    results = {"oStatus": 1, "oCode": "", "oBatchKey": 9, "oBatchID": "ARCR-0000009"}
    document = outcome_of(request(draft, ""), call, results).document
    assert (document.number, document.key, document.batch_ref) == ("ARCR-0000009", "9", "9")


@pytest.mark.parametrize(
    ("sqlstate", "text", "lost", "expected"),
    [
        ("", "server closed the connection unexpectedly", True, ("unknown", "connection_lost")),
        ("57P01", "terminating connection", False, ("unknown", "connection_lost")),
        ("08006", "connection failure", False, ("unknown", "connection_lost")),
        ("40P01", "deadlock detected", False, ("not_sent", "deadlock")),
        ("57014", "statement timeout", False, ("not_sent", "statement_timeout")),
        ("", "[1205] Transaction was deadlocked", False, ("not_sent", "deadlock")),
        ("", "Error 1222: Lock request time out", False, ("not_sent", "lock_timeout")),
        ("42501", "permission denied", False, ("refused", "database_42501")),
        ("XX000", "internal", False, ("unknown", "database_XX000")),
        ("", "something else", False, ("unknown", "database")),
    ],
)
def test_a_database_error_says_whether_the_document_can_be_there(sqlstate, text, lost, expected):
    original = type("DriverError", (Exception,), {"sqlstate": sqlstate})(text)
    error = DBAPIError("CALL", {}, original, connection_invalidated=lost)
    status, code = judge(error, several_steps=False)
    assert (status.value, code) == expected


def test_a_deadlock_while_a_batch_is_posted_leaves_it_unknown():
    original = type("DriverError", (Exception,), {"sqlstate": "40P01"})("deadlock detected")
    error = OperationalError("CALL", {}, original)
    assert judge(error, several_steps=True) == (OutcomeStatus.UNKNOWN, "deadlock")
