"""The vault: one card per customer id that the merchant chooses."""

import json
from typing import Any

from integrations.sandbox.paytrace import assumptions
from integrations.sandbox.paytrace.answers import (
    Refused,
    done,
    export_mask,
    exported,
    live_mask,
    local_time,
)
from integrations.sandbox.paytrace.call import Call
from integrations.sandbox.paytrace.fields import Card
from integrations.sandbox.wire import Answer

CARD = "bin, last4, digits, brand, expiration_month, expiration_year, refusal"


def create(call: Call) -> Answer:
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    if not customer_id:
        call.fields.errors[assumptions.ERROR_CUSTOMER_ID] = "The customer ID is missing."
    card = call.fields.card()
    details = call.fields.details()
    call.fields.check()
    created = call.connection.execute(
        f"INSERT INTO paytrace_customer (customer_id, {CARD}, details, created_at, created_by,"
        " created_from) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (customer_id) DO NOTHING",
        (customer_id, *_columns(card), json.dumps(details), call.now, call.user, call.peer),
    )
    if created.rowcount != 1:
        raise Refused({assumptions.ERROR_CUSTOMER_EXISTS: "The customer ID is already in use."})
    return _answer(160, "created", customer_id, card)


def update(call: Call) -> Answer:
    """Only the parts that are sent change."""
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    changed = {key: value for key, value in call.fields.details().items() if call.fields.has(key)}
    if call.fields.has("email"):
        changed["receipt_emailed_to"] = call.fields.text("email")
    new_card = call.fields.card() if call.fields.has("credit_card") else None
    call.fields.check()
    with call.connection.transaction():
        row = call.connection.execute(
            f"SELECT {CARD}, details FROM paytrace_customer WHERE customer_id = %s FOR UPDATE",
            (customer_id,),
        ).fetchone()
        if row is None:
            raise _not_found()
        card = new_card or Card(*row[:7])
        call.connection.execute(
            f"UPDATE paytrace_customer SET ({CARD}, details)"
            " = (%s, %s, %s, %s, %s, %s, %s, %s) WHERE customer_id = %s",
            (*_columns(card), json.dumps(json.loads(row[7]) | changed), customer_id),
        )
    return _answer(161, "updated", customer_id, card)


def delete(call: Call) -> Answer:
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    call.fields.check()
    deleted = call.connection.execute(
        "DELETE FROM paytrace_customer WHERE customer_id = %s", (customer_id,)
    )
    if deleted.rowcount != 1:
        raise _not_found()
    return done(162, "The customer profile was deleted.", customer_id=customer_id)


def export(call: Call) -> Answer:
    """One customer, or all in the order of their ids."""
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    including_bin = call.fields.flag("include_bin")
    call.fields.check()
    rows = call.connection.execute(
        f"SELECT customer_id, {CARD}, details, created_at, created_by, created_from"
        " FROM paytrace_customer WHERE %(id)s = '' OR customer_id = %(id)s"
        ' ORDER BY customer_id COLLATE "C"',
        {"id": customer_id},
    ).fetchall()
    if customer_id and not rows:
        raise _not_found()
    return exported("customers", [_record(row, including_bin) for row in rows])


def card_on_file(call: Call) -> tuple[str, Card]:
    """The customer id of a call and its card. Raises Refused (30)."""
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    call.fields.check()
    row = call.connection.execute(
        f"SELECT {CARD} FROM paytrace_customer WHERE customer_id = %s", (customer_id,)
    ).fetchone()
    if row is None:
        raise _not_found()
    return customer_id, Card(*row)


def _record(row: tuple[Any, ...], including_bin: bool) -> dict[str, Any]:
    customer_id, card, details = row[0], Card(*row[1:8]), json.loads(row[8])
    return {
        "customer_id": customer_id,
        "credit_card": card_record(card, including_bin),
        "billing_address": details["billing_address"],
        "shipping_address": details["shipping_address"],
        "email": details["receipt_emailed_to"],
        "phone": details["phone"],
        "fax": details["fax"],
        "discretionary_data": details["discretionary_data"],
        "created": created_record(row[9], row[10], row[11]),
    }


def card_record(card: Card, including_bin: bool) -> dict[str, Any]:
    """Exports mask with stars and write the year with two digits."""
    return {
        "masked_number": export_mask(card.digits, card.bin, card.last4, including_bin),
        "expiration_month": card.expiration_month,
        "expiration_year": card.expiration_year % 100,
    }


def created_record(created_at: Any, created_by: str, created_from: str) -> dict[str, Any]:
    return {
        "through": "API",
        "at": local_time(created_at),
        "by": created_by,
        "from_ip": created_from,
    }


def _columns(card: Card) -> tuple[Any, ...]:
    return (
        card.bin, card.last4, card.digits, card.brand, card.expiration_month,
        card.expiration_year, card.refusal,
    )  # fmt: skip


def _answer(response_code: int, verb: str, customer_id: str, card: Card) -> Answer:
    return done(
        response_code,
        f"The customer profile was {verb}.",
        customer_id=customer_id,
        masked_card_number=live_mask(card.digits, card.last4),
    )


def _not_found() -> Refused:
    return Refused(
        {assumptions.ERROR_CUSTOMER_NOT_FOUND: "The customer ID was not found or is incomplete."}
    )
