"""What vendors do to us: announcements, failures, records nobody can read, closed books."""

import json
import time

import psycopg
import pytest

from integrations.api.signature import sign
from integrations.models import Envelope, Pull
from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.schedule import Fault
from integrations.sandbox.sage500.faults import edit_behind
from reconciliation.models import ExceptionItem, GapReading
from tests.hub import WEBHOOK_SECRET, Hub

HOOK = "/hooks/paytrace-demo/"


def announce(client, vendor_id: str, event: str = "event-1"):
    body = {"connection": "paytrace-demo", "kind": "transaction", "vendor_id": vendor_id}
    raw, now = json.dumps(body).encode(), int(time.time())
    headers = {
        "webhook-id": event,
        "webhook-timestamp": str(now),
        "webhook-signature": sign(WEBHOOK_SECRET, event, now, raw),
    }
    return client.post(HOOK, raw, content_type="application/json", headers=headers)


def test_an_announcement_and_the_poll_book_a_payment_once(hub: Hub, client):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    assert announce(client, sale).status_code == 202
    hub.run()
    hub.settle()
    assert announce(client, sale, "event-2").status_code == 202
    hub.run()
    assert hub.receipts() == ["100.00"]
    assert hub.transaction(sale).history.count() == 2
    assert hub.ends("hint") == ["ignored", "ignored"]
    assert set(hub.ends("transaction")) == {"booked", "duplicate"}


def test_nothing_is_booked_by_an_announcement_alone(hub: Hub, client):
    announce(client, "999999999")
    hub.run()
    assert hub.ends("hint") == ["ignored"]
    assert hub.ends("transaction") == ["unreadable"]
    assert hub.reasons() == ["unreadable_record"]


@pytest.mark.parametrize("kind", ["throttle", "drop", "mangle_json"])
def test_a_reading_that_fails_is_made_up_for(hub: Hub, kind: str):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.gateway.arm(kind, path="/v1/transactions/export/*", times=1)
    hub.settle()
    hub.afternoon()
    assert hub.balance("536365") == "0.00"
    assert hub.receipts() == ["100.00"]
    assert hub.reasons() == []


@pytest.fixture(params=["error_500", "drop", "throttle_seconds"])
def every_third(request, gateway_database):
    """Before the gateway starts: every third of its lists will fail."""
    faults = [Fault("gateway.list", call, request.param) for call in range(3, 900, 3)]
    book.install(gateway_database, ["gateway.list"], faults)
    yield gateway_database
    with psycopg.connect(gateway_database) as session:
        session.execute("DROP TABLE sandbox_schedule, sandbox_channel")


def test_a_month_is_read_although_every_third_list_fails(every_third: str, hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.pass_days(31)
    assert Pull.objects.get(stream="transactions").through
    assert hub.receipts() == ["100.00"]
    struck = list(book.struck(every_third))
    assert 15 <= len(struck) <= 25  # 32 days cost 48 calls, not 32 again and again


def test_a_garbled_record_is_set_aside_and_healed_by_reading_the_batch_again(hub: Hub):
    hub.invoice("536365", "100.00")
    first, garbled = hub.sale("60.00", "536365"), hub.sale("40.00", "536365")
    hub.gateway.arm("garble", path="/v1/transactions/export/*", record=garbled)
    hub.settle()
    assert hub.transaction(first).status == "settled"
    assert "unreadable" in hub.ends("transaction")
    assert GapReading.objects.get().cause == "batch_short"
    assert hub.transaction(garbled).status == "settled"
    assert (hub.reasons(), hub.reasons("resolved")) == ([], ["unreadable_record"])
    assert hub.balance("536365") == "0.00"


def test_a_card_number_is_never_stored(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365", description="card 4111 1111 1111 1111 thanks")
    hub.settle()
    assert hub.reasons() == ["card_number_removed"]
    assert hub.balance("536365") == "0.00"
    assert "4111 1111" not in json.dumps(hub.transaction(sale).reference_texts)
    assert Envelope.objects.exclude(guard_findings=[]).exists()


def test_a_closed_period_holds_the_documents_until_somebody_opens_it(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.close_period()
    hub.settle()
    assert hub.receipts() == []
    assert set(hub.reasons()) == {"period_closed"}
    assert hub.transaction(sale).decision == "effects"
    hub.close_period(closed=False)


@pytest.mark.parametrize("kind", ["drop", "refuse_before", "lock_timeout"])
def test_whatever_the_erp_does_each_document_stands_once(hub: Hub, kind: str):
    hub.invoice("536365", "100.00")
    hub.sale("60.00", "536365")
    hub.sale("40.00", "536365")
    for procedure in ("OpenBatch", "CreateCashReceipt", "PostBatch"):
        hub.fault(procedure, kind)
    hub.settle()
    assert hub.receipts() == ["60.00", "40.00"]
    assert hub.balance("536365") == "0.00"
    assert hub.states() <= {"posted", "duplicate"}


def test_a_bookkeeper_may_post_the_batches(hub: Hub):
    hub.pair.post_batches = False
    hub.pair.save()
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    assert hub.balance("536365") == "100.00"
    assert hub.states() == {"entered"}
    assert hub.batch.state == "matched"
    post_by_hand(hub)
    hub.run()
    assert hub.states() == {"posted"}
    assert (hub.balance("536365"), hub.batch.state) == ("0.00", "tied_out")


def post_by_hand(hub: Hub) -> None:
    """Somebody posts every open batch in the ERP itself."""
    for key, count, amount in hub.sql(OPEN_BATCHES):
        hub.sql(
            'CALL tieout."PostBatch"(%s, %s, %s, %s, %s, %s, NULL, NULL, NULL, NULL)',
            f"by hand {key}", "0" * 64, "SOA", key, count, amount,
        )  # fmt: skip


OPEN_BATCHES = """
    SELECT b."BatchKey", 1, 100.00 FROM "tciBatchLog" b WHERE b."PostStatus" <> 6
    ORDER BY b."BatchKey"
"""


def test_a_receipt_that_is_voided_behind_our_back_is_found(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    [(receipt,)] = hub.sql('SELECT "CustPmtKey" FROM "tarCustPmt"')
    edit_behind(hub.sage_url, receipt, "void")
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    assert (hub.batch.state, hub.reasons()) == ("discrepant", ["ledger_differs"])
    assert ExceptionItem.objects.get().amount == 100  # what limits are measured by
    assert not hub.certificate().ties_out
