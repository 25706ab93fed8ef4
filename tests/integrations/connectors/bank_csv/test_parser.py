"""Statement files line by line: good ones are read, bad ones told by number."""

import csv
import io
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import FactKind, StatementLineRecord, Unreadable, meaning_hash
from integrations.connectors.bank_csv.config import BankCsvSettings
from integrations.connectors.bank_csv.parser import parse_statement, read_amount
from integrations.errors import ConfigError, UnreadableError
from integrations.money import Money

HEADER = "date,description,reference,amount,balance\n"


def usd(text):
    return Money(Decimal(text), "USD")


def parse(text, **settings):
    read = BankCsvSettings.from_mapping({"folder": "/bank", "account": "Main"} | settings, {})
    return parse_statement(text if isinstance(text, bytes) else text.encode(), read)


def lines(text, **settings):
    return parse(HEADER + text, **settings).records


def test_a_line_is_read_with_its_number_and_its_sign():
    [line] = lines("2010-12-03,PAYTRACE DEPOSIT,GB1208,134.79,1134.79\n")
    assert (line.line_number, line.booked_on) == (2, date(2010, 12, 3))
    assert (line.description, line.reference) == ("PAYTRACE DEPOSIT", "GB1208")
    assert (line.amount, line.balance) == (usd("134.79"), usd("1134.79"))
    assert (line.fact_kind, line.occurrence) == (FactKind.BANK_LINE, 1)


def test_true_twins_stay_two_and_another_file_repeats_them():
    twin = "2010-12-03,CARD DEPOSIT,,10.00,\n"
    first, second = lines(twin + twin)
    assert (first.occurrence, second.occurrence) == (1, 2)
    assert first.external_id != second.external_id
    later = lines("2010-12-02,FEE,,-1.00,\n" + twin + twin)
    assert [line.external_id for line in later[1:]] == [first.external_id, second.external_id]
    assert meaning_hash(later[1]) == meaning_hash(first)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2010-12-03,A,,abc,\n", "line 2: 'abc' is not an amount"),
        ("2010-12-03,A,,,\n", "line 2: '' is not an amount"),
        ("2010-12-03,A,,1.234,\n", "line 2: '1.234' has more than 2 decimals for USD"),
        ('2010-12-03,A,,"12,50",\n', "line 2: '12,50' is not an amount"),
        ("2010-12-03,A,,1.00,x\n", "line 2: 'x' is not an amount"),
        ("03.12.2010,A,,1.00,\n", "line 2: '03.12.2010' is not a date like %Y-%m-%d"),
        ("2010-02-30,A,,1.00,\n", "line 2: '2010-02-30' is not a date like %Y-%m-%d"),
        ("2010-12-03,A,1.00\n", "line 2: it has 3 columns, 5 are expected"),
        ("2010-12-03,A, B,,1.00,\n", "line 2: it has 6 columns, 5 are expected"),
        ("2010-12-03,A\x00,,1.00,\n", "line 2: it holds a character that is not text"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_good_ones_proceed(text, words):
    bad, good = lines(text + "2010-12-04,GOOD,,2.00,\n")
    assert (bad.position, bad.reason, bad.fact_kind) == (2, words, FactKind.BANK_LINE)
    assert (good.line_number, good.amount) == (3, usd("2.00"))


def test_a_line_in_another_encoding_is_set_aside_alone():
    body = (HEADER + "2010-12-03,CAF\xc9,,1.00,\n").encode("windows-1252")
    [bad, good] = parse(body + b"2010-12-04,B,,2.00,\n").records
    assert (bad.reason, good.amount) == (
        "line 2: it holds characters that are not utf-8",
        usd("2.00"),
    )
    assert parse(body, encoding="windows-1252").records[0].description == "CAFÉ"


def test_bom_crlf_quotes_empty_lines_and_trailing_commas_do_no_harm():
    body = (
        "\ufeff"
        + HEADER.strip()
        + ",\r\n\r\n"
        + '2010-12-03,"A ""B"", C",,"1,000.00",,\r\n,,,,,\r\n'
    )
    [line] = parse(body).records
    assert (line.description, line.amount, line.line_number) == ('A "B", C', usd("1000.00"), 3)


def test_a_description_may_go_over_two_lines():
    first, second = lines('2010-12-03,"CARD\nDEPOSIT",,1.00,\n2010-12-04,B,,2.00,\n')
    assert (first.description, first.line_number) == ("CARD DEPOSIT", 2)
    assert second.line_number == 4


def test_a_quotation_mark_that_is_never_closed_costs_one_line_only():
    text = '2010-12-03,"OPEN,,1.00,\n' + "2010-12-04,B,,2.00,\n" * 30
    bad, *good = lines(text)
    assert "quotation mark" in bad.reason
    assert [line.line_number for line in good] == list(range(3, 33))


def test_an_inch_mark_inside_a_cell_is_just_a_character():
    first, second = lines('2010-12-03,PIPE 3",,1.00,\n2010-12-04,PIPE 4",,2.00,\n')
    assert (first.description, second.amount) == ('PIPE 3"', usd("2.00"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1234.56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("-12", "-12.00"),
        ("+12.5", "12.50"),
        ("12.00-", "-12.00"),
        ("(12.00)", "-12.00"),
        ("\u221212.00", "-12.00"),
        ("1 234.00", "1234.00"),
    ],
)
def test_amounts_are_read_as_banks_write_them(text, expected):
    assert read_amount(text, "USD", decimal_comma=False) == usd(expected)


def test_a_decimal_comma_is_a_setting():
    text = HEADER.replace(",", ";") + "2010-12-03;A;;-1.234,56;\n"
    [line] = parse(text, delimiter=";", decimal_comma=True).records
    assert line.amount == usd("-1234.56")


@given(cents=st.integers(min_value=-10_000_000_000, max_value=10_000_000_000))
def test_every_amount_comes_back_to_the_cent(cents):
    amount = usd(f"{Decimal(cents).scaleb(-2):f}").rounded()
    assert read_amount(f"{amount.amount:,.2f}", "USD", decimal_comma=False) == amount


def test_other_columns_and_dates_are_settings():
    text = "Booked,Text,Value\n12/31/2010,A,5\n"
    [line] = parse(
        text,
        date_column="booked",
        description_column="TEXT",
        amount_column="Value",
        reference_column="-",
        balance_column="-",
        date_format="%m/%d/%Y",
    ).records
    assert (line.booked_on, line.reference, line.balance) == (date(2010, 12, 31), "", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it does not name date, .*Found: nothing"),
        ("Datum,Text\n1,2\n", "does not name date, description, .* Found: Datum, Text"),
        (HEADER.replace("reference", "date"), "does not name reference"),
        ("date," + HEADER, "names date more than once"),
    ],
)
def test_a_file_without_the_columns_expected_is_refused_as_a_whole(text, words):
    with pytest.raises(UnreadableError, match=words):
        parse(text)


