from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from integrations.models import AlertDelivery
from integrations.services import alert_delivery
from reconciliation.choices import Reason
from reconciliation.services import digest
from tests.builders import (
    AlertDeliveryFactory,
    AlertRouteFactory,
    EffectFactory,
    ExceptionItemFactory,
    PairFactory,
    PostingFactory,
    SettlementBatchFactory,
    TransactionFactory,
)

pytestmark = pytest.mark.django_db
DAY = date(2011, 2, 14)
MORNING = datetime(2011, 2, 15, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def next_morning(monkeypatch):
    monkeypatch.setattr(digest, "business_now", lambda: MORNING)


@pytest.fixture
def pair():
    return PairFactory(name="PayTrace to Sage 500", currency="USD")


def batch(pair, **more):
    return SettlementBatchFactory(connection=pair.gateway, closed_on=DAY, **more)


def test_a_good_day_is_told_as_well(pair):
    for _ in range(3):
        batch(pair, tied_out=True)
    AlertRouteFactory(sends_digest=True, address="books@example.com")
    assert digest.send_due() == 1
    alert_delivery.drain()
    sent = mail.outbox[0]
    assert sent.subject == "[Tieout] All 3 batches of 14 Feb 2011 tied out."
    assert "Batches tied out     3 of 3" in sent.body
    assert "Open exceptions      none" in sent.body
    assert "<table" in sent.alternatives[0].content


def test_a_day_is_told_once_to_each_route(pair):
    AlertRouteFactory(sends_digest=True)
    AlertRouteFactory(sends_digest=True)
    AlertRouteFactory()
    assert digest.send_due() == 2
    assert digest.send_due() == 0
    assert set(AlertDelivery.objects.values_list("digest_on", flat=True)) == {DAY}


def test_the_database_refuses_a_second_digest_of_the_day(pair):
    route = AlertRouteFactory(sends_digest=True)
    digest.send_due()
    with pytest.raises(IntegrityError, match="alert_digest_once"), transaction.atomic():
        AlertDeliveryFactory(route=route, notice="digest", digest_on=DAY)


def test_the_figures_of_a_day(pair):
    for amount in ("100.00", "39.12"):
        TransactionFactory(
            connection=pair.gateway, amount=Decimal(amount),
            captured_at=datetime(2011, 2, 14, 18, tzinfo=UTC),
        )  # fmt: skip
    for posted in (True, False):
        posting = PostingFactory(target=pair.erp, posted=posted)
        EffectFactory(pair=pair, posting=posting, business_on=DAY)
    batch(pair, tied_out=True)
    batch(pair, discrepant=True)
    batch(pair, state="waiting")
    ExceptionItemFactory.create_batch(
        2, connection=pair.gateway, reason=Reason.OVERPAID, business_on=date(2011, 2, 11)
    )
    found = digest.pair_day(pair, DAY)
    assert (found.payments, found.money_in) == (2, "139.12 USD")
    assert (found.receipts, found.receipts_posted) == (2, 1)
    assert (found.batches, found.tied_out, found.discrepant) == (3, 1, 1)
    assert (found.in_transit, found.in_transit_amount) == (1, "919.80 USD")
    assert found.exceptions == [digest.OpenReason("Paid too much", 2, "3 days")]
    assert not found.is_well
    assert digest.headline([found], DAY) == (
        "1 of 3 batches of 14 Feb 2011 tied out, 1 with a difference; 2 open exceptions."
    )


def test_another_pairs_money_is_not_counted(pair):
    TransactionFactory(captured_at=datetime(2011, 2, 14, 18, tzinfo=UTC))
    SettlementBatchFactory(closed_on=DAY)
    found = digest.pair_day(pair, DAY)
    assert (found.payments, found.batches, found.unexplained) == (0, 0, "0.00 USD")
    assert digest.headline([found], DAY) == "No batch closed on 14 Feb 2011."


@pytest.mark.parametrize(
    ("zone", "hour", "day"),
    [("UTC", 7, DAY), ("UTC", 10, None), ("America/New_York", 4, DAY), ("Asia/Tokyo", 19, None)],
)
def test_a_digest_is_due_after_its_hour_where_the_route_is(zone, hour, day):
    route = AlertRouteFactory(time_zone=zone, digest_at=time(hour))
    assert digest.day_due(route, MORNING) == day


def test_addresses_of_the_environment_get_it_too(pair, settings):
    settings.TIEOUT_FINANCE_EMAILS = ("books@example.com",)
    assert digest.send_due() == 1
    assert AlertDelivery.objects.get().address == "books@example.com"
