"""Fills an empty database with payments and all that belongs to them, by the database itself.

Connections, pairs, rule sets and people are made by the product's own code, the rows of two years
by INSERT … SELECT: every constraint holds, and no worker has to run for hours. Only what no page
shows is made up: sealed bodies (but one), and the hashes of the audit chain.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection

from bench import hub
from config.demo import seed
from integrations.choices import EnvelopeSource, EnvelopeState
from integrations.clock import wall_now
from integrations.models import Connection, Envelope, Pair, Pull
from integrations.services import intake, vault

DAYS: Final = 730
#: Gateway accounts, each with its pair; ERP companies and bank accounts that they share.
PAIRS, COMPANIES, BANKS = 24, 4, 6
APPS: Final = ("integrations", "reconciliation", "audit")
STEPS: Final = sorted(Path(__file__).parent.glob("*.sql"))
#: Filling is no part of what is measured.
FAST: Final = (
    "SET synchronous_commit = off; SET work_mem = '128MB'; SET maintenance_work_mem = '256MB'"
)
USUAL: Final = "RESET synchronous_commit; RESET work_mem; RESET maintenance_work_mem"


def fill(rows: int, days: int) -> None:
    """`rows` payments of the last `days` days, and their envelopes, postings, audit entries, …"""
    _accounts(days)
    # Readings do not follow from payments: a short form has fewer of them.
    every = 60 if rows >= 500_000 else 24 * 60
    given = {"rows": rows, "days": days, "pairs": PAIRS, "every": every}
    with connection.cursor() as cursor:
        cursor.execute(FAST)
        for step in STEPS:
            cursor.execute(step.read_text(), given)
        cursor.execute(USUAL)
        _go_on_counting(cursor)
    _sealed()


def _accounts(days: int) -> None:
    first_day = date.today() - timedelta(days=days + 30)  # noqa: DTZ011  (any early day does)
    erps = [_connection("erp", n, "sage500", {"companies": [f"C{n}"]}) for n in range(COMPANIES)]
    banks = [
        _connection(
            "bank", n, "bank_csv", {"folder": "/nowhere", "account": "B", "currency": "USD"}
        )
        for n in range(BANKS)
    ]
    seed._people()
    for number in range(PAIRS):
        settings = {"username": "bench", "base_url": hub.NOWHERE, "start_on": f"{first_day}"}
        gateway = _connection("shop", number, "paytrace", settings)
        vault.set_credential(gateway, "password", "bench only")
        company = number % COMPANIES
        pair = Pair.objects.create(
            slug=f"shop-{number}",
            name=f"Shop {number} → company {company}",
            gateway=gateway,
            erp=erps[company],
            bank=banks[number % BANKS],
            company=f"C{company}",
            currency="USD",
        )
        seed._rules(pair, first_day)
    for bank in banks:
        Pull.objects.create(connection=bank, stream="statements")


def _connection(kind: str, number: int, connector: str, settings: dict[str, object]) -> Connection:
    return seed._connection(
        f"{kind}-{number}", f"{kind.capitalize()} {number}", connector, f"{kind}{number}", settings
    )


def _go_on_counting(cursor: Any) -> None:
    """Rows had their ids given: what comes next begins after them."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    for statement in connection.ops.sequence_reset_sql(no_style(), models):
        cursor.execute(statement)


def _sealed() -> None:
    """One envelope that can be opened, so that the page of an envelope is measured whole."""
    gateway = Connection.objects.get(slug="shop-0")
    body, identity = b'{"success": true, "transactions": []}', "bench: sealed"
    sealed = vault.encrypt(body, intake.body_context("transactions", identity))
    now = wall_now()
    Envelope.objects.create(
        connection=gateway,
        source=EnvelopeSource.PULL,
        kind="transactions",
        name="sealed",
        identity=identity,
        received_at=now,
        business_at=now,
        key_id=sealed.key_id,
        body=sealed.ciphertext,
        size=len(body),
        original_hash=vault.keyed_hash(body),
        state=EnvelopeState.READ,
        read_at=now,
    )
