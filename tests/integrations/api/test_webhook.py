import json
import time
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.test import Client

from config.entry import HookHandler
from console.rate import Rates
from integrations.api.signature import sign
from integrations.models import Envelope, Fact
from integrations.services import intake, vault, webhooks
from reconciliation.models import ExceptionItem
from reconciliation.services import book
from tests.builders import ConnectionFactory
from tests.wsgi import call

CHUNKED = {
    "CONTENT_LENGTH": "",
    "HTTP_TRANSFER_ENCODING": "chunked",
    "wsgi.input_terminated": True,
}
SECRET = "whsec_c2VjcmV0IG9mIGEgdGVzdA=="
BODY = json.dumps({"connection": "shop", "kind": "transaction", "vendor_id": "1001"}).encode()


@pytest.fixture
def shop():
    row = ConnectionFactory(slug="shop", settings={"username": "api"})
    vault.set_credential(row, vault.WEBHOOK_SECRET, SECRET)
    vault.set_credential(row, "password", "p")
    return row


def headers(body=BODY, event="event-1", age=0, secret=SECRET):
    at = int(time.time()) - age
    signed = sign(secret, event, at, body)
    return {"webhook-id": event, "webhook-timestamp": str(at), "webhook-signature": signed}


def deliver(given, body=BODY, slug="shop", client=None):
    client = client or Client()
    return client.post(f"/hooks/{slug}/", body, content_type="application/json", headers=given)


@pytest.mark.django_db
def test_a_signed_announcement_is_stored_and_accepted(shop):
    answer = deliver(headers())
    assert (answer.status_code, answer.json()) == (202, {"stored": True})
    envelope = Envelope.objects.get()
    assert (envelope.source, envelope.identity) == ("webhook", "webhook:event-1")
    assert intake.open_body(envelope) == BODY


@pytest.mark.django_db
def test_while_a_secret_is_being_replaced_both_sign_until_the_old_one_is_retired(shop):
    vault.set_credential(shop, vault.WEBHOOK_SECRET, "whsec_bmV3", keep_old=True)
    assert deliver(headers(event="old")).status_code == 202
    assert deliver(headers(event="new", secret="whsec_bmV3")).status_code == 202
    vault.retire_old(shop.credentials.get(name=vault.WEBHOOK_SECRET))
    assert deliver(headers(event="late")).status_code == 401


@pytest.mark.django_db
def test_a_repeat_is_accepted_and_stored_once(shop):
    assert [deliver(headers()).status_code for _ in range(3)] == [202] * 3
    assert Envelope.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_named(shop, missing):
    given = headers()
    del given[missing]
    answer = deliver(given)
    assert answer.status_code == 400
    assert missing in answer.json()["detail"]
    assert Envelope.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("signed", "changed"),
    [
        ({"secret": "another"}, {}),
        ({"age": 400}, {}),
        ({"age": -400}, {}),
        ({"body": b"{}"}, {}),
        ({}, {"webhook-signature": "v1,é"}),
        ({}, {"webhook-id": "event-2"}),
        ({"event": "event-2"}, {"webhook-id": "event-1"}),
    ],
)
def test_what_is_not_signed_in_time_is_refused(shop, signed, changed):
    assert deliver(headers(**signed) | changed).status_code == 401
    assert Envelope.objects.count() == 0


@pytest.mark.django_db
def test_an_unknown_connection_and_one_without_a_secret_look_alike(shop):
    ConnectionFactory(slug="silent")
    answers = [deliver(headers(), slug=slug) for slug in ("nowhere", "silent")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json() == {"detail": "No signature fits."}


@pytest.mark.django_db
def test_a_body_that_is_too_large_is_refused_unread(shop, settings):
    settings.TIEOUT_MAX_WEBHOOK_BYTES = 1024
    body = b" " * 1025
    assert deliver(headers(body), body).status_code == 413
    assert Envelope.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_post_is_answered(shop, method):
    answer = getattr(Client(), method)("/hooks/shop/", headers=headers(b""))
    assert answer.status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b'{"kind": "x"}', b"\xff\x00"])
def test_a_body_that_nobody_can_read_is_stored_and_shown(shop, body):
    assert deliver(headers(body), body).status_code == 202
    assert book.drain() == 1
    assert Envelope.objects.get().state in ("read", "unreadable")
    assert not Fact.objects.exclude(end="unreadable").exists()
    assert ExceptionItem.objects.get().reason == "unreadable_record"


@pytest.mark.django_db
def test_a_card_number_in_an_announcement_is_not_stored(shop):
    body = json.dumps({"kind": "transaction", "vendor_id": "4111111111111111"}).encode()
    assert deliver(headers(body), body).status_code == 202
    assert b"4111111111111111" not in intake.open_body(Envelope.objects.get())


