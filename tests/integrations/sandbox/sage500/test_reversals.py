"""A receipt is taken back whole, entered or posted, with all that was applied from it."""

import pytest


@pytest.fixture
def batch(erp):
    return erp.open_batch().document


def received(erp, batch, amount="150.00", applied="139.12", key="r1"):
    return erp.receipt(key, batch, amount, [(erp.invoice("536365"), applied)]).document


def pending(erp, number):
    return erp.value(
        'SELECT COALESCE(sum("PmtAmt"), 0) FROM "tarPendCustPmtAppl" WHERE "ApplyToInvcKey" = %s',
        erp.invoice(number),
    )


def valid(erp):
    found = erp.rows('SELECT sum("TranAmt"), sum("UnappliedAmt") FROM "tarCustPmt"')
    count = 'SELECT count(*) FROM "tarCustPmt" WHERE "Status" = 1'
    return erp.value(count), *(f"{amount:.2f}" for amount in found[0])


def test_a_posted_receipt_is_reversed_in_the_ledger_and_its_invoice_is_open_again(erp, batch):
    receipt = received(erp, batch)
    erp.post("post", batch, 1, "150.00")
    assert str(erp.balance("536365")) == "0.000"
    later = erp.open_batch("later").document
    answer = erp.reverse("v1", later, receipt, "150.00")
    assert (answer.status, answer.number) == (1, "0000000001-RV")
    assert str(erp.balance("536365")) == "0.000"
    assert erp.post("post later", later, 1, "150.00").status == 1
    assert str(erp.balance("536365")) == "139.120"
    assert [(a, str(m), r, c) for a, m, r, c in erp.ledger(later)] == [
        ("1050-00", "-150.000", "S-1", "pt-r1"),
        ("1200-00", "150.000", "S-1", "pt-r1"),
    ]
    assert valid(erp) == (0, "0.00", "0.00")
    assert erp.unbalanced_batches() == []


def test_an_entered_receipt_is_reversed_in_its_own_batch(erp, batch):
    receipt = received(erp, batch)
    assert erp.reverse("v1", batch, receipt, "150.00").status == 1
    assert pending(erp, "536365") == 0
    assert erp.receipt("r2", batch, "139.12", [(erp.invoice("536365"), "139.12")]).status == 1
    assert erp.post("post", batch, 3, "439.12").status == 1
    assert str(erp.balance("536365")) == "0.000"
    assert valid(erp) == (1, "139.12", "0.00")


def test_a_reversal_is_not_posted_before_its_receipt(erp, batch):
    receipt = received(erp, batch)
    later = erp.open_batch("later").document
    erp.reverse("v1", later, receipt, "150.00")
    early = erp.post("post later", later, 1, "150.00")
    assert (early.status, early.code) == (4, "receipt_unknown")
    assert erp.post("post", batch, 1, "150.00").status == 1


def test_what_was_applied_later_is_taken_back_as_well(erp, batch):
    receipt = received(erp, batch, applied="100.00")
    erp.post("post", batch, 1, "150.00")
    more = erp.open_batch("more", purpose="applications", deposit="").document
    erp.apply("a1", more, receipt, erp.invoice("536365"), "39.12")
    erp.post("post more", more, 1, "39.12")
    later = erp.open_batch("later").document
    erp.reverse("v1", later, receipt, "150.00")
    assert erp.post("post later", later, 1, "150.00").status == 1
    assert str(erp.balance("536365")) == "139.120"
    assert valid(erp) == (0, "0.00", "0.00")


def test_a_receipt_of_nobody_is_reversed_against_its_offset_account(erp, batch):
    receipt = erp.receipt("r1", batch, "80.10", customer="", offset="2300-00").document
    erp.reverse("v1", batch, receipt, "80.10")
    assert erp.post("post", batch, 2, "160.20").status == 1
    lines = [(account, int(amount * 10)) for account, amount, _, _ in erp.ledger(batch)]
    assert sorted(lines) == [
        ("1050-00", -801), ("1050-00", 801), ("2300-00", -801), ("2300-00", 801),
    ]  # fmt: skip


def test_the_same_key_reverses_once_and_a_reversed_receipt_is_not_valid(erp, batch):
    receipt = received(erp, batch)
    first = erp.reverse("v1", batch, receipt, "150.00")
    assert erp.reverse("v1", batch, receipt, "150.00").status == 2
    assert erp.reverse("v1", batch, receipt, "150.00", hashed="other").status == 3
    assert erp.reverse("v2", batch, receipt, "150.00").code == "receipt_unknown"
    assert erp.reverse("v3", batch, first.document, "150.00").code == "receipt_unknown"


@pytest.mark.parametrize(
    ("amount", "code"), [("149.00", "amount_differs"), ("0.00", "amount_invalid")]
)
def test_only_the_whole_receipt_is_reversed(erp, batch, amount, code):
    receipt = received(erp, batch)
    answer = erp.reverse("v1", batch, receipt, amount)
    assert (answer.status, answer.code) == (4, code)
    assert erp.value('SELECT "Status" FROM "tarPendCustPmt"') == 1
