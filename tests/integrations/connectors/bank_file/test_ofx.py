"""OFX 1.x (SGML) and 2.x (XML): entries by FITID, days with zones, what is not trusted."""

import re
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.bank_file.ofx import read_ofx
from integrations.errors import UnreadableError
from tests.integrations.connectors.bank_file.reading import ACCOUNT, parse, read, refused, usd

SGML = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211"?>\n'


def field(name, value, *, xml):
    return f"<{name}>{value}</{name}>" if xml else f"<{name}>{value}\n"


def entry(
    amount="96.80",
    fitid="F1",
    day="20101203",
    name="MERCHANT DEPOSIT",
    *,
    xml=False,
    more="",
    **others,
):
    given = {"TRNTYPE": "OTHER", "DTPOSTED": day, "TRNAMT": amount, "FITID": fitid, "NAME": name}
    inside = "".join(field(*each, xml=xml) for each in (given | others).items())
    return f"<STMTTRN>\n{inside}{more}</STMTTRN>\n"


def statement(*entries, xml=False, account=ACCOUNT, currency="USD"):
    return (
        f"<STMTRS>{field('CURDEF', currency, xml=xml)}<BANKACCTFROM>"
        f"{field('BANKID', '122099999', xml=xml)}{field('ACCTID', account, xml=xml)}"
        f"</BANKACCTFROM><BANKTRANLIST>{''.join(entries)}</BANKTRANLIST>"
        f"<LEDGERBAL>{field('BALAMT', '100.00', xml=xml)}</LEDGERBAL></STMTRS>\n"
    )


def document(*statements, head=SGML):
    return (
        f"{head}<OFX><SIGNONMSGSRSV1></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS>\n"
        f"{''.join(statements)}</STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


def entries(*given):
    return parse("OFX", document(statement(*given)))


@pytest.mark.parametrize("xml", [False, True])
def test_an_entry_is_read_with_its_line_day_and_sign_in_sgml_and_xml(xml):
    given = (
        entry(xml=xml, REFNUM="BATCH 7", MEMO="A &amp; B"),
        entry("-5,00", "F2", name="FEE", xml=xml, CHECKNUM="12"),
    )
    body = document(statement(*given, xml=xml), head=XML if xml else SGML)
    deposit, fee = parse("OFX", body).records
    assert (deposit.booked_on, deposit.amount) == (date(2010, 12, 3), usd("96.80"))
    assert (deposit.description, deposit.reference) == ("MERCHANT DEPOSIT A & B", "BATCH 7")
    assert (fee.amount, fee.reference) == (usd("-5.00"), "12")
    assert body.splitlines()[deposit.line_number - 1].endswith("<STMTTRN>")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"amount": "1,234.56"}, "FITID F1: '1,234.56' is not an amount"),
        ({"amount": ""}, "FITID F1: '' is not an amount"),
        ({"amount": "1.005"}, "FITID F1: '1.005' has more than 2 decimals for USD"),
        ({"day": "2010-12-03"}, "FITID F1: '2010-12-03' is not a date like 20101231"),
        ({"day": "20101331"}, "FITID F1: '20101331' is not a date like 20101231"),
        ({"day": "20101203250000[0:GMT]"}, "[0:GMT]' is not a date like 20101231"),
        ({"TRNTYPE": "DEBIT"}, "'96.80' and the type DEBIT say different directions"),
        ({"CORRECTFITID": "F0", "CORRECTACTION": "DELETE"}, "wants to delete the entry F0"),
        ({"more": "<TRNAMT>1.00\n"}, "FITID F1: it has more than one TRNAMT"),
        (
            {"more": "<CURRENCY><CURRATE>1.3\n<CURSYM>EUR\n</CURRENCY>"},
            "FITID F1: it is in EUR, its account in USD",
        ),
    ],
)
def test_a_bad_entry_is_told_by_line_and_fitid_and_the_good_ones_proceed(given, words):
    found = entries(entry(**given), entry("2.00", "F2"))
    [said] = refused(found)
    assert re.match(r"line \d+, FITID F1: ", said)
    assert words in said
    assert read(found) == ["2.00"]


@pytest.mark.parametrize(
    "text",
    [
        "20101203",
        "201012032130",
        "20101203213000",
        "20101203213000.000",
        "20101203213000[-5:EST]",
        "20101203213000.000[-5.00:EST]",
        "20101203213000 [-5]",
    ],
)
def test_the_day_is_the_one_that_the_bank_writes(text):
    [line] = entries(entry(day=text)).records
    assert line.booked_on == date(2010, 12, 3)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20101203213000[-8:PST]", 4),
        ("20101203213000[-5:EST]", 3),
        ("20101204013000[0:GMT]", 3),
        ("20101204013000[+5.5:IST]", 3),
        ("20101204", 4),
        ("20101204013000", 4),
    ],
)
def test_with_a_zone_of_the_account_a_moment_with_an_offset_is_of_the_day_there(text, day):
    body = document(statement(entry(day=text)))
    [line] = parse("OFX", body, time_zone="America/New_York").records
    assert line.booked_on == date(2010, 12, day)


def test_an_entry_that_comes_again_under_its_id_is_the_same_however_it_is_worded():
    [first] = entries(entry(name="PENDING DEPOSIT")).records
    [again] = entries(entry(name="MERCHANT DEPOSIT", MEMO="SETTLED")).records
    assert first.external_id == again.external_id


