"""Sales and authorizations, keyed or by a card on file."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from integrations.sandbox.database import only_row
from integrations.sandbox.paytrace import assumptions, customers
from integrations.sandbox.paytrace.answers import approval_code, live_mask
from integrations.sandbox.paytrace.call import Call
from integrations.sandbox.paytrace.fields import Card, Fields
from integrations.sandbox.wire import Answer

COLUMNS = (
    "kind, state, amount, refund_of, bin, last4, digits, brand, expiration_month,"
    " expiration_year, customer_id, invoice_id, description, customer_reference_id, details,"
    " refusal, avs_response, csc_response, created_at, created_by, created_from, settle_from"
)
INSERT = f"""
    INSERT INTO paytrace_transaction ({COLUMNS})
    VALUES ({", ".join(["%s"] * 22)})
    RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the issuer and the account's rules say: a state, the refusal's text if declined."""

    state: str
    refusal: str = ""


def sale_keyed(call: Call) -> Answer:
    card = call.fields.card()
    return _charge(call, "SALE", card, customer_id=_customer_text(call.fields))


def sale_by_customer(call: Call) -> Answer:
    customer_id, card = customers.card_on_file(call)
    return _charge(call, "SALE", card, customer_id)


def authorization_keyed(call: Call) -> Answer:
    card = call.fields.card()
    return _charge(call, "AUTHORIZATION", card, customer_id=_customer_text(call.fields))


def authorization_by_customer(call: Call) -> Answer:
    customer_id, card = customers.card_on_file(call)
    return _charge(call, "AUTHORIZATION", card, customer_id)


def judge(kind: str, amount: Decimal, card: Card, csc: str, now: datetime) -> Verdict:
    """Pure: the triggers of NOTES.md, strongest first."""
    if card.refusal:
        return Verdict("declined", card.refusal)
    if (card.expiration_year, card.expiration_month) < (now.year, now.month):
        return Verdict("declined", "EXPIRED CARD")
    if amount == Decimal(assumptions.DECLINED_AMOUNT):
        return Verdict("declined", "DO NOT HONOR")
    if csc in assumptions.AUTO_VOID_CSCS:
        return Verdict("auto_voided")
    return Verdict("authorized" if kind == "AUTHORIZATION" else "approved")


def insert(
    call: Call,
    kind: str,
    verdict: Verdict,
    amount: Decimal,
    card: Card,
    customer_id: str,
    details: dict[str, Any],
    csc_response: str = "",
) -> int:
    """Store one transaction made now; answers its id."""
    fields = call.fields
    texts = (
        fields.text("invoice_id", assumptions.MAX_ID),
        fields.text("description", assumptions.MAX_DESCRIPTION),
        fields.text("customer_reference_id", assumptions.MAX_ID),
    )
    fields.check()
    cursor = call.connection.execute(
        INSERT,
        (
            kind, verdict.state, amount, None, card.bin, card.last4, card.digits, card.brand,
            card.expiration_month, card.expiration_year, customer_id, *texts,
            json.dumps(details), verdict.refusal, _avs_response(details), csc_response,
            call.now, call.user, call.peer, call.now,
        ),
    )  # fmt: skip
    return int(only_row(cursor)[0])


def answer(verdict: Verdict, transaction_id: int, card: Card, avs: str, csc: str) -> Answer:
    """A declined charge has an id too; code 103 says success and is no payment."""
    approved = verdict.state != "declined"
    code = approval_code(transaction_id) if approved else ""
    response_code, message = {
        "declined": (102, "Your transaction was not approved."),
        "auto_voided": (103, "Your transaction was approved, then voided by your rules."),
    }.get(verdict.state, (101, "Your transaction was successfully approved."))
    payload: dict[str, Any] = {
        "success": approved,
        "response_code": response_code,
        "status_message": message,
        "transaction_id": transaction_id,
        "approval_code": code,
        "approval_message": approval_message(transaction_id, verdict.refusal),
        "avs_response": avs,
        "csc_response": csc,
        "external_transaction_id": "",
        "masked_card_number": live_mask(card.digits, card.last4),
    }
    status = assumptions.HTTP_APPROVED if approved else assumptions.HTTP_DECLINED
    return Answer(status, payload)


def approval_message(transaction_id: int, refusal: str) -> str:
    """The processor's text, with its leading blanks."""
    return f"    {refusal}" if refusal else f"  APPROVAL {approval_code(transaction_id)}  "


def _charge(call: Call, kind: str, card: Card, customer_id: str) -> Answer:
    fields = call.fields
    amount = fields.amount(zero=kind == "AUTHORIZATION")
    csc = fields.csc()
    fields.check()
    verdict = judge(kind, amount, card, csc, call.now)
    csc_response = _csc_response(csc)
    details = fields.details()
    transaction_id = insert(call, kind, verdict, amount, card, customer_id, details, csc_response)
    return answer(verdict, transaction_id, card, _avs_response(details), csc_response)


def _customer_text(fields: Fields) -> str:
    return fields.text("customer_id", assumptions.MAX_ID)


def _avs_response(details: dict[str, Any]) -> str:
    address = details["billing_address"]
    return "Full Exact Match" if address["street_address"] and address["zip"] else ""


def _csc_response(csc: str) -> str:
    if not csc:
        return ""
    return "No Match" if csc in assumptions.AUTO_VOID_CSCS else "Match"
