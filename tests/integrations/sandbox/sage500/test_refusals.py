"""Every oCode: the reason in words, nothing written, the key free for the next call."""

from datetime import date

import pytest

from integrations.sandbox.sage500.build import set_period_status
from tests.integrations.sandbox.sage500.erp import DAY

LINES = [("1000-00", "5", ""), ("1050-00", "", "5")]


def written(erp):
    tables = ('"tarPendCustPmt"', '"tarPendCustPmtAppl"', '"tarPendInvoice"', '"tglJournalHdr"')
    return [erp.count(table) for table in (*tables, '"tciBatchLog"', 'tieout."PostingKey"')]


def refused(erp, code, call):
    """The call is refused with the code, says why, and leaves nothing behind."""
    before = written(erp)
    answer = call()
    assert (answer.status, answer.code) == (4, code), answer
    assert answer.message
    assert written(erp) == before
    return answer


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("company_unknown", {"company": "XYZ"}),
        ("period_missing", {"day": date(2015, 1, 1)}),
        ("account_unknown", {"deposit": "9999-99"}),
        ("text_too_long", {"comment": "c" * 51}),
        ("text_too_long", {"user": "u" * 31}),
        ("text_too_long", {"key": "k" * 201}),
        ("text_too_long", {"key": ""}),
        ("batch_setup_missing", {"purpose": "payroll"}),
    ],
)
def test_a_batch_is_refused(erp, code, change):
    refused(erp, code, lambda: erp.open_batch(**change))


@pytest.mark.parametrize(
    ("code", "setup"),
    [
        ("batch_setup_missing", 'DELETE FROM "tciBatchTypCompany"'),
        ("batch_setup_missing", 'UPDATE "tciBatchTypCompany" SET "NextBatchNo" = 10000000'),
        ("module_inactive", 'UPDATE "tsmCompanyModule" SET "Active" = 0 WHERE "ModuleNo" = 5'),
        ("period_closed", 'UPDATE "tglFiscalPeriod" SET "Status" = 2'),
    ],
)
def test_a_company_that_is_not_set_up_refuses_a_batch(erp, code, setup):
    erp.connection.execute(setup)
    refused(erp, code, erp.open_batch)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("company_unknown", {"company": "XYZ"}),
        ("batch_unknown", {"batch": 424242}),
        ("customer_unknown", {"customer": "99999"}),
        ("customer_unknown", {"customer": "", "offset": ""}),
        ("customer_unknown", {"customer": "17850", "offset": "2300-00"}),
        ("account_unknown", {"customer": "", "offset": "9999-99"}),
        ("amount_invalid", {"amount": "0"}),
        ("amount_invalid", {"amount": "-1.00"}),
        ("amount_invalid", {"amount": "1.001"}),
        ("amount_invalid", {"currency": "EUR"}),
        ("amount_invalid", {"amount": "10000000000000"}),
        ("method_unknown", {"method": "BARTER"}),
        ("text_too_long", {"payment": "p" * 31}),
        ("text_too_long", {"settlement": "s" * 31}),
        ("text_too_long", {"comment": "c" * 51}),
        ("invoice_unknown", {"applications": [(424242, "1.00")]}),
        ("invoice_unknown", {"applications": [("x", "1.00")]}),
        ("amount_invalid", {"applications": [(1, "1.2345")]}),
        ("amount_invalid", {"applications": [(1, "-1.00")]}),
        ("amount_invalid", {"applications": [(1, "0.00")]}),
    ],
)
def test_a_receipt_is_refused(erp, code, change):
    values = {"batch": erp.open_batch().document, "amount": "5.00"} | change
    refused(erp, code, lambda: erp.receipt("r", **values))


def test_applications_that_are_no_json_are_refused(erp):
    batch = erp.open_batch().document
    values = ["r", "h" * 64, "SOA", batch, "17850", "", DAY, 5, "USD", "VISA", "", "", "", "[{"]
    assert erp._call("CreateCashReceipt", values, 5).code == "amount_invalid"


def test_an_invoice_of_another_customer_is_refused(erp):
    batch = erp.open_batch().document
    applications = [(erp.invoice("536367"), "5.00")]
    call = lambda **over: erp.receipt("r", batch, "5.00", applications, **over)  # noqa: E731
    refused(erp, "invoice_other_customer", call)
    refused(erp, "invoice_other_customer", lambda: call(customer="", offset="2300-00"))


def test_more_than_the_receipt_cannot_be_applied(erp):
    batch = erp.open_batch().document
    applications = [(erp.invoice("536365"), "3.00"), (erp.invoice("536366"), "2.01")]
    refused(erp, "over_paid", lambda: erp.receipt("r", batch, "5.00", applications))


def test_pending_applications_count_against_the_balance(erp):
    batch = erp.open_batch().document
    invoice = erp.invoice("536365")
    assert erp.receipt("r1", batch, "100.00", [(invoice, "100.00")]).status == 1
    over = refused(
        erp, "over_applied", lambda: erp.receipt("r2", batch, "39.13", [(invoice, "39.13")])
    )
    assert "pending 100" in over.message
    assert erp.receipt("r2", batch, "39.12", [(invoice, "39.12")]).status == 1


