"""Money in another currency: rates come in a file, and what a payment comes to is said in full."""

import html
import re
from datetime import date

import pytest

from tests.hub import FIRST_DAY, Hub
from tests.journeys.people import Person, change_rules, text_of

RATES = "table,from,to,valid from,rate\nbank,USD,CAD,2010-11-30,1.0265\nbank,USD,CAD,{day},1.0152\n"
EURO = {
    "currency": "USD", "base": "CAD", "rate_table": "bank", "max_age_days": "7", "decimals": "",
    "excess": "refuse", "style": "1234.56",
}  # fmt: skip


@pytest.fixture
def canadian(hub: Hub, finance: Person, approver: Person) -> Hub:
    """A pair that posts in Canadian dollars; its gateway takes US dollars."""
    type(hub.pair).objects.update(currency="CAD")
    change_rules(finance, approver, hub.pair.rule_sets.get().pk, [("currencies", EURO)], FIRST_DAY)
    return hub


def load(person: Person, day: date, rates: str = RATES) -> None:
    page = person.upload("/rates/upload/", "r.csv", rates.format(day=day), origin="The bank")
    assert f"{rates.count(chr(10)) - 1} new" in text_of(page)
    text = html.unescape(re.search(r'name="text" value="([^"]*)"', page.content.decode())[1])
    person.send("/rates/upload/", origin="The bank", text=text, step="take")


def test_it_is_held_and_says_table_day_rate_and_rounding(canadian: Hub, finance: Person):
    load(finance, FIRST_DAY)
    canadian.sale("10.01")
    canadian.settle()
    said = finance.see(f"/exceptions/{finance.exception('currency_foreign')}/")
    assert "10.16 CAD by bank: 1 USD = 1.0152 CAD from 2010-12-01, rounded by -0.002152" in said
    assert canadian.receipts() == []


def test_a_rate_of_a_later_day_is_not_taken_and_without_one_nothing_is_guessed(
    canadian: Hub, finance: Person
):
    canadian.sale("10.00")
    canadian.settle()
    item = finance.exception("currency_foreign")
    assert "Table bank has no rate from USD to CAD" in finance.see(f"/exceptions/{item}/")
    load(finance, FIRST_DAY.replace(day=3))
    finance.act(item, "retry") if "Try again" in finance.see(f"/exceptions/{item}/") else None
    canadian.pass_days(1)
    assert canadian.receipts() == []
