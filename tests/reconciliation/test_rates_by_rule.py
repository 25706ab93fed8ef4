"""A rule books a payment in another currency by itself: all as when a person does it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from audit.models import Entry
from integrations.money import Money
from mapping.models import CurrencyRule, RuleSetVersion
from mapping.services import versions
from mapping.services.rulesets import version_in_force
from reconciliation.choices import BatchState, DecisionState
from reconciliation.models import SettlementBatch
from reconciliation.services import checked_again, desk
from reconciliation.services.booked_rates import follow
from reconciliation.services.bulk import singles
from reconciliation.services.desk.undo import undo
from tests.builders import ExchangeRateFactory
from tests.reconciliation.desk_world import CLEARING, DAY, FINANCE, MAPPER
from tests.reconciliation.test_desk_at_rate import at
from tests.reconciliation.test_impact import counts, replay
from tests.sealed import unsealed

RULE = "rule:currency 1 of version 1"
ROW = {"position": 1, "currency": "EUR", "base": "USD", "rate_table": "daily"}


def rate(value="1.25", days_ago=0):
    day = DAY - timedelta(days=days_ago)
    ExchangeRateFactory(table="daily", source="EUR", target="USD", valid_on=day, rate=value)


@pytest.fixture
def alone(hub):
    """Euros are booked without a person, at a rate of yesterday at the oldest, up to 100 USD."""
    with unsealed():
        return CurrencyRule.objects.create(
            version=version_in_force(hub.pair, DAY), alone_days=1, alone_up_to=100, **ROW
        )


def euros(hub, amount="40.00", usd="50.00"):
    row = hub.payment(amount, hub.invoice("1", usd), currency="EUR")
    hub.batch.reported_sales += int(float(usd)) - int(float(amount))
    hub.batch.save()
    hub.run()
    row.refresh_from_db()
    return row


def test_it_is_posted_without_a_person_and_everything_is_recorded(hub, alone):
    rate(days_ago=1)
    row = euros(hub)
    hub.pay_batch()
    hub.run()
    assert (f"{row.amount:.2f}", row.currency, row.decision) == ("50.00", "USD", "effects")
    assert (row.rate_table, row.rate_on, row.rate_by) == ("daily", DAY - timedelta(days=1), RULE)
    item = hub.item(row)
    assert (item.state, item.closed_by) == ("resolved", RULE)
    entry = Entry.objects.get(action="transaction.booked_at_rate")
    assert (entry.actor, entry.details["source"]) == (RULE, "daily of 2010-12-05")
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    assert (batch.state, hub.account(CLEARING)) == (BatchState.TIED_OUT, "0.00")


def test_the_texts_in_the_erp_tell_source_day_and_rounding(hub, alone):
    rate("1.2503")
    row = euros(hub, "40.01", "50.02")
    [(comment,)] = hub.sql(
        'SELECT "TranCmnt" FROM "tarCustPmt" WHERE "PmtRefNo" = %s', row.vendor_id
    )
    assert comment == f"{row.vendor_id} 40.01 EUR x1.2503 daily {DAY} r-.0045"
    assert f"{row.rate_rounding:f}" == "-0.00450300000"


@pytest.mark.parametrize(("amount", "days_ago"), [("90.00", 0), ("40.00", 2)])
def test_above_its_limit_or_by_an_old_rate_a_person_is_asked(hub, alone, amount, days_ago):
    rate(days_ago=days_ago)
    row = euros(hub, amount)
    item = hub.item(row)
    assert (row.currency, row.decision, item.state) == ("EUR", DecisionState.HELD, "open")
    assert "by itself" in item.message
    assert "book_at_rate" in desk.actions_for(item)


def test_it_is_undone_like_a_persons_doing_and_not_done_again(hub, alone, client):
    rate()
    row = hub.payment("40.00", hub.invoice("1", "50.00"), currency="EUR")
    hub.batch.reported_count = 2  # another member is awaited, so that it is not added up
    hub.batch.save()
    hub.run()
    undo(singles.last_done(hub.item(row)), FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.currency, row.rate_by, row.rate_on) == ("EUR", "", None)
    item = hub.item(row, "currency_foreign")
    assert (item.state, checked_again.drain()) == ("open", 0)
    at(item, actor=FINANCE)
    row.refresh_from_db()
    assert (row.currency, row.rate_by) == ("USD", FINANCE)


def test_once_added_up_it_stays(hub, alone):
    rate()
    row = euros(hub)
    with pytest.raises(desk.DeskError, match="has been added up with it"):
        undo(singles.last_done(hub.item(row)), FINANCE)


def test_what_the_gateway_raises_above_the_limit_before_it_is_decided_asks_a_person(hub, alone):
    rate()
    sale = hub.payment("100.00", currency="EUR", decision=DecisionState.WAITING)
    row = hub.payment("50.00", currency="EUR", kind="refund", parent=sale)
    hub.batch.reported_count = 3
    hub.batch.save()
    type(sale).objects.filter(pk=sale.pk).update(decision=DecisionState.HELD)
    hub.run()
    row.refresh_from_db()
    assert (row.currency, row.rate_by, row.decision) == ("USD", RULE, DecisionState.HELD)
    follow(row, Money(Decimal(90), "EUR"))
    row.amount, row.decision = Decimal("112.50"), DecisionState.DUE
    row.save()
    hub.run()
    row.refresh_from_db()
    assert (f"{row.amount:.2f}", row.currency, row.rate_by) == ("90.00", "EUR", "")
    assert Entry.objects.filter(action="transaction.rate_taken_back").count() == 1


def test_what_waits_for_a_rate_goes_on_when_it_is_loaded(hub, alone):
    row = euros(hub)
    assert checked_again.drain() == 0
    rate()
    assert checked_again.drain() == 1
    hub.run()
    row.refresh_from_db()
    assert (row.currency, hub.item(row).closed_by) == ("USD", RULE)


def test_a_batch_that_is_in_the_other_currency_as_a_whole_asks_a_person(hub, alone):
    rate()
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(currency="EUR")
    hub.batch.currency = "EUR"
    row = hub.payment("40.00", currency="EUR")
    hub.run()
    row.refresh_from_db()
    assert (row.currency, hub.item(row).state) == ("EUR", "open")


def test_a_replay_takes_the_frozen_rate_and_shows_what_a_person_would_be_asked(hub, alone):
    rate(days_ago=1)
    euros(hub)
    rate("1.30")  # loaded afterwards: nearer, and not what it was booked at
    draft = versions.draft_from(RuleSetVersion.objects.get(pair=hub.pair, number=1), MAPPER, "Try.")
    assert counts(replay(draft))["same"] == 1
    CurrencyRule.objects.filter(version=draft).update(alone_days=None, alone_up_to=None)
    found = replay(draft)
    assert (found.vanished, found.same) == (1, 0)
    assert "posts in USD and in nothing else" in found.rows.get().why


def test_a_draft_that_would_book_by_itself_shows_what_it_would_post(hub):
    rate()
    euros(hub)
    draft = versions.draft_from(RuleSetVersion.objects.get(pair=hub.pair, number=1), MAPPER, "Try.")
    CurrencyRule.objects.create(version=draft, alone_days=0, alone_up_to=100, **ROW)
    found = replay(draft)
    one = found.rows.get()
    assert (found.new, one.after["amount"], f"{one.amount:.2f}") == (1, "50.00 USD", "50.00")


@pytest.mark.parametrize(
    "row", [{"alone_days": 1}, {"alone_up_to": 5}, {"alone_days": 1, "alone_up_to": 0}]
)
def test_the_database_refuses_a_rule_without_its_limit(hub, row):
    draft = versions.draft_from(RuleSetVersion.objects.get(pair=hub.pair, number=1), MAPPER, "Try.")
    with pytest.raises(IntegrityError), transaction.atomic():
        CurrencyRule.objects.create(version=draft, **ROW, **row)


def test_pages_and_api_say_all_of_it(hub, alone, client):
    rate()
    row = euros(hub)
    client.force_login(User.objects.get(username="demo-finance"))
    said = "by daily of 2010-12-06, rounded by 0, booked by the rule currency 1 of version 1"
    assert said in client.get(f"/transactions/{row.pk}/").content.decode()
    effect = row.effects.get()
    assert said in client.get(f"/documents/{effect.pk}/").content.decode()
    found = client.get(f"/api/v1/transactions/{row.pk}").json()["conversion"]
    assert found == {
        "original": {"amount": "40.00", "currency": "EUR"}, "rate": "1.25", "table": "daily",
        "valid_on": "2010-12-06", "rounding": "0", "source": "daily of 2010-12-06",
        "booked_by": RULE,
    }  # fmt: skip
    assert client.get(f"/api/v1/documents/{effect.pk}").json()["conversion"] == found
