"""What happens to a transaction later: capture, void, refund. One statement each, so that two
threads cannot both find the same money."""

import json
from typing import Any

from integrations.sandbox.paytrace import assumptions, charges, customers
from integrations.sandbox.paytrace.answers import Refused, done, live_mask
from integrations.sandbox.paytrace.call import Call, Operation
from integrations.sandbox.paytrace.fields import Card
from integrations.sandbox.wire import Answer

CAPTURE = """
    UPDATE paytrace_transaction
    SET state = 'approved', amount = coalesce(%(amount)s, amount), settle_from = %(now)s
    WHERE id = %(id)s AND kind = 'AUTHORIZATION' AND state = 'authorized'
        AND coalesce(%(amount)s, amount) BETWEEN 0.01 AND amount
"""
VOID = """
    WITH voided AS (
        UPDATE paytrace_transaction SET state = 'voided'
        WHERE id = %(id)s AND state IN ('approved', 'authorized')
        RETURNING refund_of, amount
    ), given_back AS (
        UPDATE paytrace_transaction SET refunded = refunded - voided.amount
        FROM voided WHERE id = voided.refund_of
    )
    SELECT 1 FROM voided
"""
REFUND = """
    WITH sale AS (
        UPDATE paytrace_transaction
        SET refunded = refunded + coalesce(%(amount)s, amount - refunded)
        WHERE id = %(id)s AND state = 'settled' AND kind <> 'REFUND' AND refunded < amount
            AND refunded + coalesce(%(amount)s, 0) <= amount
        RETURNING *
    )
    INSERT INTO paytrace_transaction (
        kind, state, amount, refund_of, bin, last4, digits, brand, expiration_month,
        expiration_year, customer_id, invoice_id, description, customer_reference_id, details,
        refusal, avs_response, csc_response, created_at, created_by, created_from, settle_from)
    SELECT 'REFUND', 'approved', coalesce(%(amount)s, refunded - %(before)s), id, bin, last4,
        digits, brand, expiration_month, expiration_year, customer_id, %(invoice_id)s,
        %(description)s, %(reference)s, %(details)s, '', '', '', %(now)s, %(user)s, %(peer)s,
        %(now)s
    FROM sale RETURNING id
"""


def capture(call: Call) -> Answer:
    """The id stays that of the authorization."""
    transaction_id = call.fields.transaction_id()
    amount = call.fields.optional_amount()
    call.fields.check()
    captured = call.connection.execute(
        CAPTURE, {"id": transaction_id, "amount": amount, "now": call.now}
    )
    if captured.rowcount != 1:
        _must_exist(call, transaction_id)
        raise Refused({assumptions.ERROR_NOT_CAPTURABLE: "The transaction cannot be captured."})
    return done(
        112,
        "Your transaction was successfully captured.",
        transaction_id=transaction_id,
        external_transaction_id="",
    )


def void(call: Call) -> Answer:
    """Only what has not settled; a voided refund gives its sale the amount back."""
    transaction_id = call.fields.transaction_id()
    call.fields.check()
    if call.connection.execute(VOID, {"id": transaction_id}).fetchone() is None:
        _must_exist(call, transaction_id)
        raise Refused({assumptions.ERROR_NOT_VOIDABLE: "The transaction cannot be voided."})
    return done(109, "Your transaction was successfully voided.", transaction_id=transaction_id)


def refund_for_transaction(call: Call) -> Answer:
    """A new id; neither the answer nor an export says which sale it belongs to."""
    transaction_id = call.fields.transaction_id()
    amount = call.fields.optional_amount()
    details = call.fields.details()
    texts = {
        "invoice_id": call.fields.text("invoice_id", assumptions.MAX_ID),
        "description": call.fields.text("description", assumptions.MAX_DESCRIPTION),
        "reference": call.fields.text("customer_reference_id", assumptions.MAX_ID),
    }
    call.fields.check()
    with call.connection.transaction():
        state, kind, before, sold = _locked(call, transaction_id)
        if state != "settled" or kind == "REFUND":
            raise Refused({assumptions.ERROR_NOT_SETTLED: "The transaction is not settled."})
        row = call.connection.execute(
            REFUND,
            {
                "id": transaction_id, "amount": amount, "before": before, "now": call.now,
                "user": call.user, "peer": call.peer, "details": json.dumps(details), **texts,
            },
        ).fetchone()  # fmt: skip
    if row is None:
        raise Refused({assumptions.ERROR_OVER_REFUND: f"Only {sold - before} can be refunded."})
    return _refunded(int(row[0]))


def refund_to_customer(call: Call) -> Answer:
    customer_id, card = customers.card_on_file(call)
    return _unreferenced(call, card, customer_id, keyed=False)


def refund_keyed(call: Call) -> Answer:
    card = call.fields.card()
    customer_id = call.fields.text("customer_id", assumptions.MAX_ID)
    return _unreferenced(call, card, customer_id, keyed=True)


def no_permission(_call: Call) -> Answer:
    """Refunds without a sale are switched off on live and sandbox accounts alike."""
    raise Refused({assumptions.ERROR_NO_PERMISSION: "The user lacks the permission for this."})


def unreferenced(operation: Operation, allowed: bool) -> Operation:
    return operation if allowed else no_permission


def _unreferenced(call: Call, card: Card, customer_id: str, *, keyed: bool) -> Answer:
    amount = call.fields.amount()
    call.fields.check()
    verdict = charges.Verdict("approved")
    refund = charges.insert(
        call, "REFUND", verdict, amount, card, customer_id, call.fields.details()
    )
    if not keyed:
        return _refunded(refund)
    return _refunded(
        refund,
        approval_code="",
        approval_message="",
        avs_response="",
        csc_response="",
        masked_card_number=live_mask(card.digits, card.last4),
    )


def _refunded(transaction_id: int, **rest: Any) -> Answer:
    return done(
        106,
        "Your transaction was successfully refunded.",
        transaction_id=transaction_id,
        external_transaction_id="",
        **rest,
    )


def _must_exist(call: Call, transaction_id: int) -> None:
    row = call.connection.execute(
        "SELECT 1 FROM paytrace_transaction WHERE id = %s", (transaction_id,)
    ).fetchone()
    if row is None:
        raise _unknown_id()


def _locked(call: Call, transaction_id: int) -> tuple[str, str, Any, Any]:
    row = call.connection.execute(
        "SELECT state, kind, refunded, amount FROM paytrace_transaction WHERE id = %s FOR UPDATE",
        (transaction_id,),
    ).fetchone()
    if row is None:
        raise _unknown_id()
    return row[0], row[1], row[2], row[3]


def _unknown_id() -> Refused:
    return Refused({assumptions.ERROR_TRANSACTION_ID: "There is no such transaction."})
