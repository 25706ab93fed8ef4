"""Exports of transactions: the only way in which a client learns what became of them."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.paytrace.answers import (
    Refused,
    approval_code,
    batch_code,
    exported,
    json_number,
    local_time,
)
from integrations.sandbox.paytrace.call import Call
from integrations.sandbox.paytrace.charges import approval_message
from integrations.sandbox.paytrace.customers import card_record, created_record
from integrations.sandbox.paytrace.fields import Card
from integrations.sandbox.wire import Answer

COLUMNS = (
    "id, kind, state, amount, bin, last4, digits, brand, expiration_month, expiration_year,"
    " refusal, customer_id, invoice_id, description, customer_reference_id, details,"
    " avs_response, csc_response, created_at, created_by, created_from, settled_at, batch_number"
)
# The filter transaction_type asks for a kind or for a state.
TYPE_FILTERS = {
    "SALE": "kind = 'SALE'",
    "AUTHORIZATION": "kind = 'AUTHORIZATION'",
    "REFUND": "kind = 'REFUND'",
    "STR/FWD": "false",
    "VOID": "state IN ('voided', 'auto_voided')",
    "SETTLED": "state = 'settled'",
    "PENDING": "state = 'approved'",
    "DECLINED": "state = 'declined'",
}
STATUS_MESSAGES = {
    "approved": assumptions.STATUS_PENDING,
    "authorized": assumptions.STATUS_AUTHORIZED,
    "declined": assumptions.STATUS_DECLINED,
    "voided": assumptions.STATUS_VOIDED,
    "auto_voided": assumptions.STATUS_VOIDED,
}


def by_id(call: Call) -> Answer:
    transaction_id = call.fields.transaction_id()
    call.fields.check()
    records = select(call, "id = %(id)s", {"id": transaction_id})
    if not records:
        raise Refused({assumptions.ERROR_TRANSACTION_ID: "There is no such transaction."})
    return exported("transactions", records)


def by_date_range(call: Call) -> Answer:
    """Transactions created on Pacific days start_date to end_date, both included."""
    fields = call.fields
    first, last = fields.day_range()
    customer_id = fields.text("customer_id", assumptions.MAX_ID)
    including = fields.text("including_text")
    kind = fields.text("transaction_type").upper()
    if kind and kind not in TYPE_FILTERS:
        fields.errors[assumptions.ERROR_TRANSACTION_TYPE] = "The transaction_type is not known."
    transaction_id = fields.transaction_id() if fields.has("transaction_id") else None
    fields.check()
    where = ["created_at >= %(first)s AND created_at < %(last)s"]
    if transaction_id is not None:
        where.append("id = %(id)s")
    if kind:
        where.append(TYPE_FILTERS[kind])
    if customer_id:
        where.append("customer_id = %(customer)s")
    if including:
        where.append(
            "strpos(lower(concat_ws(E'\\n', invoice_id, description, customer_reference_id,"
            " customer_id)), lower(%(text)s)) > 0"
        )
    parameters = {
        "first": start_of(first),
        "last": start_of(last + timedelta(days=1)),
        "id": transaction_id,
        "customer": customer_id,
        "text": including,
    }
    return exported("transactions", select(call, " AND ".join(where), parameters))


def select(call: Call, where: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """The export records of a condition (of ours), in the order of their ids."""
    including_bin = call.fields.flag("include_bin")
    rows = call.connection.execute(
        f"SELECT {COLUMNS} FROM paytrace_transaction WHERE {where} ORDER BY id",
        parameters,
    )
    return [record(row, including_bin) for row in rows]


def start_of(day: date) -> datetime:
    """The first moment of a Pacific day, in UTC."""
    return datetime.combine(day, time(), assumptions.ZONE).astimezone(UTC)


def record(row: tuple[Any, ...], including_bin: bool) -> dict[str, Any]:
    """One export record. Amount is a number, tax_amount a string: so the vendor has it."""
    (
        transaction_id, kind, state, amount, bin_number, last4, digits, brand, month, year,
        refusal, customer_id, invoice_id, description, reference, details_text, avs, csc,
        created_at, created_by, created_from, settled_at, batch_number,
    ) = row  # fmt: skip
    details = json.loads(details_text)
    status_code, status_message = _status(state, batch_number)
    declined = state == "declined"
    charged = kind != "REFUND"
    return {
        "transaction_id": transaction_id,
        "credit_card": card_record(
            Card(bin_number, last4, digits, brand, month, year, refusal), including_bin
        ),
        "transaction_type": kind,
        "description": description,
        "amount": json_number(amount),
        "invoice_id": invoice_id,
        "shipping_address": details["shipping_address"],
        "billing_address": details["billing_address"],
        "receipt_emailed_to": details["receipt_emailed_to"],
        "tax_amount": details["tax_amount"],
        "customer_reference_id": reference,
        "customer_id": customer_id,
        "approval_code": approval_code(transaction_id) if charged and not declined else "",
        "approval_message": approval_message(transaction_id, refusal) if charged else "",
        "avs_response": avs,
        "csc_response": csc,
        "status_code": status_code,
        "status_message": status_message,
        "created": created_record(created_at, created_by, created_from),
        "settled": local_time(settled_at),
        "discretionary_data": details["discretionary_data"],
    }


def _status(state: str, batch_number: int | None) -> tuple[str, str]:
    if batch_number is not None:
        code = batch_code(batch_number)
        return code, code
    return "Y" if state == "approved" else "N", STATUS_MESSAGES[state]
