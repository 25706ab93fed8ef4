import pytest

from integrations.standing import line_in, parts_in, parts_text
from reconciliation.document_page import applied_rows, field_rows, line_rows

DEBIT = "1050-00 debit 96.80 (PT-7)"
CREDIT = "6200-00 credit 96.80 (PT-7)"


def test_what_is_read_apart_is_what_was_written_together():
    parts = [("118", "60.00 USD"), ("119", "40.00 USD")]
    assert parts_in(parts_text(parts)) == parts
    line = line_in(DEBIT)
    assert (line.account, line.debit, line.credit, line.reference) == (
        "1050-00", "96.80", "", "PT-7",
    )  # fmt: skip
    assert line_in(CREDIT).credit == "96.80"


@pytest.mark.parametrize("text", ["", "two words", "1050 debit"])
def test_a_line_that_nobody_wrote_like_that_stands_whole(text):
    assert line_in(text).account == text


def test_a_reference_with_brackets_stays_whole():
    assert line_in("1050-00 debit 1.00 (PT (7))").reference == "PT (7)"


def test_fields_stand_side_by_side_in_one_order_and_say_which_differ():
    owed = {"lines": DEBIT, "date": "2011-02-14", "amount": "100.00 USD"}
    rows = field_rows(owed, {"amount": "90.00 USD", "status": "posted"}, ["amount"])
    assert [(row.label, row.differs) for row in rows] == [
        ("Amount", True), ("Date", False), ("Status", False),
    ]  # fmt: skip
    assert rows[1].owed == "14 Feb 2011"
    assert next((row.owed, row.found) for row in rows) == ("100.00 USD", "90.00 USD")


def test_a_document_that_was_never_read_has_no_other_side():
    assert [row.found for row in field_rows({"amount": "1.00 USD"}, None, [])] == [None]


def test_an_application_on_one_side_alone_is_said():
    rows = applied_rows("118: 60.00 USD", "119: 60.00 USD", lambda key: f"INV {key}")
    assert [(row.invoice, row.only) for row in rows] == [("INV 118", "owed"), ("INV 119", "erp")]


def test_a_line_that_stands_twice_is_told_twice():
    rows = line_rows(f"{DEBIT}; {DEBIT}; {CREDIT}", f"{DEBIT}; {CREDIT}")
    assert sorted(row.only for row in rows) == ["", "", "owed"]
