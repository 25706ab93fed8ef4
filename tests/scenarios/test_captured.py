"""Receipts at once when a payment is captured, and what comes before it settles."""

from datetime import timedelta

import psycopg
import pytest

from integrations.models import Pair, Posting, Pull
from integrations.sandbox.sage500 import faults as sage_faults
from integrations.services import posting, pull
from reconciliation.models import Effect, Reservation
from reconciliation.services import book, census, day_batches, decide
from tests.hub import Hub

pytestmark = pytest.mark.at_capture


def sold(hub: Hub, amount: str = "100.00", invoice: str = "536365", **more) -> str:
    """A sale that the hub has read while it was captured."""
    sale = hub.sale(amount, invoice, **more)
    hub.run()
    return sale


def read(hub: Hub) -> None:
    """The vendor is asked and the facts are booked; nothing is decided yet."""
    for _ in range(4):
        pull.drain()
        book.drain()


def step(hub: Hub) -> None:
    """One round through the drains up to the ERP, which does not answer."""
    read(hub)
    decide.drain()
    posting.drain()


def post_the_day(hub: Hub) -> None:
    """The posting of the day's ERP batches is ordered and tried."""
    for _ in range(3):
        hub.hurry()
        day_batches.drain()
        posting.drain()


def states(kind: str) -> list[str]:
    return list(
        Posting.objects.filter(effect__kind=kind).order_by("id").values_list("state", flat=True)
    )


def in_clearing(hub: Hub) -> dict[str, str]:
    """What is left of each reference on the clearing account."""
    rows = hub.sql(
        'SELECT g."RefNo", sum(g."PostAmt") FROM "tglTransaction" g JOIN "tglAccount" a'
        ' USING ("GLAcctKey") WHERE a."GLAcctNo" = \'1050-00\' GROUP BY 1 ORDER BY 1'
    )
    return {reference: f"{amount:.2f}" for reference, amount in rows}


def paid(hub: Hub, net: str) -> None:
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", net))
    assert hub.batch.state == "tied_out", hub.batch.reasons


