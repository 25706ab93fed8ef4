"""CAMT.053 of every version: entries, their parts, states, balances; and what is not trusted."""

from contextlib import suppress
from datetime import date
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.canonical import Unreadable
from integrations.errors import UnreadableError
from tests.integrations.connectors.bank_file.reading import ACCOUNT, parse, read, refused, usd

VERSIONS = ["02", "03", "04", "06", "08", "10", "13"]


def details(reference="", amount="", direction="", text=""):
    money = f'<Amt Ccy="USD">{amount}</Amt>' if amount else ""
    way = f"<CdtDbtInd>{direction}</CdtDbtInd>" if direction else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{reference or 'NOTPROVIDED'}</EndToEndId></Refs>{money}{way}"
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )


def entry(
    amount="96.80",
    direction="CRDT",
    status="BOOK",
    day="<BookgDt><Dt>2010-12-03</Dt></BookgDt>",
    parts="",
    more="",
    currency="USD",
    reference="BANK1",
):
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>{more}'
        f"<Sts>{status}</Sts>{day}<AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<NtryDtls>{parts}</NtryDtls><AddtlNtryInf>MERCHANT DEPOSIT</AddtlNtryInf></Ntry>"
    )


def balance(code, amount, direction="CRDT"):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="USD">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd></Bal>'
    )


def statement(*entries, balances="", account=f"<Othr><Id>{ACCOUNT}</Id></Othr>", more=""):
    return (
        f"<Stmt><Id>S1</Id><Acct><Id>{account}</Id><Ccy>USD</Ccy></Acct>{balances}{more}"
        f"{''.join(entries)}</Stmt>"
    )


def document(*statements, version="02"):
    name = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{name}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>{''.join(statements)}</BkToCstmrStmt></Document>"
    )


def entries(*given, **more):
    return parse("CAMT.053", document(statement(*given, **more)))


@pytest.mark.parametrize("version", VERSIONS)
def test_an_entry_of_each_version_is_read_with_its_place_day_and_sign(version):
    state = "BOOK" if version < "08" else "<Cd>BOOK</Cd>"
    parts = details("BATCH 7", text="DECEMBER")
    given = entry(status=state, parts=parts), entry("5.00", "DBIT", state)
    deposit, fee = parse("CAMT.053", document(statement(*given), version=version)).records
    assert (deposit.line_number, deposit.booked_on) == (1, date(2010, 12, 3))
    assert (deposit.amount, deposit.reference) == (usd("96.80"), "BATCH 7")
    assert (deposit.description, fee.amount) == ("DECEMBER MERCHANT DEPOSIT", usd("-5.00"))


@pytest.mark.parametrize(("direction", "amount"), [("CRDT", "96.80"), ("DBIT", "-96.80")])
def test_a_reversal_goes_the_way_that_it_says_itself(direction, amount):
    [line] = entries(entry(direction=direction, more="<RvslInd>true</RvslInd>")).records
    assert line.amount == usd(amount)
    assert line.description == "MERCHANT DEPOSIT (reversal)"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (entry("12,50"), "entry 1 (BANK1): '12,50' is not an amount"),
        (entry("-12.50"), "entry 1 (BANK1): '-12.50' is not an amount"),
        (entry("1_0"), "entry 1 (BANK1): '1_0' is not an amount"),
        (entry("1.005"), "entry 1 (BANK1): '1.005' has more than 2 decimals for USD"),
        (entry(currency=""), "entry 1 (BANK1): '' is not a currency code"),
        (entry(currency="EUR"), "entry 1: it is in EUR, its account in USD"),
        (entry(direction="IN"), "entry 1 (BANK1): CdtDbtInd 'IN' does not say"),
        (entry(status="XXXX"), "entry 1 (BANK1): its status 'XXXX' does not say that it is booked"),
        (entry(day=""), "entry 1 (BANK1): it has no booking date"),
        (entry(day="<BookgDt><Dt>03.12.2010</Dt></BookgDt>"), "'03.12.2010' is not a date"),
        (entry(day="<BookgDt><DtTm>noon</DtTm></BookgDt>"), "'noon' is not a moment"),
    ],
)
def test_a_bad_entry_is_told_by_its_place_and_the_good_ones_proceed(bad, words):
    found = entries(bad, entry("2.00"))
    [said] = refused(found)
    assert words in said
    assert read(found) == ["2.00"]


def test_what_is_not_booked_is_left_out_and_said():
    found = entries(entry(status="PDNG"), entry("2.00"), entry(status="<Cd>INFO</Cd>"))
    assert read(found) == ["2.00"]
    assert found.remarks == [
        "Statement S1: 1 entry left out, not booked yet (PDNG).",
        "Statement S1: 1 entry left out, not booked yet (INFO).",
    ]


def test_an_entry_of_several_payments_that_add_up_is_a_line_for_each():
    parts = details("BATCH 7", "90.00") + details("BATCH 8", "6.80")
    found = entries(entry(parts=parts))
    assert [(r.amount.text, r.reference) for r in found.records] == [
        ("90.00", "BATCH 7"),
        ("6.80", "BATCH 8"),
    ]
    assert found.warnings == []


def test_parts_may_go_the_other_way():
    parts = details("BATCH 7", "100.00") + details("FEE", "3.20", "DBIT")
    assert read(entries(entry(parts=parts))) == ["100.00", "-3.20"]


def test_parts_that_do_not_add_up_are_one_line_and_it_is_said():
    parts = details("BATCH 7", "90.00") + details("BATCH 8", "6.00")
    found = entries(entry(parts=parts))
    [line] = found.records
    assert (line.amount, line.reference) == (usd("96.80"), "BATCH 7 BATCH 8")
    assert found.warnings == ["Entry 1: its 2 parts do not come to 96.80 USD; it is one line."]


