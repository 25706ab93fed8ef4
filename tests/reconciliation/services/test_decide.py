from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.db import connection

from integrations.canonical import ItemSnapshot
from integrations.errors import TransientError
from integrations.models import Connection, Posting
from mapping.models import RuleSetVersion
from reconciliation.models import Effect, ExceptionItem, Reservation, Transaction
from reconciliation.services import decide, orders
from reconciliation.services.owed import Owing
from tests.builders import (
    AccountRuleFactory,
    MethodRuleFactory,
    PairFactory,
    RuleSetVersionFactory,
    SettlementBatchFactory,
    StatusRuleFactory,
    TransactionFactory,
)
from tests.integrations.services.fakes import put
from tests.mapping.rules import ACCOUNTS, item

pytestmark = pytest.mark.django_db


@dataclass
class Books:
    """An ERP's open items; `delivered` are the keys that it holds."""

    items: list
    delivered: set = field(default_factory=set)
    error: Exception | None = None

    def snapshot(self, company, *, references=(), item_keys=(), keys=()):
        if self.error:
            raise self.error
        found = [
            one
            for one in self.items
            if one.item_key in item_keys or set(one.references) & set(references)
        ]
        return ItemSnapshot(tuple(found), frozenset(self.delivered & set(keys)))

    def customers_exist(self, company, customer_ids):
        return frozenset({"17850"} & set(customer_ids))

    def close(self):
        pass


@pytest.fixture
def pair():
    pair = PairFactory()
    version = RuleSetVersionFactory(pair=pair)
    for role, account in ACCOUNTS.items():
        AccountRuleFactory(version=version, role=role, account=account)
    MethodRuleFactory(version=version, method="")
    StatusRuleFactory(version=version)
    return pair


@pytest.fixture
def erp(pair):
    return put(pair.erp, Books([item(536365)]))


def due(pair, amount="70.00", typed="536365", **more):
    batch = SettlementBatchFactory(connection=pair.gateway)
    values = {"batch": batch, "batch_ref": batch.vendor_ref, "status": "settled"} | more
    return TransactionFactory(
        connection=pair.gateway, amount=Decimal(amount), reference_texts=[typed],
        customer_ref="17850", placement="", **({"decision": "due"} | values),
    )  # fmt: skip


def reserved():
    return [f"{r.amount:.2f}" for r in Reservation.objects.order_by("id")]


def test_a_payment_owes_its_receipt_in_the_batchs_own_erp_batch(pair, erp):
    row = due(pair)
    assert (decide.drain(), decide.drain()) == (1, 0)
    receipt = Effect.objects.get(kind="receipt")
    assert receipt.posting.group == Effect.objects.get(kind="erp_batch").posting
    assert receipt.key == f"SOA|paytrace:{pair.gateway.account}|tx:{row.vendor_id}|receipt|1"
    assert (receipt.transaction, receipt.fact, receipt.version.pair) == (row, row.last_fact, pair)
    assert [rule.split()[0] for rule in receipt.rules] == ["status", "account", "method"]


def test_two_payments_of_one_portion_never_over_apply(pair, erp):
    due(pair)
    due(pair)
    decide.drain()
    assert reserved() == ["70.00", "30.00"]
    assert [i.reason for i in ExceptionItem.objects.all()] == ["overpaid"]


def test_two_payments_of_two_portions_never_over_apply_before_delivery(pair, erp):
    for _ in range(2):
        due(pair)
        decide.drain()
    assert reserved() == ["70.00", "30.00"]


@pytest.mark.parametrize("state", ["ready", "sending", "waiting", "unknown", "held"])
def test_a_reservation_counts_until_the_erp_holds_its_receipt(pair, erp, state):
    due(pair)
    decide.drain()
    Posting.objects.update(state=state, claim="0" * 32)
    due(pair)
    decide.drain()
    assert reserved() == ["70.00", "30.00"]


def test_what_the_erp_holds_already_is_not_counted_twice(pair, erp):
    due(pair)
    decide.drain()
    erp.items = [item(536365, available="30.00")]
    erp.delivered = {Effect.objects.get(kind="receipt").key}
    due(pair)
    decide.drain()
    assert reserved() == ["70.00", "30.00"]


def test_a_cancelled_receipt_reserves_nothing(pair, erp):
    due(pair)
    decide.drain()
    Posting.objects.update(state="cancelled")
    due(pair)
    decide.drain()
    assert reserved() == ["70.00", "70.00"]


def test_another_erps_invoice_of_the_same_key_is_another_invoice(pair, erp):
    due(pair)
    decide.drain()
    other = PairFactory(
        erp=Connection.objects.create(slug="e", name="E", connector="sage500", account="E")
    )
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Effect.objects.update(pair=other)
        cursor.execute("SET LOCAL session_replication_role = origin")
    due(pair)
    decide.drain()
    assert reserved() == ["70.00", "70.00"]


