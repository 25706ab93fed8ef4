"""What an action would do to an exception's money, in a sentence; nothing is asked or changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from console import formats
from reconciliation.choices import OPEN_STATES, Placement
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.fitting import POSTING_REASONS, RULE_REASONS, actions_for

UNCHANGED: Final = "stays as it is"
UNMOVED: Final = "no money moves"
OF_ACTION: Final[Mapping[str, str]] = {
    "link_customer": "{money} moves to customer {customer_id}",
    "link_invoice": "up to {money} pays invoice {document_no}",
    "apply_elsewhere": "the whole payment pays invoice {document_no}",
    "write_off": "what differs is written off",
    "link_batch": "{money} pays batch {batch_ref}",
    "give_back": "{money} is taken from the account of customer {customer_id}",
    "book_at_rate": "{money} is booked in the company's currency, and decided",
    "link_sale": "no money moves; it gives back {money} of sale {sale_ref}",
    "link_existing": "what waits for the payer moves to customer {customer_id}",
    "not_created": UNMOVED,
    "leave_on_account": "{money} stays on account",
    "dismiss": UNMOVED,
    "accept": UNMOVED,
    "claim": UNMOVED,
    "wait": UNMOVED,
}
#: What a wish may name of these.
NAMED: Final = ("customer_id", "document_no", "batch_ref", "sale_ref")


def effect_in_words(item: ExceptionItem, wish: Mapping[str, str]) -> str:
    """`wish` names the action and its values; without one, what mending the cause leads to."""
    money = formats.money_text(item.amount, item.currency)
    action = wish.get("action", "")
    if item.state in OPEN_STATES and action and action not in actions_for(item):
        return f"{UNCHANGED}: the action does not fit"
    if action in OF_ACTION:
        known = {name: wish.get(name, "") for name in NAMED}
        return OF_ACTION[action].format(money=money, **known).strip()
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
