"""Whatever the format: whose file it is, in which currency, and settings that make sense."""

import pytest

from integrations.connectors.bank_file import statements
from integrations.errors import ConfigError, UnreadableError
from tests.integrations.connectors.bank_file.reading import parse, read, refused, settings
from tests.integrations.connectors.bank_file.test_bai2 import bai2, entries

DEPOSIT = "16,165,100,0,,,A/"


def test_a_file_of_another_account_is_refused_with_both_numbers():
    with pytest.raises(UnreadableError, match=r"of account 111; .* of account 0975312468\."):
        entries(DEPOSIT, account="111,USD")


@pytest.mark.parametrize("written", ["0975312468", "975312468", "09753-12468", "0975 312 468"])
def test_account_numbers_are_compared_without_signs_and_zeros_in_front(written):
    assert read(entries(DEPOSIT, account=f"{written},USD")) == ["1.00"]


def test_other_accounts_of_the_file_are_left_out_and_said():
    other = f"03,111,USD,,,,/\n{DEPOSIT}\n49,100,3/\n"
    found = parse("BAI2", bai2(DEPOSIT).replace("98,", f"{other}98,"))
    assert read(found) == ["1.00"]
    assert found.remarks == [
        "1 entry was left out, of account 111 in USD: this connection reads one account."
    ]
    assert found.warnings == []


def test_many_other_accounts_are_one_sentence():
    others = "".join(f"03,{n},USD,,,,/\n{DEPOSIT}\n49,100,3/\n" for n in (1, 2, 3))
    found = parse("BAI2", bai2(DEPOSIT).replace("98,", f"{others}98,"))
    assert found.remarks[0].startswith("3 entries were left out, of 3 other accounts")


def test_a_file_in_another_currency_is_refused():
    with pytest.raises(UnreadableError, match="in EUR; this connection is in USD"):
        entries(DEPOSIT, account="0975312468,EUR")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("date,description\n", "and this is something else"),
        ("PK\x03\x04", "a ZIP archive or a workbook; unpack it first"),
        ("%PDF-1.4", "a PDF; ask the bank for the data file"),
        (":20:STARTUMS", "an MT940 statement"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.052.001.02'>", "CAMT.052"),
        ("<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.02'>", "a CAMT.053 file"),
        ("OFXHEADER:100\n<OFX>", "an OFX file"),
        ("", "something else"),
    ],
)
def test_a_file_of_another_format_is_refused_by_its_name(body, words):
    with pytest.raises(UnreadableError, match="statements are BAI2 files, and this is") as raised:
        parse("BAI2", body)
    assert words in raised.value.message


def test_a_file_with_no_account_says_so():
    with pytest.raises(UnreadableError, match="holds no statement of an account"):
        parse("BAI2", "01,A,B,101204,0600,1,,,2/\n99,0,0,2/\n")


def test_a_file_with_too_many_entries_is_refused_as_a_whole(monkeypatch):
    monkeypatch.setattr(statements, "MOST_ENTRIES", 2)
    assert read(entries(DEPOSIT, DEPOSIT)) == ["1.00", "1.00"]
    with pytest.raises(UnreadableError, match="more than 2 entries; split it"):
        entries(DEPOSIT, DEPOSIT, DEPOSIT)


def test_what_cannot_be_stored_as_text_is_refused_with_its_entry():
    found = entries("16,165,100,0,,,A\x00B/", "16,165,200,0,,,B/")
    assert refused(found) == ["line 4: it holds a character that is not text"]
    assert read(found) == ["2.00"]


def test_a_card_number_is_not_quoted():
    found = entries("16,165,4111111111111111x,0,,,A/")
    assert "411111111111" not in refused(found)[0]


def test_the_text_can_be_what_a_payment_is_known_by_and_the_line_stays_the_same():
    [line] = entries("16,165,100,0,,4711,BATCH 7/").records
    [known] = parse("BAI2", bai2("16,165,100,0,,4711,BATCH 7/"), reference_from="text").records
    assert (line.reference, known.reference) == ("4711", "BATCH 7")
    assert line.external_id == known.external_id


@pytest.mark.parametrize(
    ("given", "setting"),
    [
        ({"folder": "relative"}, "folder"),
        ({"currency": "usd"}, "currency"),
        ({"pattern": "../*"}, "pattern"),
        ({"account_number": "--"}, "account_number"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"reference_from": "x"}, "reference_from"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(given, setting):
    with pytest.raises(ConfigError) as raised:
        settings("BAI2", **given)
    assert raised.value.setting == setting
