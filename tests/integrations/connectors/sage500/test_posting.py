"""Documents through the wrappers of the sandbox: an outcome for every draft, each once."""

from datetime import date

import psycopg
import pytest

from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CreditMemoDraft,
    CustomerDraft,
    DocumentKind,
    JournalDraft,
    JournalLineDraft,
    OutcomeStatus,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
)
from integrations.registry import build
from tests.integrations.connectors.sage500.conftest import COMPANY, DAY, Shop, receipt, usd

S = OutcomeStatus


def journal(debit="10.00", credit="10.00"):
    lines = (
        JournalLineDraft("1000-00", usd(debit), usd("0.00"), "GB1208", "Deposit"),
        JournalLineDraft("1050-00", usd("0.00"), usd(credit), "GB1208", "Deposit"),
    )
    return JournalDraft(COMPANY, DAY, "Deposit of 1208", lines)


def arm(sql, procedure, kind, step=0):
    sql(
        "INSERT INTO sandbox_fault (procedure_name, kind, step) VALUES (%s, %s, %s)",
        procedure,
        kind,
        step,
    )


def test_a_receipt_is_entered_and_the_posted_batch_pays_the_invoice(shop: Shop, sage):
    item = shop.invoice(1, "25.00")
    batch_ref = shop.open_batch()
    entered = shop.post("receipt", receipt(item, "25.00"), batch_ref)
    assert (entered.status, entered.document.is_posted) == (S.DONE, False)
    assert entered.document.number.endswith("-CR")
    [before] = sage.snapshot(COMPANY, item_keys=[item]).items
    assert (before.balance, before.available) == (usd("25.00"), usd("0.00"))
    posted = shop.post_batch(batch_ref, 1, "25.00")
    assert (posted.status, posted.document.is_posted) == (S.DONE, True)
    [after] = sage.snapshot(COMPANY, item_keys=[item]).items
    assert (after.balance, after.available) == (usd("0.00"), usd("0.00"))


def test_the_same_key_twice_is_a_duplicate_and_other_content_a_conflict(shop: Shop):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    first = shop.post("receipt", receipt(item, "25.00"), batch_ref)
    again = shop.post("receipt", receipt(item, "25.00"), batch_ref)
    assert (again.status, again.document) == (S.DUPLICATE, first.document)
    other = shop.post("receipt", receipt(item, "24.00"), batch_ref)
    assert (other.status, other.document) == (S.CONFLICT, None)


def test_a_refusal_names_its_code_and_does_not_use_up_the_key(shop: Shop):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    refused = shop.post("receipt", receipt(item, "25.00", method="COINS"), batch_ref)
    assert (refused.status, refused.code) == (S.REFUSED, "method_unknown")
    assert "COINS" in refused.message
    assert shop.post("receipt", receipt(item, "25.00"), batch_ref).status is S.DONE


def test_a_customer_whose_answer_was_lost_is_there_once_and_found(shop: Shop, sage, sql):
    arm(sql, "CreateCustomer", "drop")
    draft = CustomerDraft(COMPANY, "Ann Lee", DAY, number_prefix=shop.prefix[:4])
    lost = shop.post("customer", draft)
    assert (lost.status, lost.document) == (S.UNKNOWN, None)
    [found] = sage.find_postings(COMPANY, [lost.key])
    again = shop.post("customer", draft)
    assert (again.status, again.document) == (S.DUPLICATE, found.document)
    records, _, _ = sage.fetch_customers(COMPANY, {}, 1000)
    assert [r.customer_id for r in records if r.party.name == "Ann Lee"].count(
        found.document.number
    ) == 1


def test_two_receipts_never_over_apply_one_invoice(shop: Shop):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    assert shop.post("one", receipt(item, "20.00"), batch_ref).status is S.DONE
    second = shop.post("two", receipt(item, "5.01"), batch_ref)
    assert (second.status, second.code) == (S.REFUSED, "over_applied")


def test_a_committed_document_whose_answer_is_lost_is_unknown_and_the_rest_takes_a_new_line(
    shop: Shop, sage, sql
):
    items = [shop.invoice(number, "10.00") for number in range(3)]
    batch_ref = shop.open_batch()
    arm(sql, "CreateCashReceipt", "drop")
    requests = [
        shop.request(f"r{n}", receipt(item, "10.00"), batch_ref) for n, item in enumerate(items)
    ]
    outcomes = sage.post(requests)
    assert [outcome.status for outcome in outcomes] == [S.UNKNOWN, S.DONE, S.DONE]
    keys = [request.key for request in requests]
    assert [found.key for found in sage.find_postings(COMPANY, keys)] == keys
    assert [o.status for o in sage.post(requests)] == [S.DUPLICATE] * 3


