"""What is left of a posted receipt can be applied to an invoice later."""

import pytest


@pytest.fixture
def receipt(erp):
    """A posted receipt of 150.00 for customer 17850 with nothing applied."""
    batch = erp.open_batch("receipts").document
    entered = erp.receipt("r1", batch, "150.00")
    erp.post("post receipts", batch, 1, "150.00")
    return entered.document


@pytest.fixture
def batch(erp, receipt):
    return erp.open_batch("applications", purpose="applications", deposit="").document


def unapplied(erp, receipt):
    return str(
        erp.value('SELECT "UnappliedAmt" FROM "tarCustPmt" WHERE "CustPmtKey" = %s', receipt)
    )


def test_what_is_unapplied_falls_at_once_and_the_balance_with_the_posting(erp, receipt, batch):
    answer = erp.apply("a1", batch, receipt, erp.invoice("536365"), "139.12")
    assert (answer.status, answer.number) == (1, "0000000001-CR")
    assert (unapplied(erp, receipt), str(erp.balance("536365"))) == ("10.880", "139.120")
    assert erp.post("post", batch, 1, "139.12").status == 1
    assert (unapplied(erp, receipt), str(erp.balance("536365"))) == ("10.880", "0.000")
    assert erp.batch_status(batch) == (6, 999)


def test_an_application_leaves_the_ledger_as_it_is(erp, receipt, batch):
    before = erp.count('"tglTransaction"')
    erp.apply("a1", batch, receipt, erp.invoice("536365"), "139.12")
    erp.post("post", batch, 1, "139.12")
    assert erp.count('"tglTransaction"') == before


def test_the_same_key_applies_once(erp, receipt, batch):
    invoice = erp.invoice("536365")
    first = erp.apply("a1", batch, receipt, invoice, "5.00")
    again = erp.apply("a1", batch, receipt, invoice, "5.00")
    other = erp.apply("a1", batch, receipt, invoice, "6.00", hashed="other")
    assert (first.status, again.status, other.status) == (1, 2, 3)
    assert again.document == first.document
    assert unapplied(erp, receipt) == "145.000"


def test_two_applications_in_one_batch_are_two_documents(erp, receipt, batch):
    erp.apply("a1", batch, receipt, erp.invoice("536365"), "5.00")
    erp.apply("a2", batch, receipt, erp.invoice("536366"), "6.00")
    assert erp.post("post", batch, 1, "11.00").code == "count_differs"
    assert erp.post("post", batch, 2, "11.00").status == 1


@pytest.mark.parametrize(
    ("number", "amount", "code"),
    [
        ("536365", "150.01", "over_paid"),
        ("536365", "139.13", "over_applied"),
        ("536367", "10.00", "invoice_other_customer"),
        ("536365", "0.00", "amount_invalid"),
    ],
)
def test_what_cannot_be_applied_is_refused_and_nothing_is_written(
    erp, receipt, batch, number, amount, code
):
    answer = erp.apply("a1", batch, receipt, erp.invoice(number), amount)
    assert (answer.status, answer.code) == (4, code)
    assert unapplied(erp, receipt) == "150.000"
    assert erp.count('"tarPendCustPmtAppl"') == 0


def test_an_invoice_that_does_not_exist_takes_nothing(erp, receipt, batch):
    assert erp.apply("a1", batch, receipt, 999_999, "1.00").code == "invoice_unknown"


def test_a_receipt_that_is_not_posted_or_has_no_customer_cannot_be_applied(erp, receipt, batch):
    entered = erp.open_batch("more").document
    pending = erp.receipt("r2", entered, "10.00").document
    stray = erp.receipt("r3", entered, "10.00", customer="", offset="2300-00").document
    invoice = erp.invoice("536365")
    assert erp.apply("a1", batch, pending, invoice, "1.00").code == "receipt_unknown"
    erp.post("post more", entered, 2, "20.00")
    assert erp.apply("a2", batch, pending, invoice, "1.00").status == 1
    assert erp.apply("a3", batch, stray, invoice, "1.00").code == "receipt_unknown"


def test_applications_go_into_a_batch_of_their_own_kind(erp, receipt):
    batch = erp.open_batch("wrong").document
    answer = erp.apply("a1", batch, receipt, erp.invoice("536365"), "1.00")
    assert answer.code == "batch_unknown"
