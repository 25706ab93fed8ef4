"""Bank accounts that several pairs share, and more rows than a round may look at."""

from datetime import timedelta
from decimal import Decimal

import pytest

from reconciliation.models import BankLine, Effect
from reconciliation.services import adding_up, book_transactions, match
from tests.builders import (
    NOW,
    TODAY,
    AccountRuleFactory,
    BankLineFactory,
    ConnectionFactory,
    FeeRuleFactory,
    PairFactory,
    RuleSetVersionFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.reconciliation.services.test_match import batch_of, business_day, state

__all__ = ["business_day"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
LONG_AGO = TODAY - timedelta(days=20)


def pair_of(bank, prefix, deposit_pattern):
    pair = PairFactory(bank=bank, batch_prefix=prefix)
    version = RuleSetVersionFactory(pair=pair, deposit_pattern=deposit_pattern)
    FeeRuleFactory(version=version)
    for role in ("bank", "clearing", "fees", "unidentified", "differences"):
        AccountRuleFactory(version=version, role=role)
    return pair


@pytest.fixture
def bank():
    return ConnectionFactory(bank=True, account="shared")


@pytest.fixture
def two(bank):
    """Two gateways that are paid to one bank account."""
    return pair_of(bank, "PT-", "PAYTRACE"), pair_of(bank, "HL-", "HEARTLAND")


def line(bank, amount, reference="", booked_on=TODAY, **more):
    return BankLineFactory(
        connection=bank, amount=Decimal(amount), reference=reference, booked_on=booked_on, **more
    )


def strays():
    return [effect.pair for effect in Effect.objects.filter(kind="stray_deposit").order_by("id")]


def test_a_deposit_is_found_in_the_other_pair_of_the_account(bank, two):
    batch = batch_of(two[1], "100.00", days=21)
    adding_up.drain()
    line(bank, "96.80", batch.vendor_ref, booked_on=LONG_AGO)
    match.drain()
    assert (state(batch), strays()) == ("matched", [])
    assert {effect.pair for effect in batch.effects.all()} == {two[1]}


def test_two_gateways_with_one_number_are_told_apart_by_the_prefix(bank, two):
    first, second = (batch_of(pair, "100.00", vendor_ref="7") for pair in two)
    adding_up.drain()
    line(bank, "96.80", "HL-7")
    match.drain()
    assert (state(first), state(second)) == ("waiting", "matched")


def test_two_gateways_with_one_number_are_told_apart_by_the_amount(bank, two):
    first, second = batch_of(two[0], "100.00", vendor_ref="7"), batch_of(two[1], "50.00")
    type(second).objects.filter(pk=second.pk).update(vendor_ref="7")
    adding_up.drain()
    line(bank, "48.25", "BATCH 7")
    match.drain()
    assert (state(first), state(second)) == ("waiting", "matched")


def test_an_amount_that_would_fit_both_pairs_is_matched_to_neither(bank, two):
    batches = [batch_of(pair, "100.00") for pair in two]
    adding_up.drain()
    line(bank, "96.80")
    match.drain()
    assert [state(batch) for batch in batches] == ["waiting", "waiting"]


@pytest.mark.parametrize(("text", "owner"), [("PAYTRACE", 0), ("HEARTLAND", 1), ("CHEQUE", 0)])
def test_a_stray_is_booked_by_one_pair_only(bank, two, text, owner):
    line(bank, "5.00", booked_on=LONG_AGO, description=f"DEPOSIT {text}")
    match.drain()
    match.drain()
    assert strays() == [two[owner]]


def test_a_line_waits_for_a_batch_of_another_pair_that_is_not_added_up(bank, two):
    batch = batch_of(two[1], "100.00", reported_count=2)
    waits = line(bank, "96.80", batch.vendor_ref, booked_on=LONG_AGO)
    batch.closed_on = LONG_AGO - timedelta(days=1)
    batch.save()
    match.drain()
    waits.refresh_from_db()
    assert (waits.state, strays()) == ("new", [])


def test_lines_that_wait_never_starve_one_that_could_be_matched(bank, two, monkeypatch):
    monkeypatch.setattr(match, "AT_ONCE", 3)
    for number in range(7):
        line(bank, f"{number + 1}.11")
    batch = batch_of(two[0], "100.00")
    adding_up.drain()
    newest = line(bank, "96.80", batch.vendor_ref)
    for _ in range(3):
        match.drain()
    assert BankLine.objects.get(pk=newest.pk).state == "matched"


def test_a_batch_is_found_however_many_others_wait(bank, two):
    for number in range(30):
        SettlementBatchFactory(
            connection=two[0].gateway, state="waiting", vendor_ref=f"9{number}", sales_amount=number
        )
    batch = batch_of(two[0], "100.00")
    adding_up.drain()
    line(bank, "96.80", f"PT-{batch.vendor_ref}")
    match.drain()
    assert state(batch) == "matched"


def test_more_watched_transactions_than_fit_are_all_read_in_turn(monkeypatch):
    monkeypatch.setattr(book_transactions, "WATCH_AT_ONCE", 3)
    gateway = ConnectionFactory()
    wanted = {TransactionFactory(connection=gateway).vendor_id for _ in range(8)}
    looks = [book_transactions.watch_list(gateway) for _ in range(4)]
    assert [len(look) for look in looks] == [3, 3, 3, 3]
    assert set(looks[0] + looks[1] + looks[2]) == wanted
    assert len(set(looks[0] + looks[1])) == 6


def test_fewer_watched_transactions_are_read_every_time():
    gateway = ConnectionFactory()
    wanted = {TransactionFactory(connection=gateway, captured_at=NOW).vendor_id for _ in range(3)}
    assert all(set(book_transactions.watch_list(gateway)) == wanted for _ in range(3))