@pytest.mark.django_db
def test_one_id_for_two_contents_ends_with_a_person(shop):
    other = BODY.replace(b"1001", b"1002")
    codes = [deliver(headers(body), body).status_code for body in (BODY, other, other, BODY)]
    assert codes == [202] * 4
    while book.drain():
        pass
    first, second = Envelope.objects.order_by("id")
    assert (first.state, second.state) == ("read", "unreadable")
    assert intake.open_body(second) == other
    assert [fact.vendor_id for fact in Fact.objects.all()] == ["1001"]
    assert f"in envelope {first.pk}" in ExceptionItem.objects.get().message


@pytest.mark.django_db
def test_a_secret_set_anew_works_at_once_and_the_old_one_no_more(shop):
    assert deliver(headers()).status_code == 202
    vault.set_credential(shop, vault.WEBHOOK_SECRET, "another")
    assert deliver(headers(event="event-2", secret="another")).status_code == 202
    assert deliver(headers(event="event-3")).status_code == 401


@pytest.mark.django_db
def test_a_secret_that_the_vault_cannot_open_refuses_nobody(shop):
    shop.credentials.update(key_id="gone")
    webhooks.forget()
    answer = deliver(headers())
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


@pytest.mark.django_db
def test_who_sends_too_much_is_told_when_to_come_again(shop, settings, monkeypatch):
    settings.TIEOUT_WEBHOOKS_PER_SECOND = 1
    monkeypatch.setattr(webhooks, "_rates", Rates())
    now = time.monotonic()
    monkeypatch.setattr(webhooks.time, "monotonic", lambda: now)  # however slow the machine is
    answers = [deliver(headers(event=f"event-{n}")) for n in range(12)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    assert answers[-1]["Retry-After"] in ("1", "2")
    assert Envelope.objects.count() == 10


@pytest.mark.django_db
def test_a_stranger_uses_up_nothing_of_a_connections_rate(shop, settings, monkeypatch):
    settings.TIEOUT_WEBHOOKS_PER_SECOND = 1
    monkeypatch.setattr(webhooks, "_rates", Rates())
    forged = [deliver(headers(secret="guess")).status_code for _ in range(20)]
    assert forged == [401] * 20
    assert deliver(headers()).status_code == 202


@pytest.mark.django_db
def test_plain_http_is_refused_where_https_is_asked_for(shop, settings):
    settings.SECURE_SSL_REDIRECT = True
    handler = HookHandler()
    status, _, _ = call(handler, headers(), BODY)
    assert status == 403
    status, _, _ = call(handler, headers(), BODY, **{"wsgi.url_scheme": "https"})
    assert status == 202


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "environ", "expected"),
    [
        (BODY, {}, 202),
        (b" " * 1025, {}, 413),
        (BODY, {"CONTENT_LENGTH": "1025"}, 413),
        (BODY, {"CONTENT_LENGTH": "1024"}, 400),
        (BODY, {"CONTENT_LENGTH": "5"}, 401),
        (BODY, {"CONTENT_LENGTH": "-1"}, 401),
        (BODY, {"CONTENT_LENGTH": ""}, 401),
        (BODY, CHUNKED, 202),
        (b" " * 1024, CHUNKED, 202),
        (b" " * 1025, CHUNKED, 413),
        (BODY, CHUNKED | {"wsgi.input_terminated": False}, 411),
    ],
)
def test_no_more_of_a_body_is_read_than_a_webhook_may_have(shop, settings, body, environ, expected):
    settings.TIEOUT_MAX_WEBHOOK_BYTES = 1024
    status, _, read = call(HookHandler(), headers(body), body, **environ)
    assert status == expected
    assert read <= 1025
    assert Envelope.objects.count() == (expected == 202)


@pytest.mark.django_db
@pytest.mark.parametrize("body", [BODY, b'{"x": "\\u00e9"}'])
def test_both_entries_store_the_same(shop, body):
    assert deliver(headers(body, "event-1"), body).status_code == 202
    status, content, _ = call(HookHandler(), headers(body, "event-2"), body)
    assert (status, json.loads(content)) == (202, {"stored": True})
    first, second = (intake.open_body(envelope) for envelope in Envelope.objects.all())
    assert first == second == body


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_row(shop):
    given, start, codes = headers(), Barrier(32), []

    def send():
        start.wait()
        codes.append(deliver(given).status_code)
        connection.close()

    senders = [Thread(target=send) for _ in range(32)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert codes == [202] * 32
    assert Envelope.objects.count() == 1
