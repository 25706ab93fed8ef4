"""Customers are read from the ERP and from the gateway's payments, then looked up in each other.

The ERP is walked as a whole every few hours; a payer is known from what the gateway showed with
their payments. Both are copies for comparing only: whether a customer exists is asked of the ERP.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from integrations.canonical import CustomerRecord, PartyRecord
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.services.connectors import customers_of
from mapping.choices import IdentitySystem
from mapping.models import CustomerIdentity, CustomerSource
from mapping.services.customers.candidates import look_up
from mapping.services.customers.identities import identity_of, keep
from reconciliation.models import Transaction, TransactionHistory
from reconciliation.services.customers.by_policy import create_new
from reconciliation.services.pairs import for_each_pair

WAITING: Final = """
    EXISTS (SELECT 1 FROM mapping_customersource WHERE due_at <= %(wall)s)
    OR EXISTS (SELECT 1 FROM integrations_pair p WHERE p.is_active AND
               (SELECT count(*) FROM mapping_customersource s WHERE s.pair_id = p.id
                AND s.system IN ('erp', 'gateway')) < 2)
    OR EXISTS (SELECT 1 FROM mapping_customeridentity
               WHERE NOT is_looked_up AND system <> 'erp')"""

AT_ONCE: Final = 500
#: A walk over the ERP's customers begins anew after this.
WALK_EVERY: Final = timedelta(hours=6)
PAYERS_EVERY: Final = timedelta(seconds=30)
AFTER_TROUBLE: Final = timedelta(minutes=10)


def drain() -> int:
    """One portion of each step for every pair; answers how many customers were new or changed."""
    return for_each_pair("customers", read)


def read(pair: Pair) -> int:
    return _read_erp(pair) + _read_payers(pair) + look_up(pair) + create_new(pair)


def read_now(pair: Pair) -> None:
    """Have the ERP's customers read from their beginning with the next round."""
    source = _source(pair, IdentitySystem.ERP)
    source.cursor, source.due_at = {}, wall_now()
    source.save()


def _source(pair: Pair, system: str) -> CustomerSource:
    row, _ = CustomerSource.objects.get_or_create(
        pair=pair, system=system, defaults={"due_at": wall_now()}
    )
    return row


def _read_erp(pair: Pair) -> int:
    source = _source(pair, IdentitySystem.ERP)
    now = wall_now()
    if source.due_at > now:
        return 0
    reader = customers_of(pair.erp)
    if reader is None:
        source.problem = f"{pair.erp.name} cannot list its customers."
        return _next(source, WALK_EVERY)
    try:
        records, cursor, has_more = reader.fetch_customers(pair.company, source.cursor, AT_ONCE)
    except EdgeError as error:
        source.problem = f"{pair.erp.name} gave no answer: {error.message}"[:300]
        return _next(source, AFTER_TROUBLE)
    changed = keep(pair, IdentitySystem.ERP, [_of_erp(pair, record) for record in records])
    source.cursor, source.problem, source.read_at = dict(cursor), "", now
    _next(source, timedelta() if has_more else WALK_EVERY)
    return changed + int(has_more)


def _of_erp(pair: Pair, record: CustomerRecord) -> CustomerIdentity:
    return identity_of(
        pair,
        IdentitySystem.ERP,
        record.customer_id,
        record.party,
        crm_ref=record.crm_ref,
        is_active=record.is_active,
    )


def _next(source: CustomerSource, after: timedelta) -> int:
    source.due_at = wall_now() + after
    source.save()
    return 0


def _read_payers(pair: Pair) -> int:
    """Payers of payments that were booked since; one worker books a gateway, in order."""
    source = _source(pair, IdentitySystem.GATEWAY)
    if source.due_at > wall_now():
        return 0
    after = int(source.cursor.get("history", 0))
    seen = list(
        TransactionHistory.objects.filter(
            pk__gt=after, transaction__connection=pair.gateway
        ).order_by("pk")[:AT_ONCE].values_list("pk", "transaction_id")
    )  # fmt: skip
    rows = Transaction.objects.filter(pk__in={row for _, row in seen}).exclude(customer_ref="")
    changed = keep(pair, IdentitySystem.GATEWAY, _payers(pair, list(rows.order_by("pk"))))
    source.read_at = wall_now()
    if seen:
        source.cursor = {"history": seen[-1][0]}
    _next(source, timedelta() if len(seen) == AT_ONCE else PAYERS_EVERY)
    return changed + int(len(seen) == AT_ONCE)


def _payers(pair: Pair, rows: Sequence[Transaction]) -> list[CustomerIdentity]:
    return [
        identity_of(pair, IdentitySystem.GATEWAY, row.customer_ref, party_of(row.payer))
        for row in rows
    ]


def party_of(payer: dict[str, Any]) -> PartyRecord:
    """What a transaction says of its payer; fields that it does not have are empty."""
    texts = {n: str(v) for n, v in payer.items() if n != "lines" and n in PartyRecord.__slots__}
    return PartyRecord(**texts, lines=tuple(payer.get("lines", ())))
