"""Makes the Sage 500 sandbox misbehave on demand, or change behind the hub's back."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from integrations.sandbox.sage500.connect import connect

FaultKind = Literal["drop", "refuse_before", "stall", "lock_timeout", "deadlock", "stop_posting_at"]


def arm(
    database_url: str,
    procedure: str,
    kind: FaultKind,
    *,
    key_like: str = "%",
    left: int = 1,
    seconds: float = 0,
    step: int = 0,
) -> None:
    """The next `left` calls of a wrapper procedure whose key is LIKE `key_like` meet the fault.

    drop: the document is committed, then the connection breaks. refuse_before: it breaks before
    anything is written. stall: waits `seconds` first. lock_timeout, deadlock: SQLSTATE 55P03,
    40P01, nothing written. stop_posting_at (PostBatch): breaks before `step`, 1 to 9, with the
    steps before it committed.
    """
    if kind == "stop_posting_at" and not 1 <= step <= 9:
        raise ValueError("A posting has the steps 1 to 9.")
    with connect(database_url) as connection:
        connection.execute(
            "INSERT INTO sandbox_fault"
            " (procedure_name, kind, key_like, left_count, seconds, step)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [procedure, kind, key_like, left, seconds, step],
        )


def disarm(database_url: str) -> None:
    """Takes all faults away."""
    with connect(database_url) as connection:
        connection.execute("DELETE FROM sandbox_fault")


def edit_behind(
    database_url: str,
    receipt_key: int,
    action: Literal["void", "amount"],
    *,
    amount: Decimal | None = None,
) -> None:
    """Somebody voids a posted receipt in the ERP, or changes its amount, without telling us.

    The ledger stays in balance and invoices' balances follow: a void takes the applications back
    and writes reversing lines, an edit changes the receipt, its last applications and its lines.
    Raises: ValueError when there is no such valid posted receipt, or the amount is not positive.
    """
    if action == "amount" and (amount is None or amount <= 0):
        raise ValueError("An edited receipt needs a positive amount.")
    with connect(database_url) as connection:
        changed = connection.execute(
            "SELECT sandbox_void_receipt(%s)"
            if action == "void"
            else "SELECT sandbox_edit_receipt(%s, %s)",
            [receipt_key] if action == "void" else [receipt_key, amount],
        ).fetchone()
    if changed != (True,):
        raise ValueError(f"The ERP has no valid posted receipt with key {receipt_key}.")