def test_the_receipt_is_entered_at_once_and_the_batch_ties_out_later(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = sold(hub)
    assert hub.transaction(sale).status == "captured"
    assert states("receipt") == ["entered"]
    hub.settle()
    assert (states("receipt"), hub.balance("536365")) == (["posted"], "0.00")
    assert in_clearing(hub) == {"PT-1": "100.00", "PT-2010-12-01": "0.00"}
    hub.bank(("BATCH 1", "96.80"))
    assert hub.batch.state == "tied_out"
    assert in_clearing(hub) == {"PT-1": "0.00", "PT-2010-12-01": "0.00"}
    assert hub.ledger() == {
        "1000-00": "96.80", "1050-00": "0.00", "1200-00": "-100.00", "6200-00": "3.20",
    }  # fmt: skip
    assert hub.reasons() == []


def test_a_void_takes_the_receipt_back_and_the_invoice_is_open_again(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = sold(hub)
    hub.void(sale)
    hub.afternoon()
    assert (states("receipt"), states("reversal")) == (["posted"], ["posted"])
    hub.settle()
    assert (hub.balance("536365"), hub.receipts()) == ("100.00", [])
    assert in_clearing(hub) == {"PT-2010-12-01": "0.00"}
    assert hub.ledger() == {"1050-00": "0.00", "1200-00": "0.00"}
    row = hub.transaction(sale)
    assert (row.status, row.decision, row.placement) == ("voided", "effects", "")
    assert hub.reasons() == []


def test_another_payment_takes_the_place_of_the_voided_one_the_same_day(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.void(sold(hub))
    hub.afternoon()
    again = hub.sale("100.00", "536365")
    paid(hub, "96.80")
    assert (hub.balance("536365"), hub.receipts()) == ("0.00", ["100.00"])
    assert hub.transaction(again).placement == "applied"
    assert set(in_clearing(hub).values()) == {"0.00"}
    assert hub.reasons() == []


def test_a_void_and_the_next_payment_that_are_read_together_end_right(hub: Hub):
    hub.invoice("536365", "100.00")
    voided = sold(hub)
    hub.void(voided)
    again = hub.sale("100.00", "536365")
    hub.afternoon()
    assert hub.transaction(again).placement == "applied"
    reversal = Posting.objects.get(kind="reversal")
    assert Effect.objects.get(transaction__vendor_id=again).posting.after == reversal.key
    paid(hub, "96.80")
    assert (hub.balance("536365"), hub.receipts()) == ("0.00", ["100.00"])
    assert hub.reasons() == []


def test_a_second_charge_that_was_decided_before_the_void_of_the_first_pays_in_the_end(hub: Hub):
    hub.invoice("536365", "100.00")
    first = sold(hub)
    second = hub.sale("100.00", "536365")
    hub.afternoon()
    assert (hub.transaction(second).placement, hub.reasons()) == ("on_account", ["second_charge"])
    hub.void(first)
    paid(hub, "96.80")
    assert (hub.balance("536365"), hub.receipts()) == ("0.00", ["100.00"])
    assert states("application") == ["posted"]
    assert hub.transaction(second).placement == "applied"
    assert (hub.reasons(), hub.reasons("resolved")) == ([], ["second_charge"])
    assert set(in_clearing(hub).values()) == {"0.00"}


def test_a_void_of_a_posted_receipt_is_posted_after_it(hub: Hub):
    hub.pair.post_after_minutes = 0
    hub.pair.save()
    hub.invoice("536365", "100.00")
    sale = sold(hub)
    assert (states("receipt"), hub.balance("536365")) == (["posted"], "0.00")
    hub.void(sale)
    hub.afternoon()
    assert (states("reversal"), hub.balance("536365")) == (["posted"], "100.00")
    assert Effect.objects.filter(kind="erp_batch").count() == 2
    assert in_clearing(hub) == {"PT-2010-12-01": "0.00"}


def test_a_void_before_the_receipt_was_sent_cancels_it(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.fault("OpenBatch", "refuse_before", left=20)
    sale = hub.sale("100.00", "536365")
    step(hub)
    assert states("receipt") == ["ready"]
    hub.void(sale)
    hub.at(hub.gateway.clock.now().replace(day=2, hour=1))
    step(hub)
    assert (states("receipt"), states("reversal")) == (["cancelled"], [])
    assert hub.transaction(sale).decision == "nothing"
    assert not Reservation.objects.filter(is_released=False).exists()
    sage_faults.disarm(hub.sage_url)
    hub.settle()
    assert (hub.receipts(), hub.balance("536365")) == ([], "100.00")


def test_a_void_while_the_answer_is_unknown_waits_for_the_look_up(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.fault("CreateCashReceipt", "drop")
    read(hub)
    decide.drain()
    for _ in range(3):
        posting.drain()
    assert states("receipt") == ["unknown"]
    hub.void(sale)
    hub.at(hub.gateway.clock.now().replace(day=2, hour=1))
    read(hub)
    decide.drain()
    assert hub.transaction(sale).decision == "correcting"
    assert decide.drain() == 0
    hub.settle()
    assert (states("receipt"), states("reversal")) == (["posted"], ["posted"])
    assert (hub.receipts(), hub.balance("536365")) == ([], "100.00")


def test_a_void_that_was_seen_first_leaves_nothing_to_do(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.void(hub.sale("100.00", "536365"))
    hub.settle()
    assert Posting.objects.count() == 0


def test_what_is_first_seen_settled_goes_straight_to_its_batch(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    sold(hub)
    late = hub.sale("50.00", "536366")
    paid(hub, "145.05")
    settled = Effect.objects.get(transaction__vendor_id=late, kind="receipt")
    assert settled.posting.draft["settlement_ref"] == "PT-1"
    assert Effect.objects.get(kind="settlement").posting.amount == 100
    assert set(in_clearing(hub).values()) == {"0.00"}
    assert hub.certificate().body["sales"] == {"count": 2, "amount": "150.00"}


def test_a_mixed_day_ties_out(hub: Hub):
    for number, amount in (("536365", "100.00"), ("536366", "250.00"), ("536367", "80.10")):
        hub.invoice(number, amount)
    sold(hub)
    voided = hub.sale("250.00", "536366")
    hub.sale("80.10", "999999", customer="nobody")
    hub.afternoon()
    hub.void(voided)
    paid(hub, "174.28")
    assert str(hub.batch.sales_amount) == "180.100"
    assert hub.receipts() == ["100.00", "80.10"]
    hub.pass_days(1)
    assert hub.balance("536366") == "250.00"
    assert set(in_clearing(hub).values()) == {"0.00"}
    assert hub.reasons() == ["customer_unknown"]
    kinds = [row["effect"] for row in hub.certificate().body["documents"]]
    assert sorted(set(kinds)) == [
        "deposit", "erp_batch", "erp_batch_post", "receipt", "settlement",
    ]  # fmt: skip


def adjust(hub: Hub, sale: str, amount: str) -> None:
    """What an adjustment at the terminal network leaves at the gateway: another amount."""
    with psycopg.connect(hub.gateway.database_url, autocommit=True) as gateway:
        gateway.execute(
            "UPDATE paytrace_transaction SET amount = %s WHERE id = %s", [amount, int(sale)]
        )


def test_an_adjustment_is_a_reversal_and_a_receipt_of_the_new_amount(hub: Hub):
    hub.invoice("536365", "120.00")
    sale = sold(hub)
    adjust(hub, sale, "120.00")
    hub.afternoon()
    paid(hub, "116.22")
    assert (states("receipt"), states("reversal")) == (["posted", "posted"], ["posted"])
    assert (hub.receipts(), hub.balance("536365")) == (["120.00"], "0.00")
    keys = list(Effect.objects.filter(transaction__vendor_id=sale).values_list("key", flat=True))
    legs = ["receipt|1", "receipt|1|reversal", "receipt|2"]
    assert [key.split(f"tx:{sale}|")[1] for key in keys] == legs
    assert set(in_clearing(hub).values()) == {"0.00"}
    assert hub.certificate().body["sales"] == {"count": 1, "amount": "120.00"}
    assert hub.reasons() == []


def test_an_amount_that_changes_with_the_settlement_is_corrected_as_well(hub: Hub):
    hub.invoice("536365", "120.00")
    sale = sold(hub)
    adjust(hub, sale, "110.00")
    paid(hub, "106.51")
    hub.pass_days(1)
    assert (hub.receipts(), hub.balance("536365")) == (["110.00"], "10.00")
    assert set(in_clearing(hub).values()) == {"0.00"}
    assert hub.reasons() == []


def test_what_was_wrong_with_a_voided_receipt_needs_nobody_any_more(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = sold(hub, "100.00", "999999")
    assert hub.reasons() == ["invoice_not_found"]
    hub.void(sale)
    hub.afternoon()
    assert (hub.reasons(), hub.reasons("resolved")) == ([], ["invoice_not_found"])


def test_a_capture_that_is_told_again_changes_nothing(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = sold(hub)
    hub.afternoon()
    hub.settle()
    hub.afternoon()
    assert states("receipt") == ["posted"]
    assert hub.transaction(sale).decision == "effects"
    assert Effect.objects.filter(kind="settlement").count() == 1


def test_where_a_bookkeeper_posts_the_day_waits_for_the_bookkeeper(hub: Hub):
    hub.pair.post_batches = False
    hub.pair.save()
    hub.invoice("536365", "100.00")
    sold(hub)
    hub.settle()
    assert states("receipt") == ["entered"]
    assert not Posting.objects.filter(kind="batch_post").exists()


def test_what_comes_after_the_bookkeeper_has_posted_goes_into_the_days_next_batch(hub: Hub):
    hub.pair.post_batches = False
    hub.pair.save()
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    sold(hub)
    batch = int(Posting.objects.get(kind="batch").document_key)
    call = "CALL tieout.\"PostBatch\"('bookkeeper', %s, 'SOA', %s, 1, 100, NULL, NULL, NULL, NULL)"
    assert hub.sql(call, "0" * 64, batch)[0][0] == 1
    hub.sale("50.00", "536366")
    hub.at(hub.gateway.clock.now().replace(day=2, hour=0))
    step(hub)  # The receipt is sent before the hub has looked at the batch again.
    hub.run()
    assert states("receipt") == ["posted", "entered"]
    tries = Posting.objects.filter(effect__kind="receipt").order_by("id").last().attempts
    assert list(tries.values_list("outcome", flat=True)) == ["refused", "done"]
    assert Effect.objects.filter(kind="erp_batch").count() == 2
    assert hub.reasons() == []


def test_the_census_finds_receipts_reversals_and_the_journal_and_no_foreign_edit(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    sold(hub)
    voided = hub.sale("50.00", "536366")
    hub.afternoon()
    hub.void(voided)
    paid(hub, "96.80")
    hub.pass_days(1)
    taken = census.take(Pair.objects.get(pk=hub.pair.pk)).census
    found = [(each.kind, each.message) for each in taken.findings.all()]
    assert (taken.fits, found) == (True, [])
    assert taken.owed == taken.found


def test_what_comes_into_a_days_batch_after_its_order_was_cancelled_is_posted_as_well(hub: Hub):
    hub.pair.post_after_minutes = 0
    hub.pair.save()
    hub.invoice("536365", "100.00")
    hub.fault("CreateCashReceipt", "deadlock", left=20)
    cancelled = hub.sale("100.00", "536365")
    step(hub)
    day_batches.drain()
    assert (states("receipt"), states("erp_batch_post")) == (["waiting"], ["ready"])
    hub.void(cancelled)
    hub.sale("100.00", "536365")
    hub.at(hub.gateway.clock.now().replace(day=2, hour=1))
    step(hub)
    assert states("receipt") == ["cancelled", "waiting"]
    assert states("erp_batch_post") == ["cancelled"]
    sage_faults.disarm(hub.sage_url)
    hub.run()
    assert (states("receipt"), states("erp_batch_post")) == (["cancelled", "posted"], ["posted"])


def test_a_reversal_is_posted_after_its_receipt_and_what_it_makes_room_for_after_it(hub: Hub):
    hub.pair.post_after_minutes = 0
    hub.pair.save()
    hub.invoice("536365", "100.00")
    hub.fault("PostBatch", "deadlock", left=50, key_like="%receipts|1|post")
    Pull.objects.update(every_minutes=60)
    start = hub.gateway.clock.now()
    voided = hub.sale("100.00", "536365")
    step(hub)
    post_the_day(hub)
    hub.void(voided)
    hub.at(start + timedelta(hours=1))
    step(hub)
    post_the_day(hub)
    again = hub.sale("100.00", "536365")
    hub.at(start + timedelta(hours=2))
    step(hub)
    post_the_day(hub)
    orders = Posting.objects.filter(kind="batch_post").order_by("id")
    assert [order.after for order in orders] == ["", orders[0].key, orders[1].key]
    assert [order.attempt_count > 0 for order in orders] == [True, False, False]
    sage_faults.disarm(hub.sage_url)
    hub.run()
    assert (states("erp_batch_post"), hub.reasons()) == (["posted"] * 3, [])
    assert (hub.transaction(again).placement, hub.balance("536365")) == ("applied", "0.00")
