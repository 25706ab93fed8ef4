"""What the wrapper procedures write, and what a second call with the same key answers."""

from decimal import Decimal

import psycopg
import pytest


def test_an_opened_batch_has_number_deposit_account_and_post_date(erp):
    answer = erp.open_batch()
    assert (answer.status, answer.number) == (1, "ARCR-0000001")
    row = erp.rows(
        'SELECT l."Status", l."PostStatus", l."PostDate"::date::text, a."GLAcctNo"'
        ' FROM "tciBatchLog" l JOIN "tarBatch" b USING ("BatchKey")'
        ' JOIN "tglAccount" a ON a."GLAcctKey" = b."CashAcctKey" WHERE "BatchKey" = %s',
        answer.document,
    )
    assert row == [(4, 0, "2011-01-04", "1050-00")]


def test_without_a_deposit_account_the_company_s_own_bank_is_taken(erp):
    batch = erp.open_batch(deposit="").document
    account = (
        'SELECT "GLAcctNo" FROM "tarBatch" JOIN "tglAccount" ON "GLAcctKey" = "CashAcctKey"'
        ' WHERE "BatchKey" = %s'
    )
    assert erp.value(account, batch) == "1000-00"


def test_an_entered_receipt_lowers_what_is_unapplied_but_no_invoice_yet(erp):
    batch = erp.open_batch().document
    answer = erp.receipt("r1", batch, "150.00", [(erp.invoice("536365"), "139.12")])
    assert (answer.status, answer.number) == (1, "0000000001-CR")
    assert erp.balance("536365") == Decimal("139.12")
    pending = 'SELECT "TranAmt", "UnappliedAmt", "PmtRefNo", "CreateType" FROM "tarPendCustPmt"'
    assert erp.rows(pending) == [(Decimal("150.00"), Decimal("10.88"), "pt-r1", 7)]
    assert erp.value('SELECT "BankDepAmt" FROM "tarBatch" WHERE "BatchKey" = %s', batch) == 150


def test_posting_moves_receipts_and_lowers_balances(erp):
    batch = erp.open_batch().document
    invoices = [(erp.invoice("536365"), "139.12"), (erp.invoice("536366"), "10.00")]
    erp.receipt("r1", batch, "149.12", invoices)
    answer = erp.post("post", batch, 1, "149.12")
    assert (answer.status, answer.document, erp.batch_status(batch)) == (1, 999, (6, 999))
    assert (erp.balance("536365"), erp.balance("536366")) == (0, Decimal("12.20"))
    assert (erp.count('"tarPendCustPmt"'), erp.count('"tarPendCustPmtAppl"')) == (0, 0)
    assert (erp.count('"tarCustPmt"'), erp.count('"tarCustPmtAppl"')) == (1, 2)
    closed = 'SELECT "CustPONo" FROM "tarInvoice" WHERE "ClosingPostDate" IS NOT NULL'
    assert erp.rows(closed) == [("536365",)]


def test_a_receipt_s_ledger_lines_carry_settlement_and_payment_reference(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "100.00")
    erp.receipt("r2", batch, "7.00", customer="", offset="2300-00")
    erp.post("post", batch, 2, "107.00")
    assert sorted(erp.ledger(batch)) == [
        ("1050-00", Decimal("7.00"), "S-1", "pt-r2"),
        ("1050-00", Decimal("100.00"), "S-1", "pt-r1"),
        ("1200-00", Decimal("-100.00"), "S-1", "pt-r1"),
        ("2300-00", Decimal("-7.00"), "S-1", "pt-r2"),
    ]
    assert erp.unbalanced_batches() == []


def test_a_journal_is_posted_line_by_line(erp):
    batch = erp.open_batch(purpose="journals").document
    lines = [("1000-00", "97.00", "0"), ("6200-00", "3.00", ""), ("1050-00", "0", "100.00")]
    answer = erp.journal("j1", batch, lines)
    assert (answer.status, answer.number) == (1, "0000000001")
    assert erp.ledger(batch) == []
    assert erp.post("post", batch, 1, "100.00").status == 1
    assert [(account, amount) for account, amount, *_ in erp.ledger(batch)] == [
        ("1000-00", 97),
        ("6200-00", 3),
        ("1050-00", -100),
    ]


