"""Nothing is acknowledged before it is durable: what is answered 202 is committed already."""

import json
import time

import psycopg
import pytest
from django.db import OperationalError, connection

from integrations.api.signature import sign
from integrations.models import Envelope
from integrations.services import intake, vault
from tests.builders import ConnectionFactory

SECRET = "whsec_c2VjcmV0IG9mIHRoZSByZWxheQ=="


@pytest.fixture
def gateway(transactional_db):
    gateway = ConnectionFactory(slug="gateway")
    vault.set_credential(gateway, vault.WEBHOOK_SECRET, SECRET)
    return gateway


def announce(client):
    body = json.dumps({"connection": "gateway", "kind": "transaction", "vendor_id": "1"}).encode()
    now = int(time.time())
    headers = {
        "webhook-id": "event-1",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(SECRET, "event-1", now, body),
    }
    return client.post("/hooks/gateway/", body, content_type="application/json", headers=headers)


def seen_by_others():
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        return other.execute("SELECT count(*) FROM integrations_envelope").fetchone()[0]


def test_what_is_acknowledged_is_there_for_every_other_session(gateway, client):
    assert announce(client).status_code == 202
    assert seen_by_others() == 1
    assert announce(client).status_code == 202
    assert seen_by_others() == 1


def test_what_cannot_be_stored_is_not_acknowledged(gateway, client, monkeypatch):
    def away(*_):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(intake, "_insert", away)
    answer = announce(client)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert not Envelope.objects.exists()
