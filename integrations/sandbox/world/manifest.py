"""What was planted, in the gateway's and the bank's own words, for whoever checks the hub."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from integrations.sandbox.chaos.book import is_on
from integrations.sandbox.world.bank import STRAY_BATCH, Batch
from integrations.sandbox.world.kinds import Kind, Planted
from integrations.sandbox.world.plan import Plan


@dataclass(frozen=True, slots=True)
class Payments:
    """What the gateway itself counts as paid: approved, neither voided nor declined, gross."""

    approved: int
    total: Decimal


def manifest(database_url: str, plan: Plan) -> list[Planted]:
    """Every planted fault with its transaction, batch or line as far as it has happened."""
    with psycopg.connect(database_url) as connection:
        ids = {
            seq: str(gateway_id)
            for seq, gateway_id in connection.execute("SELECT seq, gateway_id FROM world.action")
            if gateway_id is not None
        }
        return [
            *_payments(plan, ids),
            *_wires(plan),
            *_orders(plan, ids),
            *_bank(connection, plan),
            *_hooks(connection),
            *_charged_twice(connection),
        ]


def payments(database_url: str) -> Payments:
    """Counted in the PayTrace sandbox's own tables."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT count(*), coalesce(sum(amount), 0) FROM paytrace_transaction"
            " WHERE kind <> 'REFUND' AND state IN ('approved', 'settled')"
        ).fetchone()
    return Payments(*row) if row else Payments(0, Decimal(0))


def _payments(plan: Plan, ids: dict[int, str]) -> Iterator[Planted]:
    for action in plan.actions:
        kinds = [action.planted] if action.planted is not None else []
        if action.dirty:
            kinds.append(Kind.DIRTY)
        for kind in kinds:
            text = action.invoice_id or action.description
            note = f"{action.reference}, {action.verb} of {action.amount} on {action.on}: {text!r}"
            yield Planted(kind, note, transaction_id=ids.get(action.seq, ""))


def _orders(plan: Plan, ids: dict[int, str]) -> Iterator[Planted]:
    """Of an order that is not invoiced the payment, if it has one, finds no invoice."""
    for order in plan.shop.orders:
        if order.planted is None:
            continue
        note = f"{order.number} of {order.on} over {order.total}"
        yield Planted(order.planted, note, order=order.number)
        if order.paid is not None:
            [seq] = [each.seq for each in plan.actions if each.invoice_id == order.number]
            yield Planted(Kind.INVOICE_NOT_FOUND, note, transaction_id=ids.get(seq, ""))


def _wires(plan: Plan) -> Iterator[Planted]:
    for read in plan.troubles.reads:
        yield Planted(Kind.READ_FAULT, f"{read.fault} on the evening of {read.on}")
    for erp in plan.troubles.erp:
        yield Planted(erp.kind, f"{erp.procedure}: {erp.fault} after the close of {erp.on}")


def _bank(connection: psycopg.Connection[Any], plan: Plan) -> Iterator[Planted]:
    troubles = plan.troubles
    if batch := _batch(connection, troubles.fee_on):
        note = f"the bank kept too high a fee of the batch of {batch.closed_on}"
        yield Planted(Kind.FEE_DIFFERS, note, batch_number=str(batch.number))
    if batch := _batch(connection, troubles.missing_on):
        note = f"the bank never paid the batch of {batch.closed_on}"
        yield Planted(Kind.DEPOSIT_MISSING, note, batch_number=str(batch.number))
    if batch := _batch(connection, troubles.unreadable_on):
        note = f"unreadable in the statement of {batch.pays_on}, clean in the next one"
        yield Planted(Kind.UNREADABLE_LINE, note, line=batch.reference)
    if troubles.stray_on is not None:
        note = f"a deposit on {troubles.stray_on} that belongs to no batch"
        yield Planted(Kind.DEPOSIT_UNMATCHED, note, line=f"BATCH {STRAY_BATCH}")


def _hooks(connection: psycopg.Connection[Any]) -> Iterator[Planted]:
    """Announcements that were signed and made no sense."""
    if not is_on(connection):
        return
    rows = connection.execute(
        "SELECT note FROM sandbox_schedule WHERE channel = 'hook' AND kind = 'garbage'"
        " AND struck_at IS NOT NULL"
    )
    for (webhook_id,) in rows:
        yield Planted(Kind.UNREADABLE_HINT, f"beside the announcement {webhook_id}")


def _charged_twice(connection: psycopg.Connection[Any]) -> Iterator[Planted]:
    """Charges that random faults doubled: the first was still on its way when the payer looked."""
    if not is_on(connection):
        return
    rows = connection.execute(
        "SELECT customer_reference_id, max(id) FROM paytrace_transaction"
        " WHERE kind = 'SALE' AND state IN ('approved', 'settled') AND customer_reference_id <> ''"
        " GROUP BY customer_reference_id HAVING count(*) > 1"
    )
    for reference, latest in rows:
        note = f"{reference} was charged twice, because the answer to the first one was lost"
        yield Planted(Kind.SECOND_CHARGE, note, transaction_id=str(latest))


def _batch(connection: psycopg.Connection[Any], closed_on: date | None) -> Batch | None:
    row = connection.execute(
        "SELECT batch_number, closed_on FROM world.bank_batch WHERE closed_on = %s"
        " ORDER BY batch_number LIMIT 1",
        (closed_on,),
    ).fetchone()
    return Batch(*row) if row else None
