"""Invoice files: what is loaded, what is refused and why, and that a repeat changes nothing."""

from datetime import date
from decimal import Decimal

import pytest

from integrations.sandbox.people import party_of
from integrations.sandbox.sage500.build import build, load_file, load_invoices
from integrations.sandbox.sage500.invoice_file import InvoiceFileError

HEADER = "invoice_no,invoice_date,customer_id,total_gbp\n"


@pytest.fixture
def load(url, tmp_path):
    def load(text, header=HEADER):
        path = tmp_path / "invoices.csv"
        path.write_bytes(text if isinstance(text, bytes) else (header + text).encode())
        return load_file(url, path)

    return load


def test_each_invoice_is_posted_with_its_ledger_lines(erp, load):
    report = load("536999,2010-12-05,12345,10.50\n")
    assert (report.accepted, report.added, report.refused) == (1, 1, [])
    assert report.total == Decimal("10.50")
    row = erp.rows(
        'SELECT "TranType", "TranNo", "TranID", "TranAmt", "Balance", "CustID", "CustName",'
        ' i."BatchKey" FROM "tarInvoice" i JOIN "tarCustomer" USING ("CustKey")'
        " WHERE \"CustPONo\" = '536999'"
    )[0]
    assert row[:3] == (501, "0000000004", "0000000004-IN")
    assert row[3:7] == (Decimal("10.50"), Decimal("10.50"), "12345", party_of("12345").name)
    assert [line[:3] for line in erp.ledger(row[7])] == [
        ("1200-00", Decimal("10.50"), "536999"),
        ("4000-00", Decimal("-10.50"), "536999"),
    ]


def test_a_file_loaded_twice_changes_nothing(erp, load):
    text = "536998,2010-12-05,12345,10.50\n536999,2010-12-05,12345,1\n"
    first = load(text)
    before = [erp.count(t) for t in ('"tarInvoice"', '"tglTransaction"', '"tciBatchLog"')]
    again = load(text)
    assert (first.added, again.added, again.accepted) == (2, 0, 2)
    assert again.total == first.total
    assert [erp.count(t) for t in ('"tarInvoice"', '"tglTransaction"', '"tciBatchLog"')] == before


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2010-12-05,,10.50", "customer_id is empty"),
        (",2010-12-05,12345,10.50", "invoice_no is empty"),
        ("1,05/12/2010,12345,10.50", "'05/12/2010' is not a date"),
        ("1,2010-02-30,12345,10.50", "'2010-02-30' is not a date"),
        ("1,2010-12-05,12345,0.00", "0.00 is not positive"),
        ("1,2010-12-05,12345,-3", "-3 is not positive"),
        ("1,2010-12-05,12345,ten", "'ten' is not an amount"),
        ("1,2010-12-05,12345,NaN", "'NaN' is not an amount"),
        ("1,2010-12-05,12345,1.005", "more than 2 decimals"),
        ("1,2010-12-05,12345,9999999999999.00", "is larger than"),
        ("1234567890123456,2010-12-05,12345,1", "longer than 15 characters"),
        ("1,2010-12-05,1234567890123,1", "longer than 12 characters"),
        ("1,2010-12-05,12345", "3 columns instead of 4"),
        ("1,2010-12-05,12345,1,1", "5 columns instead of 4"),
        ('"1,2010-12-05,12345,1', "not readable CSV"),
        ("1\x00,2010-12-05,12345,1", "characters that cannot be read"),
        ("1" * 5000 + ",2010-12-05,12345,1", "the line is longer than 4096"),
        ("1,1999-12-05,12345,1", "no fiscal period"),
        ("536365,2010-12-01,17850,1.00", "is in the ERP already, with customer 17850"),
    ],
)
def test_a_bad_line_is_refused_by_number_and_the_rest_proceeds(load, line, reason):
    report = load(f"before,2010-12-05,12345,1.00\n{line}\n\nafter,2010-12-05,12345,1.00\n")
    assert [number for number, _ in report.refused] == [3]
    assert reason in report.refused[0][1]
    assert (report.accepted, report.added) == (2, 2)


