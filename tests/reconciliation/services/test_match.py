"""Steps of a settlement batch that the scenarios do not reach."""

from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.canonical import LedgerLineRecord
from integrations.models import Posting
from integrations.money import Money
from mapping.models import AccountRule
from reconciliation.models import ExceptionItem, SettlementBatch
from reconciliation.services import adding_up, certify, match, overdue
from tests.builders import (
    NOW,
    TODAY,
    AccountRuleFactory,
    BankLineFactory,
    EffectFactory,
    FeeRuleFactory,
    PairFactory,
    RuleSetVersionFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.clock import business_day

__all__ = ["business_day"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


@pytest.fixture
def pair():
    pair = PairFactory()
    version = RuleSetVersionFactory(pair=pair)
    FeeRuleFactory(version=version)
    for role in ("bank", "clearing", "fees", "unidentified", "differences"):
        AccountRuleFactory(version=version, role=role)
    return pair


def batch_of(pair, *amounts, days=1, **more):
    closed = NOW - timedelta(days=days)
    reported = {
        "reported_count": len(amounts),
        "reported_sales": sum(map(Decimal, amounts)),
        "reported_refunds": 0,
    }
    batch = SettlementBatchFactory(
        connection=pair.gateway,
        closed_on=closed.date(),
        closed_at=closed,
        sales_amount=0,
        refunds_amount=0,
        fee_amount=0,
        **(reported | more),
    )
    for amount in amounts:
        TransactionFactory(
            connection=pair.gateway, settled=True, batch=batch, amount=Decimal(amount)
        )
    return batch


def state(batch):
    return SettlementBatch.objects.get(pk=batch.pk).state


def reasons():
    return list(ExceptionItem.objects.filter(state="open").values_list("reason", flat=True))


def test_a_complete_batch_is_added_up(pair):
    batch = batch_of(pair, "100.00", "50.00")
    assert adding_up.close_batches(pair) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.fee_amount, batch.net_amount) == (
        "waiting", Decimal("4.95"), Decimal("145.05"),
    )  # fmt: skip


@pytest.mark.parametrize("decision", ["due", "waiting", "held"])
def test_a_batch_waits_for_every_decision(pair, decision):
    batch = batch_of(pair, "100.00")
    batch.transactions.update(decision=decision)
    assert adding_up.close_batches(pair) == 0
    assert (state(batch), reasons()) == ("closed", [])


@pytest.mark.parametrize(("days", "shown"), [(1, []), (3, ["batch_incomplete"])])
def test_a_batch_that_lacks_a_transaction_is_shown_after_some_days(pair, days, shown):
    batch = batch_of(pair, "100.00", days=days, reported_count=2)
    assert (adding_up.close_batches(pair), adding_up.close_batches(pair)) == (len(shown), 0)
    assert (state(batch), reasons()) == ("closed", shown)


def test_a_batch_whose_transaction_came_late_heals(pair):
    batch = batch_of(pair, "100.00", days=3, reported_count=2, reported_sales=Decimal(150))
    adding_up.close_batches(pair)
    TransactionFactory(connection=pair.gateway, settled=True, batch=batch, amount=Decimal(50))
    adding_up.close_batches(pair)
    assert (state(batch), reasons()) == ("waiting", [])


def test_a_batch_of_other_amounts_is_shown_at_once(pair):
    batch = batch_of(pair, "100.00", reported_sales=Decimal(90))
    adding_up.close_batches(pair)
    assert (state(batch), reasons()) == ("closed", ["batch_incomplete"])


def test_batches_that_wait_never_stand_before_one_that_can_close(pair, monkeypatch):
    monkeypatch.setattr(adding_up, "AT_ONCE", 2)
    for _ in range(3):
        batch_of(pair, "1.00", days=9, reported_count=5)
        batch_of(pair, "1.00", days=9).transactions.update(decision="held")
    newest = batch_of(pair, "100.00")
    adding_up.close_batches(pair)
    assert state(newest) == "waiting"


def test_what_was_voided_or_declined_is_no_member(pair):
    batch = batch_of(pair, "100.00")
    TransactionFactory(connection=pair.gateway, settled=True, batch=batch, status="voided")
    adding_up.close_batches(pair)
    assert state(batch) == "waiting"


def test_a_batch_of_nothing_owes_nothing(pair):
    batch = batch_of(pair, days=4)
    adding_up.close_batches(pair)
    assert match.match_nothing_due(pair) == 1
    assert state(batch) == "matched"
    assert batch.effects.count() == 0


def test_an_account_that_is_not_mapped_is_shown_and_stops_nothing(pair):
    AccountRule.objects.filter(role="bank").delete()
    batch = batch_of(pair, "100.00")
    adding_up.close_batches(pair)
    BankLineFactory(connection=pair.bank, amount=Decimal("96.80"), reference=batch.vendor_ref)
    match.match_lines(pair.bank)
    assert (state(batch), reasons()) == ("waiting", ["account_unmapped"])


def test_a_batch_cannot_be_certified_without_its_clearing_account(pair):
    AccountRule.objects.filter(role="clearing").delete()
    SettlementBatchFactory(connection=pair.gateway, state="matched")
    assert (certify.certify_matched(pair), certify.certify_matched(pair)) == (1, 0)
    assert reasons() == ["account_unmapped"]


def test_a_second_line_for_a_paid_batch_does_not_pay_it_again(pair):
    batch = batch_of(pair, "100.00")
    adding_up.close_batches(pair)
    for _ in range(2):
        BankLineFactory(
            connection=pair.bank,
            booked_on=TODAY,
            amount=Decimal("96.80"),
            reference=batch.vendor_ref,
        )
    match.match_lines(pair.bank)
    assert batch.matches.count() == 1
    assert list(pair.bank.bank_lines.order_by("id").values_list("state", flat=True)) == [
        "matched",
        "new",
    ]


def test_without_statements_no_deposit_is_missing(pair):
    batch = batch_of(pair, "100.00", days=30)
    adding_up.close_batches(pair)
    assert overdue.report_overdue(pair) == 0
    BankLineFactory(connection=pair.bank, booked_on=TODAY, amount=Decimal(5))
    assert overdue.report_overdue(pair) == 1
    assert (state(batch), reasons()) == ("discrepant", ["deposit_missing"])


@pytest.mark.parametrize("now", ["waiting", "matched", "tied_out"])
def test_documents_that_come_after_the_adding_up_are_posted_whatever_came_since(pair, now):
    batch = SettlementBatchFactory(connection=pair.gateway, state=now)
    group = EffectFactory(
        pair=pair, batch=batch, kind="erp_batch", posting__kind="batch",
        posting__state="entered", posting__draft={"purpose": "receipts"},
    ).posting  # fmt: skip
    EffectFactory(pair=pair, batch=batch, posting__group=group, posting__state="entered")
    adding_up.drain()
    assert Posting.objects.filter(group=group, kind="batch_post").count() == 1
    assert adding_up.drain() == 0


def test_adding_up_keeps_what_the_gateway_has_reported_meanwhile(pair, monkeypatch):
    batch = batch_of(pair, "100.00")

    def reported(*_):
        SettlementBatch.objects.update(reported_count=9)
        return ()

    monkeypatch.setattr(adding_up, "_groups", reported)
    adding_up.close_batches(pair)
    batch.refresh_from_db()
    assert (batch.state, batch.reported_count) == ("waiting", 9)


def test_what_the_ledger_lacked_is_no_reason_once_it_is_there(pair):
    batch = batch_of(pair, "100.00", state="matched")
    SettlementBatch.objects.update(sales_amount=100, net_amount=100)
    for debit, found in (("90", "discrepant"), ("100", "tied_out")):
        SettlementBatch.objects.update(state="matched")
        batch.refresh_from_db()
        lines = [
            LedgerLineRecord("SOA", "clearing", TODAY, usd(debit), usd("0"), "", "", ""),
            LedgerLineRecord("SOA", "clearing", TODAY, usd("0"), usd("100"), "", "", ""),
        ]
        certify._certify(pair, batch, lines, "clearing")
        assert state(batch) == found
    assert reasons() == []


def usd(text):
    return Money(Decimal(text), "USD")