def test_parts_without_amounts_are_one_line():
    found = entries(entry(parts=details("BATCH 7") + details("BATCH 8")))
    assert (read(found), found.warnings) == (["96.80"], [])


def test_the_day_of_a_moment_is_the_banks_unless_the_account_has_a_zone():
    given = entry(day="<BookgDt><DtTm>2010-12-03T23:30:00+01:00</DtTm></BookgDt>")
    body = document(statement(given))
    days = [
        parse("CAMT.053", body, time_zone=zone).records[0].booked_on
        for zone in ("", "Europe/Berlin", "Asia/Tokyo")
    ]
    assert days == [date(2010, 12, 3), date(2010, 12, 3), date(2010, 12, 4)]


def test_opening_and_closing_balance_have_to_fit_the_entries():
    given = entry("10.00"), entry("4.00", "DBIT")
    fits = balance("OPBD", "5.00", "DBIT") + balance("CLBD", "1.00")
    assert entries(*given, balances=fits).warnings == []
    wrong = balance("PRCD", "5.00") + balance("CLBD", "11.50")
    [said] = entries(*given, balances=wrong).warnings
    assert said == (
        "Statement S1: the opening balance 5.00 USD and 2 entries come to 11.00 USD, but the"
        " closing balance is 11.50 USD, which differs by 0.50 USD."
    )


def test_an_opening_balance_of_zero_is_one():
    wrong = balance("OPBD", "0.00") + balance("CLBD", "1.00")
    assert len(entries(entry("10.00"), balances=wrong).warnings) == 1


def test_a_statement_in_pages_has_interim_balances():
    first = statement(entry("1.00"), balances=balance("OPBD", "5.00") + balance("ITBD", "6.00"))
    last = statement(entry("2.00"), balances=balance("ITBD", "6.00") + balance("CLBD", "9.00"))
    [said] = parse("CAMT.053", document(first, last)).warnings
    assert "come to 8.00 USD, but the closing balance is 9.00 USD" in said


def test_a_missing_entry_is_noticed_by_their_number():
    more = "<TxsSummry><TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries></TxsSummry>"
    found = entries(entry("1.00"), entry("2.00"), more=more)
    assert found.warnings == ["Statement S1: it says that it has 3 entries, and has 2."]


def test_an_iban_is_compared_without_its_blanks():
    body = document(statement(entry(), account="<IBAN>DE89370400440532013000</IBAN>"))
    number = "DE89 3704 0044 0532 0130 00"
    assert read(parse("CAMT.053", body, account_number=number)) == ["96.80"]
    with pytest.raises(UnreadableError, match="this connection is of account 0975312468"):
        parse("CAMT.053", body)


def test_an_entry_outside_of_a_statement_is_not_lost():
    body = document(statement(entry("1.00")), entry("2.00"))
    found = parse("CAMT.053", body)
    assert (read(found), refused(found)) == (["1.00"], ["entry 2: it stands in no statement"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252", "iso-8859-1"])
def test_a_file_is_read_in_its_own_encoding(encoding):
    text = document(statement(entry(parts=details(text="CAFÉ")))).replace("UTF-8", encoding)
    [line] = parse("CAMT.053", text.encode(encoding)).records
    assert line.description.startswith("CAFÉ")
    if encoding == "utf-8":
        assert read(parse("CAMT.053", b"\xef\xbb\xbf" + text.encode())) == ["96.80"]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
FAR = '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">'


@pytest.mark.parametrize("head", [LAUGHS, OUTSIDE, FAR, "<!DOCTYPE x>"])
def test_a_file_with_a_document_type_is_refused_before_anything_is_looked_up(head):
    body = document(statement(entry(parts=details(text="&a;"))))
    with pytest.raises(UnreadableError, match="declares a document type or entities"):
        parse("CAMT.053", body.replace("<Document", f"{head}<Document", 1))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda body: body[:-40], "no well-formed XML, or it was cut off"),
        (lambda body: body.replace("<Ntry>", "<Ntry>" + "<a>" * 200), "nested deeper"),
        (lambda body: body.replace("UTF-8", "klingon"), "encoding that cannot be read|well-formed"),
        (lambda body: body.replace("<Id>S1</Id>", "<Stmt></Stmt>"), "statement within a statement"),
        (lambda body: body.replace("Stmt>", "Rpt>"), "no statement of an account|something else"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(spoil, words):
    with pytest.raises(UnreadableError, match=words):
        parse("CAMT.053", spoil(document(statement(entry()))))


WORDS = st.sampled_from(["96.80", "CRDT", "DBIT", "BOOK", "PDNG", "2010-12-03", "", "USD"])
TEXTS = WORDS | st.text(max_size=8).map(escape)
ENTRIES = st.lists(
    st.builds(
        entry,
        amount=TEXTS,
        direction=TEXTS,
        status=TEXTS,
        parts=st.lists(st.builds(details, TEXTS, TEXTS, TEXTS, TEXTS), max_size=3).map("".join),
    ),
    max_size=5,
)


@given(ENTRIES)
def test_every_entry_is_a_line_or_says_why_it_is_none(given):
    with suppress(UnreadableError):  # characters that no XML can hold
        found = entries(*given)
        numbers = {
            r.position if isinstance(r, Unreadable) else r.line_number for r in found.records
        }
        left_out = sum(int(said.split()[2]) for said in found.remarks)
        assert len(numbers) + left_out == len(given)


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_break_it(body, has_head):
    head, tail = document(statement(entry())).split("<Ntry>")
    with suppress(UnreadableError):
        whole = head.encode() + body + tail.encode() if has_head else body
        assert parse("CAMT.053", whole).records is not None
