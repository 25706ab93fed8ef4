"""Keys of effects: made of outside ids only, so that a restored backup derives the same ones."""

from __future__ import annotations

from datetime import date
from typing import Final

from integrations.models import Connection, Pair

#: How the key of what takes an effect back ends.
REVERSAL: Final = "|reversal"


def account_of(gateway: Connection) -> str:
    return f"{gateway.connector}:{gateway.account}"


def transaction_key(pair: Pair, vendor_id: str, effect: str, leg: int = 1) -> str:
    return f"{pair.company}|{account_of(pair.gateway)}|tx:{vendor_id}|{effect}|{leg}"


def batch_key(pair: Pair, batch_ref: str, effect: str, leg: int = 1) -> str:
    return f"{pair.company}|{account_of(pair.gateway)}|batch:{batch_ref}|{effect}|{leg}"


def day_key(pair: Pair, day: date, effect: str, leg: int = 1) -> str:
    return f"{pair.company}|{account_of(pair.gateway)}|day:{day.isoformat()}|{effect}|{leg}"


def customer_key(pair: Pair, ref: str, leg: int = 1) -> str:
    """The key under which a payer of the gateway becomes a customer of the ERP."""
    return f"{pair.company}|{account_of(pair.gateway)}|payer:{ref}|customer|{leg}"


def invoice_key(pair: Pair, shop: Connection, number: str, leg: int = 1) -> str:
    """The key of the invoice of a shop's order."""
    return f"{pair.company}|{account_of(shop)}|order:{number}|invoice|{leg}"


def invoices_key(pair: Pair, shop: Connection, day: date, leg: int = 1) -> str:
    """The key of the ERP batch for the invoices of a day's orders."""
    return f"{pair.company}|{account_of(shop)}|day:{day.isoformat()}|erp-batch-invoices|{leg}"


def reversal_key(key: str) -> str:
    """The key of what takes an effect back; a document is reversed once at most."""
    return f"{key}{REVERSAL}"


def order_key(key: str) -> str:
    """The key of the order to post an ERP batch."""
    return f"{key}|post"


def bank_line_key(pair: Pair, fingerprint: str, effect: str, leg: int = 1) -> str:
    return f"{pair.company}|{account_of(pair.bank)}|line:{fingerprint}|{effect}|{leg}"


def transit_ref(pair: Pair, day: date) -> str:
    """How what was captured on a day is named on ledger lines until its batch is known."""
    return f"{pair.batch_prefix}{day.isoformat()}"[:30]


def settlement_ref(pair: Pair, batch_ref: str) -> str:
    """How a settlement batch is named on ledger lines and ERP batches (30 characters at most)."""
    return f"{pair.batch_prefix}{batch_ref}"[:30]