def test_the_second_line_of_an_invoice_number_is_refused(load):
    report = load("7,2010-12-05,12345,1.00\n7,2010-12-05,12345,1.00\n7,2010-12-06,1,2.00\n")
    assert [number for number, _ in report.refused] == [3, 4]
    assert "stands already on line 2" in report.refused[0][1]
    assert report.total == Decimal("1.00")


def test_more_than_the_erps_columns_hold_together_is_refused_line_by_line(load):
    lines = [f"{n},2010-12-0{n},17850,400000000000.00" for n in (1, 2)]
    report = load("\n".join([*lines, "3,2010-12-03,17850,5.00"]))
    assert (report.accepted, report.total) == (2, Decimal("400000000005.00"))
    [(line, reason)] = report.refused
    assert (line, reason[:60]) == (
        3,
        "with it the invoices come to more than 500,000,000,000.00, w",
    )


def test_bytes_that_are_no_text_refuse_their_line_only(load):
    body = HEADER.encode() + b"\xff,2010-12-05,12345,1\r\n8,2010-12-05,12345,1\r\n"
    report = load(body)
    assert (report.accepted, [number for number, _ in report.refused]) == (1, [2])


@pytest.mark.parametrize(
    "header", ["", "536365,2010-12-01,17850,139.12\n", "invoice_no,invoice_date,customer_id\n"]
)
def test_a_missing_header_is_one_clear_error(load, erp, header):
    with pytest.raises(InvoiceFileError, match="The first line must name the columns invoice_no,"):
        load("", header=header)
    assert erp.count('"tarInvoice"') == 3


def test_a_file_whose_lines_end_with_carriage_returns_alone_is_told_so(load):
    with pytest.raises(InvoiceFileError, match="first line is not readable CSV"):
        load((HEADER + "1,2010-12-05,12345,1.00\n").replace("\n", "\r").encode())


def test_a_file_that_was_saved_as_utf_16_is_told_so(load):
    with pytest.raises(InvoiceFileError, match="saved as UTF-16; save it as UTF-8"):
        load((HEADER + "1,2010-12-05,12345,1.00\n").encode("utf-16"))


def test_a_byte_order_mark_and_another_column_order_are_read(load):
    header = "\ufefftotal_gbp,customer_id,invoice_no,invoice_date\n"
    assert load("1.00,12345,9,2010-12-05", header=header).accepted == 1


def test_rows_are_loaded_as_lines_are(url):
    rows = [("9", date(2010, 12, 5), "12345", Decimal("1.00")), ("10", "", "12345", 1)]
    report = load_invoices(url, rows)
    assert (report.accepted, report.refused) == (1, [(2, "invoice_date is empty")])


def test_invoices_of_the_same_customer_day_and_total_are_different_invoices(erp, load):
    load("20,2010-12-05,12345,5.00\n21,2010-12-05,12345,5.00\n")
    assert (erp.balance("20"), erp.balance("21")) == (5, 5)


def test_a_second_build_keeps_rows_and_adds_periods(erp):
    period = {"periods_from": date(2010, 10, 15), "periods_to": date(2011, 4, 2)}
    build(erp.url, company="SOA", currency="USD", **period)
    assert erp.count('"tarInvoice"') == 3
    dates = 'SELECT min("StartDate")::date::text, max("EndDate")::date::text, count(*)'
    assert erp.rows(f'{dates} FROM "tglFiscalPeriod"') == [("2010-10-01", "2011-04-30", 7)]


def test_a_database_of_older_scripts_gets_the_new_procedures_and_keeps_its_rows(erp):
    erp.connection.execute("UPDATE sandbox_setting SET value = 'old' WHERE name = 'version'")
    erp.connection.execute('DROP PROCEDURE tieout."PostBatch"')
    batch = erp.open_batch().document
    build(erp.url, periods_from=date(2010, 11, 1), periods_to=date(2010, 11, 1))
    assert erp.post("post", batch, 0, "0").status == 1
    assert erp.count('"tarInvoice"') == 3
