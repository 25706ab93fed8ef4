"""The bank's own file, as it gives it: uploaded in the console, and its deposit is matched."""

import re

import pytest

from tests.hub import Hub
from tests.journeys.people import Person, text_of

ACCOUNT = "0975312468"


def bai2(day, *entries):
    lines = "".join(f"16,165,{cents},0,BANK1,{ref},MERCHANT DEPOSIT/\n" for ref, cents in entries)
    return (
        f"01,BANK,US,{day:%y%m%d},0600,1,,,2/\n02,US,BANK,1,{day:%y%m%d},,USD,2/\n"
        f"03,{ACCOUNT},,010,10000,,,015,19680,,/\n{lines}98,0,1,4/\n99,0,1,6/\n"
    )


def camt053(day, *entries):
    lines = "".join(
        f'<Ntry><Amt Ccy="USD">{cents[:-2]}.{cents[-2:]}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{ref}</EndToEndId></Refs></TxDtls></NtryDtls>"
        "<AddtlNtryInf>MERCHANT DEPOSIT</AddtlNtryInf></Ntry>"
        for ref, cents in entries
    )
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="USD">{amount}</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd></Bal>"
        for code, amount in (("OPBD", "100.00"), ("CLBD", "196.80"))
    )
    return (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        f"<Acct><Id><Othr><Id>{ACCOUNT}</Id></Othr></Id><Ccy>USD</Ccy></Acct>{balances}{lines}"
        "</Stmt></BkToCstmrStmt></Document>"
    )


def ofx(day, *entries):
    lines = "".join(
        f"<STMTTRN><TRNTYPE>DEP<DTPOSTED>{day:%Y%m%d}120000[-5:EST]<TRNAMT>{cents[:-2]}.{cents[-2:]}"
        f"<FITID>{day:%Y%m%d}{number}<NAME>MERCHANT DEPOSIT<REFNUM>{ref}</STMTTRN>\n"
        for number, (ref, cents) in enumerate(entries)
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD\n"
        f"<BANKACCTFROM><ACCTID>{ACCOUNT}\n</BANKACCTFROM><BANKTRANLIST>{lines}</BANKTRANLIST>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


FORMATS = {
    "BAI2": ("december.bai", bai2),
    "CAMT.053": ("december.xml", camt053),
    "OFX": ("december.ofx", ofx),
}


@pytest.fixture(params=FORMATS)
def bank(hub: Hub, request):
    """The hub's bank account, set up for a format."""
    row = hub.pair.bank
    row.connector = "bank_file"
    row.settings = {"format": request.param, "account": "Main", "account_number": ACCOUNT}
    row.save()
    return row, *FORMATS[request.param]


def upload(person: Person, bank, name, content):
    """What the file's page says once the hub has read it."""
    answer = person.upload("/statements/upload/", name, content, connection=bank.pk)
    return answer.request["PATH_INFO"], text_of(answer)


def sold(hub: Hub) -> str:
    """A batch of one sale; how the bank names it."""
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    return f"BATCH {hub.batch.vendor_ref}"


def test_a_deposit_of_an_uploaded_file_is_matched_and_its_batch_ties_out(hub, finance, bank):
    account, name, write = bank
    named = sold(hub)
    page, _ = upload(finance, account, name, write(hub.day, (named, "9680")))
    hub.run()
    assert re.search(r"New lines 1 ", finance.see(page))
    assert re.search(rf"{named} .*Matched", finance.see("/bank-lines/"))
    assert hub.batch.state == "tied_out"


def test_a_file_that_comes_twice_changes_nothing_and_says_so(hub, finance, bank):
    account, name, write = bank
    body = write(hub.day, ("GB1", "9680"))
    upload(finance, account, name, body)
    hub.run()
    assert "It changed nothing" in upload(finance, account, f"again-{name}", body)[1]
    page, _ = upload(finance, account, name, f"{body}\n")
    hub.run()
    assert re.search(r"New lines 0 .*Known already 1 ", finance.see(page))


def test_one_bad_entry_is_refused_by_its_place_and_the_good_one_is_matched(hub, finance, bank):
    account, name, write = bank
    named = sold(hub)
    page, _ = upload(finance, account, name, write(hub.day, ("GB1", "968O"), (named, "9680")))
    hub.run()
    assert re.search(r"Refused lines .*: '(968O|96.8O)' is not an amount", finance.see(page))
    assert finance.exception("unreadable_statement_line")
    assert hub.batch.state == "tied_out"


@pytest.mark.parametrize(
    "bank", ["BAI2", "CAMT.053"], indirect=True
)  # OFX has only the closing one
def test_a_balance_that_does_not_follow_is_said_and_the_line_is_taken(hub, finance, bank):
    account, name, write = bank
    page, _ = upload(finance, account, name, write(hub.day, ("GB1", "9681")))
    hub.run()
    assert "which differs by -0.01 USD" in finance.see(page)
    assert re.search(r"New lines 1 ", finance.see(page))
    item = finance.exception("statement_unbalanced")
    assert "which differs by -0.01 USD" in finance.see(f"/exceptions/{item}/")
    assert 'href="/statements/upload/"' in finance.source(f"/exceptions/{item}/")
    assert "Say why" in finance.refused(f"/exceptions/{item}/dismiss/", note=" ")
    finance.act(item, "dismiss", note="The bank says that the closing balance is a slip.")
    hub.run()
    assert finance.exceptions("statement_unbalanced") == []


@pytest.mark.parametrize("bank", ["BAI2", "CAMT.053"], indirect=True)
def test_the_statement_that_adds_up_is_uploaded_and_closes_it(hub, finance, bank):
    account, name, write = bank
    named = sold(hub)
    upload(finance, account, name, write(hub.day, (named, "5000")))
    hub.run()
    item = finance.exception("statement_unbalanced")
    upload(finance, account, f"whole-{name}", write(hub.day, (named, "5000"), ("GB2", "4680")))
    hub.run()
    assert "holds its lines and adds up" in finance.see(f"/exceptions/{item}/")


def test_a_file_of_another_account_is_refused_in_words(hub, finance, bank):
    account, name, write = bank
    page, _ = upload(finance, account, name, write(hub.day).replace(ACCOUNT, "111222333"))
    hub.run()
    assert f"of account 111222333; this connection is of account {ACCOUNT}" in finance.see(page)
