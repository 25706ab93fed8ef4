"""Exports of settlement batches: gross figures, no fees, no deposit, no bank reference."""

from typing import Any

from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.paytrace.answers import Refused, exported, local_time
from integrations.sandbox.paytrace.call import Call
from integrations.sandbox.paytrace.exports import select, start_of
from integrations.sandbox.paytrace.settlement import next_day
from integrations.sandbox.wire import Answer

COLUMNS = (
    "number, closed_at, sales_count, sales_amount, refund_count, refund_amount,"
    " sales_amount - refund_amount"
)
BY_BRAND = """
    SELECT brand,
        count(*) FILTER (WHERE kind <> 'REFUND'),
        coalesce(sum(amount) FILTER (WHERE kind <> 'REFUND'), 0.00),
        count(*) FILTER (WHERE kind = 'REFUND'),
        coalesce(sum(amount) FILTER (WHERE kind = 'REFUND'), 0.00)
    FROM paytrace_transaction WHERE batch_number = %s GROUP BY brand
"""


def export(call: Call) -> Answer:
    """Batches closed on Pacific days start_date to end_date, by number."""
    first, last = call.fields.day_range()
    call.fields.check()
    rows = call.connection.execute(
        f"SELECT {COLUMNS} FROM paytrace_batch"
        " WHERE closed_at >= %s AND closed_at < %s ORDER BY number",
        (start_of(first), start_of(next_day(last))),
    )
    return exported("batches", [_record(row) for row in rows])


def export_one(call: Call) -> Answer:
    """The batch of a number, or the latest, with its figures by brand."""
    batch = _record(_find(call))
    sums = {row[0]: row[1:] for row in call.connection.execute(BY_BRAND, (batch["number"],))}
    for brand in assumptions.BRANDS:
        batch[brand] = _sums(*sums.get(brand, (0, "0.00", 0, "0.00")))
    return exported("batch", batch)


def transaction_list(call: Call) -> Answer:
    number = _find(call)[0]
    return exported("transactions", select(call, "batch_number = %(n)s", {"n": number}))


def _find(call: Call) -> tuple[Any, ...]:
    asked = call.fields.has("batch_number")
    number = call.fields.number("batch_number")
    row = None
    if number is not None or not asked:
        row = call.connection.execute(
            f"SELECT {COLUMNS} FROM paytrace_batch"
            " WHERE %(n)s::bigint IS NULL OR number = %(n)s ORDER BY number DESC LIMIT 1",
            {"n": number},
        ).fetchone()
    if row is None:
        raise Refused({assumptions.ERROR_BATCH: "There is no such batch."})
    return row


def _record(row: tuple[Any, ...]) -> dict[str, Any]:
    number, closed_at, sales, sales_amount, refunds, refund_amount, net = row
    return {
        "number": number,
        "batch_number": number,
        "when": local_time(closed_at),
        "tranx_count": sales + refunds,
        "net_amount": str(net),
        **_sums(sales, sales_amount, refunds, refund_amount),
    }


def _sums(sales: int, sales_amount: Any, refunds: int, refund_amount: Any) -> dict[str, Any]:
    return {
        "sales_count": sales,
        "sales_amount": str(sales_amount),
        "refund_count": refunds,
        "refund_amount": str(refund_amount),
    }
