"""A worker asks four times a second whether something is missing: only then is there work."""

from datetime import timedelta

import pytest

from integrations.clock import business_now, wall_now
from integrations.services import lanes
from tests.builders import (
    ConnectionFactory,
    FactFactory,
    GapReadingFactory,
    SettlementBatchFactory,
    TransactionFactory,
)

pytestmark = pytest.mark.django_db


def waits():
    return "reconciliation.services.gaps.drain" in lanes.waiting("receive")


def closed(**traits):
    then = business_now() - timedelta(hours=2)
    return SettlementBatchFactory(
        state="closed", closed_at=then, closed_on=then.date(), **{"reported_count": 1, **traits}
    )


def read_just_now(connection, subject):
    GapReadingFactory(
        connection=connection, subject=subject, next_at=wall_now() + timedelta(minutes=5)
    )


def test_a_batch_short_of_a_member_is_waited_for_until_it_is_here():
    batch = closed()
    TransactionFactory(connection=batch.connection, batch=batch, status="declined")
    assert waits()
    TransactionFactory(connection=batch.connection, batch=batch)
    assert not waits()


def test_a_batch_that_nothing_reports_is_looked_for_and_not_at_once_again():
    batch = closed(reported_count=None)
    assert waits()
    read_just_now(batch.connection, f"batch:{batch.pk}")
    assert not waits()


def test_a_refused_announcement_is_looked_for_and_not_at_once_again():
    fact = FactFactory(kind="hint", end="blocked")
    assert waits()
    read_just_now(fact.connection, f"transaction:{fact.vendor_id}")
    assert not waits()


def test_a_refused_announcement_whose_payment_is_here_is_no_gap():
    fact = FactFactory(kind="hint", end="blocked")
    assert waits()
    TransactionFactory(connection=fact.connection, vendor_id=fact.vendor_id)
    assert not waits()


def test_a_refund_that_names_a_sale_is_reason_to_look_for_it():
    refund = TransactionFactory(
        connection=ConnectionFactory(),
        kind="refund",
        parent_ref="410000030",
        captured_at=business_now(),
    )
    assert waits()
    read_just_now(refund.connection, "transaction:410000030")
    assert not waits()
