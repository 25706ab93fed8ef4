"""Euros for a pair that posts in dollars: a rule books them at its table's rate, by itself.

PayTrace tells no currency. So that a payment has one, the words "charged 40.00 EUR" in its
description stand here for a gateway that says what the card was charged beside what it settles.
"""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.connectors.paytrace import parser
from integrations.money import Money
from tests.hub import FIRST_DAY, Hub
from tests.journeys.people import Person, change_rules
from tests.journeys.test_other_currency import load as load_rates

RATES = "table,from,to,valid from,rate\nbank,EUR,USD,{day},1.2503\n"
EURO = {
    "currency": "EUR", "base": "USD", "rate_table": "bank", "max_age_days": "7", "decimals": "",
    "excess": "refuse", "style": "1234.56",
}  # fmt: skip
ALONE = EURO | {"alone_days": "1", "alone_up_to": "500"}
BEGUN = FIRST_DAY.replace(month=11)


@pytest.fixture(autouse=True)
def tells_currencies(monkeypatch):
    read = parser._transaction

    def reading(row, *more):
        found = re.search(r"charged ([\d.]+) ([A-Z]{3})", str(row.get("description")))
        charged = Money(Decimal(found[1]), found[2]) if found else None
        return replace(read(row, *more), **({"amount": charged} if charged else {}))

    monkeypatch.setattr(parser, "_transaction", reading)


@pytest.fixture
def by_itself(hub: Hub, finance: Person, approver: Person) -> Hub:
    change_rules(finance, approver, hub.pair.rule_sets.get().pk, [("currencies", ALONE)], FIRST_DAY)
    return hub


def load(person: Person, day) -> None:
    load_rates(person, day, RATES)


def euros(hub: Hub, said: str, settled: str, invoice: str) -> str:
    """A sale of so many euros that the gateway settles for so many dollars."""
    return hub.sale(settled, invoice, description=f"charged {said} EUR")


def test_it_is_posted_converted_and_ties_out_with_the_difference_of_the_rates(
    by_itself: Hub, finance: Person
):
    hub = by_itself
    load(finance, FIRST_DAY)
    hub.invoice("536365", "50.02")
    sale = euros(hub, "40.01", "49.70", "536365")
    hub.settle()
    assert finance.exceptions("currency_foreign") == []
    assert (hub.receipts(), hub.balance("536365")) == (["50.02"], "0.00")
    [(comment,)] = hub.sql('SELECT "TranCmnt" FROM "tarCustPmt" WHERE "PmtRefNo" = %s', sale)
    assert comment == f"{sale} EUR x1.2503 bank {FIRST_DAY} r-.0045"
    hub.bank((f"BATCH {hub.batch.vendor_ref}", f"{hub.batch.net_amount - Decimal('0.32'):.2f}"))
    assert (hub.batch.state, hub.ledger()["6290-00"]) == ("discrepant", "0.32")
    proof = finance.see(f"/batches/{hub.batch.pk}/")
    assert "The gateway settled 49.70 USD for 40.01 EUR, a rate of 1.242189 where" in proof
    assert "1050-00" not in {account for account, left in hub.ledger().items() if left != "0.00"}


def test_page_document_file_and_api_say_rate_source_day_rounding_and_rule(
    by_itself: Hub, finance: Person
):
    load(finance, FIRST_DAY)
    sale = euros(by_itself, "40.01", "49.70", "")
    by_itself.settle()
    said = f"booked at 1.2503 by bank of {FIRST_DAY}, rounded by -0.004503, booked by the rule"
    assert said in finance.transaction(sale)
    assert said in finance.documents_of(sale)
    sheet = finance.browser.get("/transactions/", {"export": "csv"})
    rows = b"".join(sheet.streaming_content).decode()
    assert (
        f"EUR,1.25030000,bank of {FIRST_DAY},{FIRST_DAY},-0.00450300000,the rule currency 1" in rows
    )
    [found] = [row for row in finance.json("transactions") if row["vendor_id"] == sale]
    assert (found["conversion"]["table"], found["conversion"]["rounding"]) == ("bank", "-0.004503")


def test_a_refund_says_it_on_its_journal_and_on_each_line(by_itself: Hub, finance: Person):
    hub = by_itself
    load(finance, FIRST_DAY)
    sale = euros(hub, "40.00", "50.01", "")
    hub.settle()
    load_next = RATES.replace("1.2503", "1.25")
    load_rates(finance, hub.day, load_next)
    refund = hub.refund(sale, "50.01", description="charged 40.00 EUR")
    hub.settle()
    lines = hub.sql('SELECT "ExtCmnt" FROM "tglTransaction" WHERE "ExtCmnt" LIKE %s', f"{refund}%")
    words = f"{refund} (40.00 EUR at 1.25 by bank of {FIRST_DAY + timedelta(days=1)}, rounded by 0)"
    assert [text for (text,) in lines] == [words] * 2


def test_a_rate_that_is_too_old_asks_a_person_who_books_it(by_itself: Hub, finance: Person):
    hub = by_itself
    load(finance, FIRST_DAY - timedelta(days=3))
    euros(hub, "40.00", "50.00", "")
    hub.settle()
    item = finance.exception("currency_foreign")
    said = finance.see(f"/exceptions/{item}/")
    assert "3 days old; the rule takes one of at most 1 by itself" in said
    assert hub.receipts() == []
    finance.act(item, "book_at_rate", rate="1.25", note="The bank's letter.")
    hub.run()
    assert hub.receipts() == ["50.00"]


def test_a_later_version_without_the_rule_decides_nothing_again(
    by_itself: Hub, finance: Person, approver: Person
):
    hub = by_itself
    load(finance, FIRST_DAY)
    sale = euros(hub, "40.00", "50.00", "")
    hub.settle()
    [posted] = finance.json("transactions")
    newest = hub.pair.rule_sets.order_by("-number").first()
    change_rules(finance, approver, newest.pk, [("currencies", EURO)], hub.day, work=hub.run)
    second = euros(hub, "20.00", "25.00", "")
    hub.settle()
    [first] = [row for row in finance.json("transactions") if row["vendor_id"] == sale]
    assert (hub.receipts(), first) == (["50.01"], posted)
    assert "20.00 EUR" in finance.see(f"/exceptions/{finance.exception('currency_foreign')}/")
    assert "Open it on the desk" in finance.transaction(second)
