"""A hub of its own for measuring: an empty database, a gateway, an ERP on loopback, a rule set.

Nothing here stands in for the product: connections, vault, parser, rules and lanes are its own.
Only the ERP is a stand-in (stub_erp.py), because its answering time is what is varied.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import psutil
from django.apps import apps
from django.conf import settings
from django.db import connection

from bench.stub_erp import StubErpSettings
from config.demo import seed
from integrations import registry
from integrations.choices import EnvelopeSource, PostingState
from integrations.clock import wall_now
from integrations.contracts import Capability
from integrations.models import Envelope, Pair, Posting
from integrations.services import intake, lanes, vault

FIRST_DAY = date(2011, 1, 3)
COMPANY = "SOA"
#: So many transactions make a day's settlement batch.
A_DAY = 2000
LANE = "bench"
NOWHERE = "http://127.0.0.1:9"


def stub_the_erp() -> None:
    """Make the stand-in for an ERP known to this process's registry."""
    known = cast(dict[str, registry.ConnectorInfo], registry.CONNECTORS)
    known["bench_erp"] = registry.ConnectorInfo(
        label="An ERP on loopback",
        factory="bench.stub_erp:create",
        capabilities=frozenset({Capability.OPEN_ITEMS, Capability.POST}),
        settings_class=StubErpSettings,
    )


def one_lane() -> None:
    """One worker for all: both lanes' drains in one lane, which leaves as soon as it is idle."""
    receive, deliver = (settings.TIEOUT_LANES[name] for name in ("receive", "deliver"))
    settings.TIEOUT_LANES[LANE] = [*receive, *deliver]
    settings.TIEOUT_BRIEF_LANES = frozenset({LANE})  # the work is measured, not the waiting


def empty() -> None:
    """Every row of the bench's own database is gone."""
    tables = [
        model._meta.db_table
        for label in ("reconciliation", "mapping", "integrations", "audit", "django_q")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
            " WHERE tgname LIKE %s AND tgenabled <> 'D'",
            ["%truncate%"],
        )
        for table, trigger in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{trigger}"')
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables))
    settle_tables()


def settle_tables() -> None:
    """Statistics as autovacuum would have them; without, the first plans are guesses."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def set_up(erp_url: str = NOWHERE) -> Pair:
    """One gateway, one ERP, one bank, one rule set in force; the demo's rules."""
    gateway = seed._connection(
        "bench-gateway",
        "Gateway",
        "paytrace",
        "bench",
        {
            "username": "bench",
            "base_url": NOWHERE,
            "start_on": FIRST_DAY.isoformat(),
            "include_bin": True,
        },
    )
    vault.set_credential(gateway, "password", "bench only")
    erp = seed._connection("bench-erp", "ERP", "bench_erp", "bench", {"url": erp_url})
    bank = seed._connection(
        "bench-bank",
        "Bank",
        "bank_csv",
        "bench",
        {"folder": str(settings.TIEOUT_HOME), "account": "Bench", "currency": "USD"},
    )
    pair, _ = Pair.objects.get_or_create(
        slug="bench",
        defaults={
            "name": "Gateway → ERP",
            "gateway": gateway,
            "erp": erp,
            "bank": bank,
            "company": COMPANY,
            "currency": "USD",
            "batch_prefix": "PT-",
            "post_batches": True,
        },
    )
    seed._people()
    seed._rules(pair, FIRST_DAY)
    return pair


def payment(number: int) -> dict[str, Any]:
    """A settled sale as PayTrace exports it, for one invoice of one customer."""
    day = FIRST_DAY + timedelta(days=number // A_DAY)
    return {
        "transaction_id": 400_000_000 + number,
        "transaction_type": "SALE",
        "amount": f"{10 + number % 90}.{number % 100:02d}",
        "created": {"through": "API", "at": f"{day:%m/%d/%Y} 10:{number % 60:02d}:00 AM"},
        "settled": f"{day:%m/%d/%Y} 08:05:00 PM",
        "status_code": f"GB {1 + number // A_DAY:06d}",
        "status_message": "Settled",
        "approval_code": f"TAS{number % 1000:03d}",
        "approval_message": "EXACT MATCH",
        "invoice_id": f"{536_365 + number}",
        "description": "Web order",
        "customer_id": f"{12_346 + number % 4000}",
        "customer_reference_id": "",
        "credit_card": {"masked_number": "401288xxxxxx1881", "expiration_month": 12},
    }


def store(pair: Pair, count: int, first: int = 0) -> None:
    """`count` events as intake leaves them: one envelope each, encrypted, not read yet."""
    rows: list[Envelope] = []
    for number in range(first, first + count):
        rows.append(_envelope(pair, number))
        if len(rows) == 2000:
            Envelope.objects.bulk_create(rows)
            rows = []
    Envelope.objects.bulk_create(rows)


def _envelope(pair: Pair, number: int) -> Envelope:
    body = json.dumps({"success": True, "transactions": [payment(number)]}).encode()
    identity = f"bench:{number}"
    sealed = vault.encrypt(body, intake.body_context("transactions", identity))
    at = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
    return Envelope(
        connection=pair.gateway,
        source=EnvelopeSource.PULL,
        kind="transactions",
        name=f"id {number}",
        identity=identity,
        received_at=wall_now(),
        business_at=at + timedelta(days=number // A_DAY),
        context={"transaction_id": str(400_000_000 + number)},
        key_id=sealed.key_id,
        body=sealed.ciphertext,
        size=len(body),
        original_hash=vault.keyed_hash(body),
    )


def drain() -> int:
    """Run the worker until nothing is left to do; answers how many rows it moved."""
    return sum(_runs())


def _runs() -> Iterator[int]:
    while moved := lanes.run_lane(LANE):
        yield moved


def all_posted(count: int) -> None:
    """Raises AssertionError unless every event's document is posted."""
    posted = Posting.objects.filter(kind="cash_receipt", state=PostingState.POSTED).count()
    if posted != count:
        raise AssertionError(f"{posted} of {count} documents are posted.")


class Cost:
    """Seconds by the clock and of processors: this process and its database session together."""

    def __init__(self) -> None:
        connection.ensure_connection()
        self._session = psutil.Process(connection.connection.info.backend_pid)
        self._began = (time.perf_counter(), self._used())

    def _used(self) -> float:
        own, theirs = psutil.Process().cpu_times(), self._session.cpu_times()
        return own.user + own.system + theirs.user + theirs.system

    def so_far(self) -> tuple[float, float]:
        """(seconds by the clock, seconds of processors)."""
        return time.perf_counter() - self._began[0], self._used() - self._began[1]
