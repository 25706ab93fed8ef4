"""A payment in another currency is booked at a rate; what the settlement's differs by is said."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from audit.models import Entry
from mapping.models import CurrencyRule
from mapping.services.rulesets import version_in_force
from reconciliation.choices import BatchState, DecisionState, Reason
from reconciliation.models import ExceptionItem, SettlementBatch
from reconciliation.services import desk
from reconciliation.services.bulk import runs, singles
from reconciliation.services.desk.undo import undo
from tests.builders import ExchangeRateFactory
from tests.pages import htmx
from tests.reconciliation.desk_world import APPROVER, CLEARING, DAY, FINANCE
from tests.reconciliation.test_bulk import work_off
from tests.sealed import unsealed


@pytest.fixture
def table(hub):
    """The rules convert euros by a table that says 1.25."""
    with unsealed():
        CurrencyRule.objects.create(
            version=version_in_force(hub.pair, DAY),
            position=1,
            currency="EUR",
            base="USD",
            rate_table="daily",
        )
    ExchangeRateFactory(table="daily", source="EUR", target="USD", valid_on=DAY, rate="1.25")


def foreign(hub, settled="50.00"):
    """40.00 EUR for an invoice of 50.00 USD; the gateway counts it as `settled` in its batch."""
    row = hub.payment("40.00", hub.invoice("1", "50.00"), currency="EUR")
    hub.batch.reported_sales += Decimal(settled) - 40
    hub.batch.save()
    hub.run()
    return row, hub.item(row)


def at(item, rate="", note="", actor=FINANCE):
    return singles.do(item, "book_at_rate", {"rate": rate, "note": note}, actor)


def test_a_person_books_it_at_the_tables_rate_and_the_batch_ties_out(hub, table, client):
    row, item = foreign(hub)
    client.force_login(User.objects.get(username="demo-finance"))
    panel = client.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert 'name="rate" value="1.25"' in panel
    assert f"1 EUR = 1.25 USD, daily of {DAY}: 50.00 USD" in panel
    page = client.post(f"/exceptions/{item.pk}/book_at_rate/", {"rate": "1.25"})
    assert page.status_code == 302
    hub.run()
    hub.pay_batch()
    hub.run()
    row.refresh_from_db()
    item.refresh_from_db()
    assert (f"{row.amount:.2f}", row.currency, row.rate_source) == (
        *("50.00", "USD", f"daily of {DAY}"),
    )
    assert (item.state, hub.balance(f"{hub.number}1")) == ("resolved", "0.00")
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    assert (batch.state, hub.account(CLEARING)) == (BatchState.TIED_OUT, "0.00")
    html = client.get(f"/transactions/{row.pk}/").content.decode()
    assert "booked at 1.25" in html
    assert Entry.objects.get(action="transaction.booked_at_rate").details["said"] == "40.00"


def test_what_the_settlements_own_rate_differs_by_is_explained_and_has_its_line(hub, table):
    _, item = foreign(hub, settled="49.60")
    at(item)
    hub.run()
    line = hub.pay_batch()
    line.amount -= Decimal("0.40")
    line.save()
    hub.run()
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    words = "The gateway settled 49.60 USD for 40.00 EUR, a rate of 1.240000 where 1.250000 was"
    assert batch.state == BatchState.DISCREPANT
    assert all(words in each["message"] for each in batch.reasons)
    assert {each["reason"] for each in batch.reasons} == {
        *(Reason.DEPOSIT_DIFFERS.value, Reason.CURRENCY_FOREIGN.value),
    }
    assert (hub.account(CLEARING), hub.account("6290-00")) == ("0.00", "0.40")


def test_rates_too_far_apart_explain_nothing(hub, table):
    _, item = foreign(hub, settled="40.00")
    at(item)
    hub.run()
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    asks = ExceptionItem.objects.get(batch=batch, transaction__isnull=True)
    assert (batch.state, asks.reason) == (BatchState.CLOSED, Reason.BATCH_INCOMPLETE)


def test_another_rate_needs_a_reason_and_above_the_limit_a_second_person(hub, table):
    row, item = foreign(hub)
    with pytest.raises(desk.DeskError, match="Say why it is another rate"):
        at(item, "1.26")
    run = at(item, "1.60", "The bank's letter.")
    assert (run.state, run.amounts) == ("asked", {"USD": "14.00"})
    runs.approve(run, APPROVER)
    assert work_off(run).done == 1
    row.refresh_from_db()
    assert f"{row.amount:.2f}" == "64.00"
    assert row.rate_source == f"demo-finance, instead of 1.25 by daily of {DAY}"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("a lot", "a lot is no rate such as 1.0842"),
        ("0", "A rate is above zero"),
        ("NaN", "A rate is above zero"),
        ("1.123456789", "at most 8 decimals"),
        ("90", "which nobody may"),
    ],
)
def test_what_is_no_rate_is_refused_and_nothing_changes(hub, table, rate, words):
    row, item = foreign(hub)
    with pytest.raises(desk.DeskError, match=words):
        at(item, rate, "Why not.")
    row.refresh_from_db()
    assert (row.currency, row.booked_rate) == ("EUR", None)


def test_without_a_rule_or_in_a_foreign_batch_it_says_what_to_set_up(hub, client):
    _, item = foreign(hub)
    client.force_login(User.objects.get(username="demo-finance"))
    panel = client.get(f"/exceptions/{item.pk}/", headers=htmx("panel")).content.decode()
    assert "A mapper adds a currency rule to the rule set and loads its table" in panel
    with pytest.raises(desk.DeskError, match=r"No rule converts EUR to USD. A mapper adds"):
        at(item)
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(currency="EUR")
    with pytest.raises(desk.DeskError, match="a payment route of its own that posts in EUR"):
        at(item)


def test_it_is_undone_until_the_batch_has_been_added_up(hub, table):
    row, item = foreign(hub)
    at(item)
    undo(item.bulk_items.get(), FINANCE)
    row.refresh_from_db()
    item.refresh_from_db()
    assert (f"{row.amount:.2f}", row.currency, row.booked_rate) == ("40.00", "EUR", None)
    assert (row.decision, item.state) == (DecisionState.HELD, "open")
    at(item)
    hub.run()
    with pytest.raises(desk.DeskError, match="has been added up with it"):
        undo(singles.last_done(item), FINANCE)
