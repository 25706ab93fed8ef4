"""What an action would do to an exception's money, in a sentence; nothing is asked or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console import formats
from reconciliation.choices import OPEN_STATES, Placement
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.fitting import POSTING_REASONS, RULE_REASONS, actions_for

UNCHANGED: Final = "stays as it is"


def effect_in_words(item: ExceptionItem, wish: Mapping[str, str]) -> str:
    """`wish` names the action and its values; without one, what mending the cause leads to."""
    money = formats.money_text(item.amount, item.currency)
    action = wish.get("action", "")
    if item.state in OPEN_STATES and action and action not in actions_for(item):
        return f"{UNCHANGED}: the action does not fit"
    if action == "link_customer":
        return f"{money} moves to customer {wish.get('customer_id', '')}".strip()
    if action == "link_invoice":
        return f"up to {money} pays invoice {wish.get('document_no', '')}".strip()
    if action == "leave_on_account":
        return f"{money} stays on account"
    if action == "link_batch":
        return f"{money} pays batch {wish.get('batch_ref', '')}".strip()
    if action in ("dismiss", "accept", "claim", "wait"):
        return "no money moves"
    if item.state not in OPEN_STATES:
        return f"{money} still stands there"
    if item.reason in RULE_REASONS:
        return f"{money} is decided again under the rules then in force"
    if item.reason in POSTING_REASONS:
        return f"the document of {money} goes again"
    return _where(item, money)


def _where(item: ExceptionItem, money: str) -> str:
    placement = item.transaction.placement if item.transaction else ""
    if placement == Placement.UNIDENTIFIED:
        return f"{money} leaves the unidentified receipts"
    if placement == Placement.ON_ACCOUNT:
        return f"{money} leaves the customer's account"
    return UNCHANGED
