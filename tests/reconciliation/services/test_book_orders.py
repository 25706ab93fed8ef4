"""Orders as a shop sends them, from the signed webhook to the row in the books."""

import json
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from audit.roles import Role
from integrations.api.signature import sign
from integrations.choices import EnvelopeSource
from integrations.models import Envelope, Fact, Pull
from integrations.services import connectors, intake, pull, vault
from reconciliation.models import ExceptionItem, Order, OrderHistory
from reconciliation.services import book
from tests.builders import ConnectionFactory, PullFactory
from tests.integrations.connectors.orders.orders import body, line, order
from tests.world import person

pytestmark = pytest.mark.django_db
SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdA=="


@pytest.fixture(autouse=True)
def shop():
    row = ConnectionFactory(slug="shop", connector="orders", account="shop")
    vault.set_credential(row, vault.WEBHOOK_SECRET, SECRET)
    yield row
    connectors._kept.clear()


def send(raw, event="event-1"):
    at = int(time.time())
    given = {
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(SECRET, event, at, raw),
    }
    answer = Client().post("/hooks/shop/", raw, content_type="application/json", headers=given)
    assert answer.status_code == 202
    book.drain()


def ends():
    return list(Fact.objects.order_by("id").values_list("end", flat=True))


def reasons():
    return list(ExceptionItem.objects.filter(state="open").values_list("reason", flat=True))


def test_a_signed_order_is_stored_read_and_booked():
    send(body())
    row = Order.objects.get()
    assert (row.number, row.state, str(row.total_amount)) == ("WEB-10023", "due", "31.810")
    assert (row.customer_ref, row.payment_ref, row.payer["name"]) == (
        "17850", "410000030", "Ann Lee",
    )  # fmt: skip
    assert (row.line_count, row.lines_amount + row.shipping_amount + row.tax_amount) == (
        1, row.total_amount,
    )  # fmt: skip
    assert Envelope.objects.get().kind == "order"
    assert row.history.get().meaning == row.content


def test_a_repeat_changes_nothing_and_names_the_first():
    send(body())
    send(body(), event="event-2")
    assert (Order.objects.count(), ends()) == (1, ["booked", "duplicate"])


def test_an_order_that_is_sent_again_changed_counts_and_both_are_kept():
    send(body())
    send(body(total="41.81", shipping="15.00"), event="event-2")
    assert str(Order.objects.get().total_amount) == "41.810"
    assert OrderHistory.objects.count() == 2


def test_a_shop_may_come_back_to_what_it_said_first():
    for event, shipping in (("a", "5.00"), ("b", "15.00"), ("c", "5.00")):
        send(body(shipping=shipping), event=event)
    assert ends() == ["booked"] * 3
    assert str(Order.objects.get().shipping_amount) == "5.000"


def test_an_older_revision_that_comes_late_changes_nothing():
    send(body(revision=2, shipping="15.00"))
    send(body(revision=1), event="event-2")
    assert str(Order.objects.get().shipping_amount) == "15.000"
    assert Fact.objects.order_by("id").last().rule.startswith("order: an older revision")


def test_the_same_message_id_with_another_body_is_for_a_person():
    send(body())
    send(body(total="1.00"))
    assert reasons() == ["unreadable_record"]
    assert str(Order.objects.get().total_amount) == "31.810"


def test_an_order_that_cannot_be_read_is_on_the_desk_and_heals():
    send(body(total="a lot"))
    item = ExceptionItem.objects.get()
    assert (item.reason, item.details["vendor_id"]) == ("unreadable_record", "WEB-10023")
    send(body(), event="event-2")
    assert (reasons(), Order.objects.count()) == ([], 1)


def test_a_card_number_in_an_order_is_gone_before_anything_is_stored():
    send(body(lines=[line(description="Paid with 4111 1111 1111 1111")]))
    assert reasons() == ["card_number_removed"]
    assert b"4111 1111" not in intake.open_body(Envelope.objects.get())
    assert "4111" not in json.dumps(Order.objects.get().content)


def test_a_file_of_orders_is_uploaded_and_says_what_became_of_each(shop):
    client = Client()
    client.force_login(person("operator", Role.OPERATOR))
    rows = b"\n".join((body(), body(order="WEB-2"), b"nonsense"))
    file = SimpleUploadedFile("orders.jsonl", rows, "text/plain")
    answer = client.post("/orders/upload/", {"connection": shop.pk, "file": file})
    book.drain()
    html = client.get(answer["Location"]).content.decode()
    assert "Line 3: it is no JSON" in html
    assert sorted(Order.objects.values_list("number", flat=True)) == ["WEB-10023", "WEB-2"]


def test_a_file_that_is_put_into_the_folder_is_read_once(shop, tmp_path):
    shop.settings = {"folder": str(tmp_path)}
    shop.save()
    (tmp_path / "2010-12-01.jsonl").write_bytes(b"\n".join((body(), body(order="WEB-2"))))
    PullFactory(connection=shop, stream="shop_orders", through=None)
    for _ in range(2):
        assert pull.drain() in (0, 1)
        book.drain()
        Pull.objects.update(through=None)
    assert (Order.objects.count(), Envelope.objects.get().kind) == (2, "orders")


def test_an_order_number_is_the_same_only_within_its_shop():
    send(body())
    other = ConnectionFactory(connector="orders", account="other")
    raw = json.dumps(order()).encode()
    intake.receive(other, intake.Arrival("order", raw, EnvelopeSource.WEBHOOK, identity="x"))
    book.drain()
    assert Order.objects.count() == 2


def test_what_a_shop_said_is_never_changed():
    send(body())
    with pytest.raises(DatabaseError, match="history"), transaction.atomic():
        OrderHistory.objects.update(meaning={})


def test_the_database_refuses_an_invoiced_order_that_does_not_add_up():
    send(body(total="31.82"))
    with pytest.raises(DatabaseError, match="order_invoiced_adds_up"), transaction.atomic():
        Order.objects.update(state="invoiced", customer_id="17850")
