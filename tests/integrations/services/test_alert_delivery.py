import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail

from audit.models import Entry
from audit.roles import Role
from integrations.api import signature
from integrations.choices import DeliveryState
from integrations.clock import wall_now
from integrations.models import Alert, AlertDelivery
from integrations.services import alert_delivery, alert_routes, alert_routing, alerts
from tests.builders import AlertDeliveryFactory, AlertRouteFactory
from tests.world import person

pytestmark = pytest.mark.django_db
SECRET = "whsec_c2VjcmV0IG9mIGEgcmVjZWl2ZXI="


@pytest.fixture
def receiver():
    """A loopback server that keeps what it is sent and answers `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.server.got.append((self.path, dict(self.headers.items()), body))
            self.send_response(self.server.answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.answer = [], 204
    server.url = f"http://127.0.0.1:{server.server_port}/alerts?team=ops"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def webhook(receiver):
    route = AlertRouteFactory(channel="webhook", address=receiver.url)
    person("anna", Role.ADMIN)
    return alert_routes.save_route(route, SECRET, "user:anna")


def raise_and_send(title="Sage 500 does not answer"):
    alerts.raise_alert("connection_down", "connection:7", title, "No answer in 30 s.")
    alert_routing.drain()
    return alert_delivery.drain()


def due_again():
    AlertDelivery.objects.filter(state="due").update(due_at=wall_now())


def test_a_mail_says_what_who_and_since_when(settings):
    settings.TIEOUT_PUBLIC_URL = "https://tieout.example.com/"
    AlertRouteFactory(address="anna@example.com, bert@example.com")
    assert raise_and_send() == 1
    sent = mail.outbox[0]
    delivery = AlertDelivery.objects.get()
    assert sent.subject == "[Tieout] Operations: Sage 500 does not answer"
    assert sent.to == ["anna@example.com", "bert@example.com"]
    assert "No answer in 30 s." in sent.body
    assert "https://tieout.example.com/connections/7/" in sent.body
    assert sent.extra_headers["Message-ID"] == f"<{delivery.uid}@localhost>"
    assert "<h3>" in sent.alternatives[0].content
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENT, 1)
    assert Entry.objects.filter(action="alert.sent").count() == 1


def test_html_in_a_title_is_shown_and_not_run_and_a_line_break_forges_no_header():
    AlertRouteFactory()
    raise_and_send("<script>1</script> is\nBcc: eve@example.com")
    sent = mail.outbox[0]
    assert "<script>" not in sent.alternatives[0].content
    assert "\n" not in sent.subject
    assert sent.bcc == []


def test_a_webhook_is_signed_and_carries_the_alert(receiver):
    webhook(receiver)
    raise_and_send()
    path, headers, body = receiver.got[0]
    assert path == "/alerts?team=ops"
    read = signature.read_headers(
        headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]
    )
    signature.check(read, body, [SECRET], wall_now().timestamp(), 60)
    told = json.loads(body)
    assert told["id"] == headers["webhook-id"] == str(AlertDelivery.objects.get().uid)
    assert (told["type"], told["alerts"][0]["event"]) == ("alert", "opened")


def test_the_secret_stands_nowhere_in_clear(receiver):
    route = webhook(receiver)
    assert SECRET.encode() not in bytes(route.ciphertext)
    assert SECRET not in str(list(Entry.objects.values_list("details", "summary")))
    assert alert_routes.secret_of(route) == SECRET


def test_a_sealed_address_is_called_and_stands_in_no_message(receiver):
    webhook(receiver)
    receiver.answer = 503
    raise_and_send()
    delivery = AlertDelivery.objects.get()
    assert receiver.got[0][0] == "/alerts?team=ops"
    assert "team=ops" not in f"{delivery.address}{delivery.problem}{delivery}"


def test_a_receiver_that_fails_gets_the_same_message_again_later(receiver):
    webhook(receiver)
    receiver.answer = 503
    raise_and_send()
    delivery = AlertDelivery.objects.get()
    assert (delivery.state, delivery.attempts) == (DeliveryState.DUE, 1)
    assert "answered 503" in delivery.problem
    assert delivery.due_at > wall_now()
    assert alert_delivery.drain() == 0
    receiver.answer = 200
    due_again()
    assert alert_delivery.drain() == 1
    (_, first, body), (_, second, again) = receiver.got
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    assert AlertDelivery.objects.get().state == DeliveryState.SENT


def test_a_worker_that_dies_after_sending_sends_it_again_with_the_same_id(monkeypatch, receiver):
    webhook(receiver)

    def dies(delivery):
        raise SystemExit

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(alert_delivery, "_sent", dies)
        raise_and_send()
    assert alert_delivery.drain() == 0  # its lease is not over
    due_again()
    alert_delivery.drain()
    assert len({headers["webhook-id"] for _, headers, _ in receiver.got}) == 1
    assert len(receiver.got) == 2


def test_after_the_last_attempt_it_is_given_up_and_that_is_on_record():
    AlertDeliveryFactory(
        route__channel="webhook", route__address="http://127.0.0.1:9/",
        attempts=alert_delivery.LAST_ATTEMPT - 1,
    )  # fmt: skip
    alert_delivery.drain()
    assert AlertDelivery.objects.get().state == DeliveryState.FAILED
    assert Entry.objects.get(action="alert.not_sent").summary.startswith("Given up:")


def test_a_route_that_keeps_failing_is_an_alert_until_it_delivers(receiver):
    route = webhook(receiver)
    receiver.answer = 500
    raise_and_send()
    for _ in range(2):
        due_again()
        alert_delivery.drain()
    found = Alert.objects.get(kind="alert_undelivered")
    assert (found.subject, found.state) == (f"route:{route.pk}", "open")
    receiver.answer = 200
    due_again()
    alert_delivery.drain()
    found.refresh_from_db()
    assert found.state == "cleared"


def test_what_comes_after_a_message_that_failed_waits_for_it():
    first = AlertDeliveryFactory(attempts=1, due_at=wall_now() + timedelta(hours=1))
    AlertDeliveryFactory(route=first.route)
    other = AlertDeliveryFactory()
    assert alert_delivery.drain() == 1
    other.refresh_from_db()
    assert other.state == DeliveryState.SENT


def test_a_mail_server_that_is_gone_breaks_nothing(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    AlertRouteFactory()
    assert raise_and_send() == 1
    assert "refused" in AlertDelivery.objects.get().problem


def test_in_production_no_private_address_is_called(settings, receiver):
    settings.TIEOUT_ALLOW_SANDBOX = False
    webhook(receiver)
    raise_and_send()
    assert receiver.got == []
    assert "https://" in AlertDelivery.objects.get().problem


def test_a_fault_of_our_own_is_noted_and_does_not_stop_the_rest(monkeypatch, caplog):
    AlertDeliveryFactory()
    AlertDeliveryFactory()
    monkeypatch.setattr(alert_delivery, "message_of", lambda delivery: 1 / 0)
    assert alert_delivery.drain() == 2
    assert set(AlertDelivery.objects.values_list("problem", flat=True)) == {
        "A fault of our own: ZeroDivisionError"
    }
    assert "could not be sent" in caplog.text


def test_the_wait_between_attempts_grows_to_an_hour():
    waits = [alert_delivery.back_off(number).total_seconds() for number in (1, 2, 5, 12)]
    assert waits == [30, 60, 480, 3600]