def test_without_rules_in_force_a_payment_is_held_and_heals(pair, erp):
    RuleSetVersion.objects.update(active_from="2030-01-01")
    row = due(pair)
    decide.drain()
    assert Transaction.objects.get().decision == "held"
    assert ExceptionItem.objects.get().reason == "rules_missing"
    RuleSetVersion.objects.update(active_from="2010-01-01")
    decide.decide_again([row])
    decide.drain()
    assert Transaction.objects.get().decision == "effects"
    assert ExceptionItem.objects.get().state == "resolved"


def test_an_unmapped_account_holds_the_payment_and_posts_nothing(pair, erp):
    pair.rule_sets.get().accountrules.filter(role="clearing").delete()
    due(pair)
    decide.drain()
    assert Transaction.objects.get().decision == "held"
    assert ExceptionItem.objects.get().reason == "account_unmapped"
    assert (Posting.objects.count(), Reservation.objects.count()) == (0, 0)


def test_a_payment_without_a_settlement_batch_is_held_not_forgotten(pair, erp):
    StatusRuleFactory(version=pair.rule_sets.get(), status="captured")
    due(pair, batch=None, batch_ref="", status="captured")
    decide.drain()
    assert Transaction.objects.get().decision == "held"
    assert "no settlement batch" in ExceptionItem.objects.get().message


def test_an_erp_that_is_away_pauses_and_decides_nothing(pair, erp):
    erp.error = TransientError("away")
    due(pair)
    assert (decide.drain(), decide.drain()) == (0, 0)
    assert Transaction.objects.get().decision == "due"
    assert Connection.objects.get(pk=pair.erp.pk).pause_reason == "away"


def test_what_was_decided_is_never_decided_again(pair, erp):
    row = due(pair)
    decide.drain()
    assert decide.decide_again([row]) == 0
    Transaction.objects.update(decision="due")
    decide.drain()
    assert Effect.objects.filter(kind="receipt").count() == 1
    assert reserved() == ["70.00"]


def test_a_late_payment_of_a_sealed_batch_goes_into_the_next_erp_batch(pair, erp):
    row = due(pair)
    decide.drain()
    first = Effect.objects.get(kind="erp_batch").posting
    assert orders.order_posting(pair, first)
    due(pair, typed="unknown", batch=row.batch, batch_ref=row.batch_ref)
    decide.drain()
    keys = list(
        Effect.objects.filter(kind="erp_batch").order_by("id").values_list("key", flat=True)
    )
    assert [key.rsplit("|", 1)[1] for key in keys] == ["1", "2"]


def test_a_batch_that_a_bookkeeper_posted_is_sealed_too(pair, erp):
    row = due(pair)
    decide.drain()
    Posting.objects.update(state="posted")
    due(pair, typed="unknown", batch=row.batch, batch_ref=row.batch_ref)
    decide.drain()
    assert Effect.objects.filter(kind="erp_batch").count() == 2


def test_one_that_cannot_be_decided_is_set_aside_and_holds_up_nobody(pair, erp, monkeypatch):
    good, bad = due(pair, "40.00"), due(pair, "30.00")
    real = Owing.effects_of

    def broken(owing, case, decision):
        if case.row == bad:
            raise ZeroDivisionError
        return real(owing, case, decision)

    monkeypatch.setattr(Owing, "effects_of", broken)
    assert decide.drain() == 2
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.decision, bad.decision) == ("effects", "held")
    assert ExceptionItem.objects.get().reason == "not_decided"


def test_what_was_set_aside_can_be_decided_again(pair, erp, monkeypatch):
    row = due(pair)
    with monkeypatch.context() as patched:
        patched.setattr(Owing, "effects_of", lambda *_: 1 / 0)
        decide.drain()
    decide.decide_again([row])
    decide.drain()
    assert Posting.objects.filter(kind="cash_receipt").count() == 1


def refund_of(pair, sale):
    return due(pair, kind="refund", parent=sale)


@pytest.fixture
def refunds_are_journals(pair):
    version = RuleSetVersion.objects.get(pair=pair)
    StatusRuleFactory(
        version=version, position=9999, kind="refund", status="settled", action="refund_journal"
    )


def test_a_refund_is_sent_after_its_sale(pair, erp, refunds_are_journals):
    sale = due(pair)
    refund_of(pair, sale)
    decide.drain()
    receipt = Effect.objects.get(kind="receipt").posting
    assert Effect.objects.get(kind="refund").posting.after == receipt.key
    assert receipt.after == ""


def test_a_refund_waits_for_a_sale_that_is_held(pair, erp, refunds_are_journals):
    sale = due(pair, decision="held")
    refund = refund_of(pair, sale)
    decide.drain()
    refund.refresh_from_db()
    assert (refund.decision, Effect.objects.count()) == ("held", 0)
    assert sale.vendor_id in ExceptionItem.objects.get(transaction=refund).message
    decide.decide_again([sale])
    assert (decide.drain(), decide.drain()) == (1, 1)
    assert list(Effect.objects.order_by("id").values_list("kind", flat=True)) == [
        "erp_batch", "receipt", "erp_batch", "refund",
    ]  # fmt: skip
    assert ExceptionItem.objects.get(transaction=refund).state == "resolved"