def test_twins_with_ids_of_their_own_stay_two_and_an_id_used_again_for_other_money_is_other():
    lines = entries(entry(), entry(fitid="F2"), entry("5.00"), entry(day="20101204")).records
    assert len({line.external_id for line in lines}) == 4


@pytest.mark.parametrize("fitid", ["", "[card number removed]"])
def test_without_an_id_true_twins_stay_two(fitid):
    first, second = entries(entry(fitid=fitid), entry(fitid=fitid)).records
    assert first.external_id != second.external_id


def test_fields_of_an_inner_part_are_not_the_entrys():
    inner = "<BANKACCTTO><BANKID>1\n<ACCTID>999\n</BANKACCTTO><PAYEE><NAME>SHOP\n</PAYEE>"
    origin = "<ORIGCURRENCY><CURRATE>1.3\n<CURSYM>EUR\n</ORIGCURRENCY>"
    [line] = entries(entry(name="", more=inner + origin)).records
    assert (line.description, line.amount) == ("SHOP", usd("96.80"))


def test_what_is_not_booked_is_left_out_and_said():
    pending = "<STMTTRNP><TRNAMT>1.00\n<NAME>X\n</STMTTRNP>"
    body = document(statement(entry())).replace("<LEDGERBAL>", f"{pending}<LEDGERBAL>")
    found = parse("OFX", body)
    assert read(found) == ["96.80"]
    assert found.remarks == ["The statement in line 8: 1 entry left out, not booked yet."]


def test_a_file_that_was_cut_off_says_so_and_its_last_entry_is_not_believed():
    body = document(statement(entry("1.00"), entry("968000.00", "F2")))
    found = parse("OFX", body[: body.index("8000.00")])
    assert read(found) == ["1.00"]
    assert "the file breaks off here" in refused(found)[0]
    assert found.warnings == ["The file has no end (</OFX>): it may be cut off."]


def test_other_accounts_currencies_and_cards_are_not_taken():
    found = parse("OFX", document(statement(entry()), statement(entry("5.00"), account="1")))
    assert read(found) == ["96.80"]
    assert "1 entry was left out, of account 1 in USD" in found.remarks[0]
    with pytest.raises(UnreadableError, match="in EUR; this connection is in USD"):
        parse("OFX", document(statement(entry(), currency="EUR")))
    with pytest.raises(UnreadableError, match="holds no statement"):
        parse("OFX", document())


def test_an_entry_outside_of_a_statement_is_not_lost():
    found = parse("OFX", document(statement(entry()), entry("5.00", "F2")))
    assert read(found) == ["96.80"]
    assert "FITID F2: it stands in no bank statement" in refused(found)[0]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [(SGML, "windows-1252"), (SGML, "utf-8"), (XML, "utf-8-sig"), (XML, "utf-16")],
)
def test_a_file_is_read_in_its_encoding(head, encoding):
    body = document(statement(entry(name="CAFÉ")), head=head).encode(encoding)
    assert parse("OFX", body).records[0].description == "CAFÉ"


def test_characters_that_are_escaped_and_comments_do_no_harm():
    memo = "<MEMO><![CDATA[1 < 2 <B>]]></MEMO><!-- <STMTTRN> \n -->"
    [line] = entries(entry(name="A &lt;&#38;", more=memo)).records
    assert line.description == "A <& 1 < 2 <B>"


@pytest.mark.parametrize("declared", ['<!DOCTYPE OFX [<!ENTITY a "b">]>', "<!ENTITY a 'b'>"])
def test_a_file_with_a_document_type_is_refused(declared):
    body = document(statement(entry()), head=XML + declared)
    with pytest.raises(UnreadableError, match="declares a document type or entities"):
        parse("OFX", body)


def test_begun_comments_take_no_longer_than_their_length():
    body = document(statement(entry(name="<!--" * 100_000)))
    assert read(parse("OFX", body)) == ["96.80"]


WORDS = st.sampled_from(["96.80", "-5", "20101203", "F1", "DEBIT", "USD", ""])
TEXTS = WORDS | st.text(st.characters(codec="utf-8", exclude_characters="<>"), max_size=8)
ENTRIES = st.lists(st.builds(entry, TEXTS, TEXTS, TEXTS, TEXTS, xml=st.booleans()), max_size=6)


@given(ENTRIES)
def test_every_entry_is_a_line_or_says_why_it_is_none(given):
    assert len(entries(*given).records) == len(given)


@given(st.lists(st.sampled_from(["<STMTTRN>", "</STMTTRN>", "<STMTRS>", "<A>1", "</OFX>"])))
def test_whatever_the_order_of_tags_each_entry_that_begins_has_an_end(tags):
    body = (SGML + "<OFX>" + "\n".join(tags)).encode()
    found = read_ofx(body, "USD", None)
    told = sum(len(each.entries) for each in found.statements) + len(found.loose)
    assert told == tags.count("<STMTTRN>")


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_it(body, has_head):
    head, tail = document(statement(entry())).split("<STMTTRN>")
    with suppress(UnreadableError):
        whole = head.encode() + b"<STMTTRN>" + body + tail.encode() if has_head else body
        assert parse("OFX", whole).records is not None