def test_a_file_in_utf_16_says_what_to_do():
    with pytest.raises(UnreadableError, match="save it as UTF-8"):
        parse(HEADER.encode("utf-16"))


def test_a_balance_that_does_not_follow_is_a_warning_and_the_line_stays():
    parsed = parse(HEADER + "2010-12-01,A,,5.00,5.00\n2010-12-02,B,,2.00,8.00\n")
    assert all(isinstance(record, StatementLineRecord) for record in parsed.records)
    assert parsed.warnings == ["Line 3: the balance is 8.00 USD, not 7.00 USD."]


def test_a_statement_may_have_its_newest_line_first():
    rows = "2010-12-03,C,,1.00,8.00\n2010-12-02,B,,2.00,7.00\n2010-12-01,A,,5.00,5.00\n"
    assert parse(HEADER + rows).warnings == []


def test_an_unreadable_line_breaks_the_chain_of_balances_without_a_warning():
    parsed = parse(HEADER + "2010-12-01,A,,5.00,5.00\nbad\n2010-12-02,B,,2.00,9.00\n")
    assert isinstance(parsed.records[1], Unreadable)
    assert parsed.warnings == []


def test_a_card_number_in_a_bad_line_is_not_quoted():
    [bad] = lines("2010-12-03,A,,4111111111111111x,\n")
    assert "411111111111" not in bad.reason


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"folder": "relative"}, "folder"),
        ({"date_format": "%Y"}, "date_format"),
        ({"currency": "usd"}, "currency"),
        ({"pattern": "../*"}, "pattern"),
        ({"amount_column": "Balance"}, "amount_column"),
        ({"delimiter": "x"}, "delimiter"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings, setting):
    with pytest.raises(ConfigError) as raised:
        parse(HEADER, **settings)
    assert raised.value.setting == setting


@given(st.binary(max_size=200), st.booleans())
def test_no_file_breaks_it(body, has_header):
    with suppress(UnreadableError):
        assert parse(HEADER.encode() + body if has_header else body).records is not None


CELLS = st.sampled_from(["2010-12-03", "A", "1.00", "-1,000.00", "", " "]) | st.text(max_size=9)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=8))
def test_each_line_is_a_record_or_says_why_it_is_none(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    told = [row for row in rows if any(cell.strip() for cell in row)]
    # A row over several lines that does not fit is told line by line.
    assert len(lines(text.getvalue())) >= len(told)