def test_the_same_invoice_twice_in_one_receipt_is_added_up(erp):
    batch = erp.open_batch().document
    invoice = erp.invoice("536365")
    refused(
        erp,
        "over_applied",
        lambda: erp.receipt("r", batch, "150.00", [(invoice, "75.00"), (invoice, "75.00")]),
    )


def test_a_company_may_allow_over_application(erp):
    erp.connection.execute('UPDATE "tarOptions" SET "AllowOverAppl" = 1')
    batch = erp.open_batch().document
    assert erp.receipt("r", batch, "150.00", [(erp.invoice("536365"), "150.00")]).status == 1
    assert erp.post("post", batch, 1, "150.00").status == 1
    assert str(erp.balance("536365")) == "-10.880"


def test_a_posted_batch_takes_no_more_documents(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00")
    erp.post("post", batch, 1, "5.00")
    refused(erp, "batch_not_open", lambda: erp.receipt("r2", batch, "5.00"))


def test_a_batch_takes_documents_of_its_own_kind_only(erp):
    receipts = erp.open_batch("b1").document
    journals = erp.open_batch("b2", purpose="journals").document
    refused(erp, "batch_unknown", lambda: erp.receipt("r", journals, "5.00"))
    refused(erp, "batch_unknown", lambda: erp.journal("j", receipts, LINES))
    refused(erp, "batch_unknown", lambda: erp.memo("m", receipts, "5.00"))


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("journal_unbalanced", [("1000-00", "5.00", ""), ("1050-00", "", "4.99")]),
        ("journal_unbalanced", []),
        ("account_unknown", [("9999-99", "5", ""), ("1050-00", "", "5")]),
        ("amount_invalid", [("1000-00", "5", "5"), ("1050-00", "", "5")]),
        ("amount_invalid", [("1000-00", "-5", ""), ("1050-00", "", "-5")]),
        ("amount_invalid", [("1000-00", "0.005", ""), ("1050-00", "", "0.005")]),
        ("amount_invalid", [("1000-00", "", ""), ("1050-00", "", "5")]),
    ],
)
def test_a_journal_is_refused(erp, code, lines):
    batch = erp.open_batch(purpose="journals").document
    refused(erp, code, lambda: erp.journal("j", batch, lines))


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("customer_unknown", {"customer": "99999"}),
        ("account_unknown", {"offset": "9999-99"}),
        ("amount_invalid", {"amount": "0"}),
        ("text_too_long", {"reference": "r" * 16}),
    ],
)
def test_a_memo_is_refused(erp, code, change):
    values = {"batch": erp.open_batch(purpose="memos").document, "amount": "5.00"} | change
    refused(erp, code, lambda: erp.memo("m", **values))


def test_a_refused_key_is_free_for_the_next_call(erp):
    batch = erp.open_batch().document
    refused(erp, "method_unknown", lambda: erp.receipt("r", batch, "5.00", method="BARTER"))
    assert erp.receipt("r", batch, "5.00", hashed="corrected").status == 1


def test_a_period_closed_in_between_refuses_documents_and_posting(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00")
    set_period_status(erp.url, "SOA", DAY, closed=True)
    refused(erp, "period_closed", lambda: erp.receipt("r2", batch, "5.00"))
    refused(erp, "period_closed", lambda: erp.post("post", batch, 1, "5.00"))
    logged = 'SELECT "StringNo", "Severity", "StringData1" FROM "tciErrorLog"'
    assert erp.rows(logged) == [(990002, 2, "2011-01-04")]
    set_period_status(erp.url, "SOA", DAY, closed=False)
    assert erp.post("post", batch, 1, "5.00").status == 1
    assert erp.rows(logged) == []


@pytest.mark.parametrize(
    ("code", "count", "amount"),
    [("count_differs", 2, "5.00"), ("amount_differs", 1, "5.01")],
)
def test_a_batch_that_holds_something_else_is_not_posted(erp, code, count, amount):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00")
    refused(erp, code, lambda: erp.post("post", batch, count, amount))
    assert erp.batch_status(batch) == (4, 0)


def test_an_unknown_batch_or_company_is_not_posted(erp):
    batch = erp.open_batch().document
    refused(erp, "batch_unknown", lambda: erp.post("post", 424242, 0, "0"))
    refused(erp, "company_unknown", lambda: erp.post("post", batch, 0, "0", company="XYZ"))


def test_a_batch_on_hold_is_not_posted(erp):
    batch = erp.open_batch().document
    erp.connection.execute('UPDATE "tarBatch" SET "Hold" = 1')
    answer = refused(erp, "batch_not_open", lambda: erp.post("post", batch, 0, "0"))
    assert "on hold" in answer.message


def test_an_invoice_paid_behind_the_batch_stops_its_posting(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "139.12", [(erp.invoice("536365"), "139.12")])
    erp.connection.execute('UPDATE "tarInvoice" SET "Balance" = 1, "BalanceHC" = 1')
    refused(erp, "over_applied", lambda: erp.post("post", batch, 1, "139.12"))
    assert erp.batch_status(batch) == (4, 0)