def test_a_memo_becomes_an_invoice_with_a_negative_balance(erp):
    batch = erp.open_batch(purpose="memos").document
    answer = erp.memo("m1", batch, "12.50")
    assert (answer.status, answer.number) == (1, "0000000001-CM")
    assert erp.post("post", batch, 1, "12.50").status == 1
    memo = 'SELECT "Balance", "CustPONo" FROM "tarInvoice" WHERE "TranID" = %s'
    assert erp.rows(memo, answer.number) == [(Decimal("-12.50"), "536365")]
    assert [line[:2] for line in erp.ledger(batch)] == [
        ("4100-00", Decimal("12.50")),
        ("1200-00", Decimal("-12.50")),
    ]


def test_a_memo_without_offset_account_uses_the_customer_s_returns_account(erp):
    batch = erp.open_batch(purpose="memos").document
    erp.memo("m1", batch, "1.00", offset="")
    erp.post("post", batch, 1, "1.00")
    assert erp.ledger(batch)[0][0] == "4100-00"


def make(erp, kind, hashed, company="SOA"):
    """The same document of one kind, in the batch that was opened for it."""
    if kind == "batch":
        return erp.open_batch("k", hashed=hashed, company=company)
    purpose = {
        "receipt": "receipts",
        "journal": "journals",
        "memo": "memos",
        "invoice": "invoices",
    }[kind]
    batch = erp.open_batch("b", purpose=purpose).document
    if kind == "receipt":
        return erp.receipt("k", batch, "5.00", hashed=hashed, company=company)
    if kind == "memo":
        return erp.memo("k", batch, "5.00", hashed=hashed, company=company)
    if kind == "invoice":
        return erp.bill("k", batch, "5.00", hashed=hashed, company=company)
    lines = [("1000-00", "5", ""), ("1050-00", "", "5")]
    return erp.journal("k", batch, lines, hashed=hashed, company=company)


@pytest.mark.parametrize("kind", ["batch", "receipt", "journal", "memo", "invoice"])
def test_a_repeated_key_answers_the_first_document(erp, kind):
    first, again, other = (make(erp, kind, hashed) for hashed in ("same", "same", "other"))
    assert [first.status, again.status, other.status] == [1, 2, 3]
    assert (again.document, again.number) == (first.document, first.number)
    assert erp.value('SELECT count(*) FROM tieout."PostingKey" WHERE "PostingKey" = \'k\'') == 1


def test_a_key_of_another_kind_of_document_is_a_conflict(erp):
    batch = erp.open_batch("k").document
    assert erp.receipt("k", batch, "5.00").status == 3


def test_the_key_row_names_document_batch_and_amount(erp):
    batch = erp.open_batch().document
    answer = erp.receipt("r1", batch, "5.00")
    row = 'SELECT * FROM tieout."PostingKey" WHERE "PostingKey" = %s'
    key, _, company, kind, document, number, of_batch, amount, _ = erp.rows(row, "r1")[0]
    assert (key, company, kind) == ("r1", "SOA", "cash_receipt")
    assert (document, number) == (answer.document, answer.number)
    assert (of_batch, amount) == (batch, 5)


def test_the_error_log_takes_no_row_of_an_unknown_batch(erp):
    call = "CALL \"spciLogError\"(%s, 1, 160151, '', '', 1, 2, NULL)"
    batch = erp.open_batch().document
    assert [erp.value(call, batch), erp.value(call, 424242)] == [1, 0]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        erp.connection.execute('INSERT INTO "tciErrorLog" VALUES (1, 9, 424242, 1, \'\', \'\','
            " '', '', '', 1, 2)")  # fmt: skip


def test_surrogate_keys_are_handed_out_per_table_and_none_for_an_unknown_one(erp):
    call = 'CALL "spGetNextSurrogateKey"(%s, NULL)'
    first, second = (erp.value(call, "tdmMigrationLogWrk") for _ in range(2))
    assert (first, second, erp.value(call, "tarNothing")) == (1, 2, None)
