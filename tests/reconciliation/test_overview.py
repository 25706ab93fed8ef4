from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.choices import PostingState
from reconciliation import overview
from reconciliation.choices import BatchState, Reason, TransactionStatus
from tests.builders import (
    NOW,
    TODAY,
    ExceptionItemFactory,
    PairFactory,
    PostingFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.pages import row_ids

pytestmark = pytest.mark.django_db


def test_money_in_counts_taken_sales_only():
    TransactionFactory(amount=Decimal("10.00"))
    TransactionFactory(amount=Decimal("5.00"), settled=True)
    TransactionFactory(status=TransactionStatus.DECLINED)
    TransactionFactory(status=TransactionStatus.VOIDED)
    TransactionFactory(refund=True)
    found = overview.money_in(TODAY)
    assert str(found.total) == "15.00 USD"
    assert found.number == 2


def test_money_in_is_the_days_own_and_ends_after_thirty_days():
    TransactionFactory(captured_at=NOW - timedelta(days=29), amount=Decimal("7.00"))
    TransactionFactory(captured_at=NOW - timedelta(days=30))
    found = overview.money_in(TODAY)
    assert len(found.chart.points) == 30
    assert found.chart.points[0].amount == Decimal("7.000")
    assert str(found.total) == "7.00 USD"


def test_currencies_are_never_added():
    TransactionFactory(amount=Decimal("10.00"))
    TransactionFactory(amount=Decimal("7.00"), currency="CAD")
    assert str(overview.money_in(TODAY).total) == "10.00 USD and 7.00 CAD"


def test_cash_in_transit_is_settled_and_not_on_the_bank(desk):
    SettlementBatchFactory(state=BatchState.WAITING)
    SettlementBatchFactory(tied_out=True)
    SettlementBatchFactory(state=BatchState.OPEN)
    found = overview.transit()
    assert (found.number, str(found.amount)) == (1, "919.80 USD")
    assert len(row_ids(desk.get(found.url))) == 1


def test_a_deposit_is_late_after_the_days_of_its_pair():
    pair = PairFactory(deposit_late_after_days=3)
    for days in (3, 4):
        SettlementBatchFactory(connection=pair.gateway, closed_on=TODAY - timedelta(days=days))
    assert [each.is_late for each in overview.expected_deposits(TODAY)] == [True, False]


def test_each_exception_stands_in_one_age_column_and_its_link_finds_it(desk):
    for days in (0, 1, 2, 3, 4, 7, 8, 40):
        ExceptionItemFactory(reason=Reason.OVERPAID, business_on=TODAY - timedelta(days=days))
    (row,) = overview.exceptions_by_reason(TODAY)
    assert [cell.number for cell in row.ages] == [2, 2, 2, 2]
    assert row.number == 8
    for cell in row.ages:
        assert len(row_ids(desk.get(cell.url))) == cell.number


def test_reasons_stand_in_words_the_fullest_first():
    ExceptionItemFactory.create_batch(2, reason=Reason.SECOND_CHARGE)
    ExceptionItemFactory(reason=Reason.OVERPAID)
    rows = overview.exceptions_by_reason(TODAY)
    assert [row.reason for row in rows] == ["Second charge", "Paid too much"]
    assert str(rows[0].amount) == "278.24 USD"


def test_every_figure_of_the_postings_leads_to_as_many_rows(desk):
    PostingFactory(posted=True)
    PostingFactory.create_batch(2, held=True)
    PostingFactory(state=PostingState.CANCELLED)
    states = overview.posting_states()
    assert {each.word: each.number for each in states}["Held for a person"] == 2
    assert str(overview.undelivered(states)) == "2"
    for each in states:
        assert len(row_ids(desk.get(each.url))) == each.number


def test_every_figure_of_the_batches_leads_to_as_many_rows(desk):
    SettlementBatchFactory(tied_out=True)
    SettlementBatchFactory.create_batch(2, discrepant=True)
    for each in overview.batch_states():
        assert len(row_ids(desk.get(each.url))) == each.number
