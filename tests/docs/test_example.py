"""The worked example of docs/accounting.md, computed with the product's own code."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest

from integrations.money import Money
from mapping.rulebook import RuleBook
from mapping.rules.accounts import AccountRow
from mapping.rules.fees import FeeRow
from reconciliation.services.deposits import deposit_draft
from reconciliation.tieout import name_difference, totals

TEXT = (Path(__file__).parents[2] / "docs" / "accounting.md").read_text()
ROLES = {"bank": "1000-00", "clearing": "1050-00", "fees": "6200-00", "differences": "6290-00"}
RULES = RuleBook(
    1,
    1,
    tuple(AccountRow(place, *role) for place, role in enumerate(ROLES.items())),
    (),
    (),
    (),
    "",
)


def usd(text):
    return Money(Decimal(text), "USD")


def batch(percent, fixed):
    contract = FeeRow(1, "", Decimal(percent), Decimal(fixed))
    sales = [(amount, contract.fee(amount)) for amount in map(usd, ("100.00", "250.00", "80.10"))]
    return totals(sales, [usd("50.00")], "USD")


def journal(paid):
    own = batch("2.9", "0.30")
    draft, _ = deposit_draft(
        SimpleNamespace(company="SOA"), "PT-7", date(2010, 12, 6), own, paid, RULES,
        name_difference(own, paid), "1050-00",
    )  # fmt: skip
    assert draft.imbalance() == 0
    return {line.account: (line.debit - line.credit).text for line in draft.lines}


def test_the_batch_comes_to_the_net_that_the_document_says():
    own = batch("2.9", "0.30")
    assert (own.sales.text, own.refunds.text, own.fees.text) == ("430.10", "50.00", "13.37")
    assert own.net == usd("366.73")
    assert "gross 430.10 − refunds 50.00 − fees 13.37 = net **366.73**" in TEXT


@pytest.mark.parametrize(
    ("paid", "difference"), [("366.73", None), (batch("3.5", "0.35").net.text, "2.73")]
)
def test_the_deposit_takes_the_batch_out_of_clearing_whatever_the_bank_paid(paid, difference):
    lines = journal(usd(paid))
    assert lines == {
        "1000-00": paid,
        "6200-00": "13.37",
        "1050-00": "-380.10",
        **({"6290-00": difference} if difference else {}),
    }
    assert all(amount.lstrip("-") in TEXT for amount in lines.values())
