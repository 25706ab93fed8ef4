"""No card number in clear: every text and byte column of the database is searched after a run."""

import json
import time

import pytest
from django.db import connection

from integrations.api.signature import sign
from integrations.models import Envelope
from integrations.services import vault
from integrations.services.intake import open_body
from tests.hub import WEBHOOK_SECRET, Hub

CARDS = ("4111111111111111", "5500005555555559", "378282246310005", "6011000990139424")
COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
       AND c.data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea',
                           'ARRAY')
"""


def spellings(card: str) -> list[str]:
    groups = " ".join(card[n : n + 4] for n in range(0, len(card), 4))
    return [card, groups, groups.replace(" ", "-")]


def places_of(wanted: str) -> list[str]:
    """Columns in which a text stands, whatever the column's type."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column, kind in cursor.fetchall():
            value = f'"{column}"::text' if kind != "bytea" else f"encode(\"{column}\", 'escape')"
            cursor.execute(
                f'SELECT count(*) FROM "{table}" WHERE position(%s in {value}) > 0', [wanted]
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


@pytest.fixture
def planted(hub: Hub, client):
    """Card numbers where people and gateways put them: references, webhooks, files."""
    hub.invoice("536365", "100.00")
    hub.sale("100.00", f"536365 card {CARDS[0]}")
    hub.sale("10.00", CARDS[1], customer=CARDS[1][:12])
    body = {"connection": "paytrace-demo", "kind": "transaction", "vendor_id": CARDS[2]}
    raw, now = json.dumps(body).encode(), int(time.time())
    headers = {
        "webhook-id": "planted",
        "webhook-timestamp": str(now),
        "webhook-signature": sign(WEBHOOK_SECRET, "planted", now, raw),
    }
    client.post("/hooks/paytrace-demo/", raw, content_type="application/json", headers=headers)
    hub.settle()
    spaced = spellings(CARDS[3])[1]
    hub.bank((f"BATCH {hub.batch.vendor_ref} {spaced}", "106.21"))
    return hub


def test_the_search_finds_what_is_in_clear(planted: Hub):
    assert "integrations_connection.slug" in places_of("paytrace-demo")


def test_no_column_of_the_database_holds_a_card_number(planted: Hub):
    for card in CARDS:
        for spelling in spellings(card):
            assert places_of(spelling) == [], spelling


def test_no_envelope_holds_one_even_when_it_is_opened(planted: Hub):
    assert Envelope.objects.exclude(guard_findings=[]).exists()
    for envelope in Envelope.objects.all():
        body = open_body(envelope).decode(errors="replace")
        assert not [card for card in CARDS for spelling in spellings(card) if spelling in body]


def test_no_secret_stands_in_clear_either(planted: Hub):
    for secret in (WEBHOOK_SECRET, "sandbox-only-password", planted.sage_url):
        assert places_of(secret) == []
    assert vault.secrets_of(planted.pair.gateway)[vault.WEBHOOK_SECRET] == WEBHOOK_SECRET