def test_after_a_line_that_breaks_twice_in_a_row_the_rest_never_left(shop: Shop, sage, sql):
    items = [shop.invoice(number, "10.00") for number in range(4)]
    batch_ref = shop.open_batch()
    for _ in range(2):
        arm(sql, "CreateCashReceipt", "drop")
    requests = [
        shop.request(f"r{n}", receipt(item, "10.00"), batch_ref) for n, item in enumerate(items)
    ]
    outcomes = sage.post(requests)
    expected = [S.UNKNOWN, S.UNKNOWN, S.NOT_SENT, S.NOT_SENT]
    assert [outcome.status for outcome in outcomes] == expected
    keys = [request.key for request in requests]
    assert [found.key for found in sage.find_postings(COMPANY, keys)] == keys[:2]
    again = [outcome.status for outcome in sage.post(requests)]
    assert again == [S.DUPLICATE, S.DUPLICATE, S.DONE, S.DONE]


@pytest.mark.parametrize("kind", ["deadlock", "lock_timeout"])
def test_a_rolled_back_call_was_not_sent_and_the_next_document_goes_on(shop, sage, sql, kind):
    items = [shop.invoice(number, "10.00") for number in range(2)]
    batch_ref = shop.open_batch()
    arm(sql, "CreateCashReceipt", kind)
    outcomes = sage.post(
        [shop.request(f"r{n}", receipt(item, "10.00"), batch_ref) for n, item in enumerate(items)]
    )
    assert [(o.status, o.code) for o in outcomes] == [(S.NOT_SENT, kind), (S.DONE, "")]


def test_a_batch_is_not_posted_after_a_document_of_it_failed(shop: Shop, sage):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    bad = shop.request("receipt", receipt(item, "25.00", method="COINS"), batch_ref)
    draft = shop.request("post", _post_draft("25.00"), batch_ref)
    refused, posting = sage.post([bad, draft])
    assert refused.status is S.REFUSED
    assert (posting.status, posting.code) == (S.NOT_SENT, "batch_incomplete")


def _post_draft(total):
    from integrations.canonical import BatchPostDraft

    return BatchPostDraft(COMPANY, BatchPurpose.RECEIPTS, 1, usd(total))


def test_an_interrupted_batch_posting_is_unknown_and_resumes(shop: Shop, sage, sql):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    shop.post("receipt", receipt(item, "25.00"), batch_ref)
    arm(sql, "PostBatch", "stop_posting_at", step=8)
    assert shop.post_batch(batch_ref, 1, "25.00").status is S.UNKNOWN
    assert shop.post_batch(batch_ref, 1, "25.00").status in (S.DONE, S.DUPLICATE)
    status, _ = sage.batch_states(COMPANY, [batch_ref])[batch_ref]
    assert status == 6
    assert sage.snapshot(COMPANY, item_keys=[item]).items[0].balance == usd("0.00")


def test_a_batch_with_another_total_is_not_posted(shop: Shop):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    shop.post("receipt", receipt(item, "25.00"), batch_ref)
    refused = shop.post_batch(batch_ref, 1, "24.00")
    assert (refused.status, refused.code) == (S.REFUSED, "amount_differs")


def test_a_journal_stands_in_the_ledger_with_its_references(shop: Shop, sage, sql):
    batch_ref = shop.open_batch(BatchPurpose.JOURNALS)
    draft = journal()
    assert shop.post("journal", draft, batch_ref).status is S.DONE
    assert sage.ledger_lines(COMPANY, "1000-00", ["GB1208"]) == []
    assert shop.post_batch(batch_ref, 1, "10.00").status is S.DONE
    [line] = sage.ledger_lines(COMPANY, "1000-00", ["GB1208"])
    assert (line.debit, line.credit, line.posted_on) == (usd("10.00"), usd("0.00"), DAY)
    assert (line.reference, line.comment, line.batch_ref) == ("GB1208", "Deposit", batch_ref)


def test_a_credit_memo_is_found_by_its_key_with_a_positive_amount(shop: Shop, sage):
    shop.invoice(1, "25.00")
    batch_ref = shop.open_batch(BatchPurpose.MEMOS)
    memo = CreditMemoDraft(COMPANY, "17850", DAY, usd("5.00"), "4100-00", "GB1208", "Refund")
    made = shop.post("memo", memo, batch_ref)
    [found] = sage.find_postings(COMPANY, [made.key])
    assert (found.kind, found.amount) == (DocumentKind.CREDIT_MEMO, usd("5.00"))
    assert (found.document, found.details["document_present"]) == (made.document, True)


def test_an_application_is_found_by_its_key_entered_and_posted(shop: Shop, sage):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    money = shop.post("receipt", receipt(item, "40.00", applications=()), batch_ref).document
    shop.post_batch(batch_ref, 1, "40.00")
    applied = ReceiptApplicationDraft(COMPANY, money.key, money.number, item, "", usd("25.00"))
    batch = BatchDraft(COMPANY, BatchPurpose.APPLICATIONS, DAY, "Batch 1209")
    later = shop.post("later", batch).document.batch_ref
    made = shop.post("application", applied, later)
    [entered] = sage.find_postings(COMPANY, [made.key])
    assert (entered.kind, entered.amount) == (DocumentKind.APPLICATION, usd("25.00"))
    assert (entered.document, entered.details["document_present"]) == (made.document, True)
    assert sage.snapshot(COMPANY, item_keys=[item]).items[0].available == usd("0.00")
    post = BatchPostDraft(COMPANY, BatchPurpose.APPLICATIONS, 1, usd("25.00"))
    assert shop.post("post later", post, later).status is S.DONE
    [posted] = sage.find_postings(COMPANY, [made.key])
    assert (posted.document.is_posted, posted.details["document_present"]) == (True, True)


def test_a_reversal_is_found_by_its_key_and_frees_the_invoice(shop: Shop, sage):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    money = shop.post("receipt", receipt(item, "25.00"), batch_ref).document
    assert sage.snapshot(COMPANY, item_keys=[item]).items[0].available == usd("0.00")
    taken = (money.key, money.number, DAY, usd("25.00"), "512345678", "GB1208", "Voided")
    made = shop.post("reversal", ReceiptReversalDraft(COMPANY, *taken), batch_ref)
    assert sage.snapshot(COMPANY, item_keys=[item]).items[0].available == usd("25.00")
    assert shop.post_batch(batch_ref, 2, "50.00").status is S.DONE
    [found] = sage.find_postings(COMPANY, [made.key])
    assert (found.kind, found.amount) == (DocumentKind.REVERSAL, usd("25.00"))
    assert (found.document.number, found.document.is_posted) == (made.document.number, True)
    assert sage.snapshot(COMPANY, item_keys=[item]).items[0].balance == usd("25.00")


def test_a_found_key_whose_document_was_taken_away_says_so(shop: Shop, sage, sql):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    made = shop.post("receipt", receipt(item, "25.00"), batch_ref)
    sql('DELETE FROM "tarPendCustPmt" WHERE "CustPmtKey" = %s', int(made.document.key))
    [found] = sage.find_postings(COMPANY, [made.key])
    assert found.details["document_present"] is False


def test_a_closed_day_is_refused_by_name(shop: Shop):
    draft = BatchDraft(COMPANY, BatchPurpose.RECEIPTS, date(2009, 1, 1), "", "1050-00")
    refused = shop.post("batch", draft)
    assert (refused.status, refused.code) == (S.REFUSED, "period_missing")


def test_without_a_database_nothing_was_sent(shop: Shop):
    url = "postgresql://nobody:very-secret-word@127.0.0.1:1/none"
    sage = build("sage500", {}, {"url": url}, sandbox=True)
    [outcome] = sage.post([shop.request("journal", journal(), "1")])
    sage.close()
    assert (outcome.status, outcome.code) == (S.NOT_SENT, "unreachable")
    assert "very-secret-word" not in str(outcome)


def test_a_missing_wrapper_is_refused_not_unknown(shop: Shop, sage_url):
    settings = {"wrapper_schema": "nowhere"}
    sage = build("sage500", settings, {"url": sage_url}, sandbox=True)
    [outcome] = sage.post([shop.request("journal", journal(), "1")])
    sage.close()
    assert (outcome.status, outcome.code) == (S.REFUSED, "database_3F000")


def test_the_whole_receipt_text_reaches_the_table(shop: Shop, sage_url):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    made = shop.post("receipt", receipt(item, "25.00", comment="ü" * 50), batch_ref)
    with psycopg.connect(sage_url) as connection:
        row = connection.execute(
            'SELECT "PmtRefNo", "SettlementRefNo", "TranCmnt" FROM "tarPendCustPmt"'
            ' WHERE "TranID" = %s',
            [made.document.number],
        ).fetchone()
    assert row == ("512345678", "GB1208", "ü" * 50)
