"""Split a payment over several invoices: the shares come to exactly what there is to apply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from integrations.canonical import ApplicationDraft, OpenItemRecord
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.money import Money, MoneyError
from mapping.services.links import link
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk.applications import left_on_account, owe_application
from reconciliation.services.desk.customers import close_placement, is_unidentified, transaction_of
from reconciliation.services.desk.erp import require_invoice
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.invoices import require_room
from reconciliation.services.desk.steps import at_work, pair_of
from reconciliation.services.desk.transfers import owe_transfer, standing_receipt
from reconciliation.services.known import company_lock

#: More than a remittance by hand ever names.
MOST: Final = 50
_LINE: Final = re.compile(r"(?P<number>\S.*?)[\s:=]+(?P<amount>[\d,]*\.?\d+)")


@dataclass(frozen=True, slots=True)
class Share:
    number: str
    amount: Money


def shares_in(text: str, currency: str) -> list[Share]:
    """`536365 100.00`, one invoice a line or between semicolons. Raises DeskError."""
    found: list[Share] = []
    for line in filter(None, (part.strip() for part in re.split(r"[\n;]", text))):
        match = _LINE.fullmatch(line)
        if match is None:
            raise DeskError(f"“{line[:60]}” is no invoice with an amount, such as 536365 100.00.")
        found.append(Share(match["number"], _amount(match["amount"], currency)))
    if len(found) < 2:
        raise DeskError("Name at least two invoices; one alone is linked.")
    if len(found) > MOST:
        raise DeskError(f"At most {MOST} invoices at once.")
    return found


def _amount(text: str, currency: str) -> Money:
    try:
        money = Money.parse(text.replace(",", ""), currency)
    except MoneyError as error:
        raise DeskError(f"{error}") from error
    if money <= Money.zero(currency):
        raise DeskError(f"{text} {currency} cannot be paid: it has to be above zero.")
    return money


def split(item: ExceptionItem, shares: str, actor: str) -> None:
    """Apply a payment to several invoices of one customer, all of them or none.

    Refused unless the shares come to exactly what stands on account, or for money of an unknown
    customer to the whole payment, which becomes the invoices' customer's first.
    """
    with at_work(item, "split", actor) as locked:
        pair, row = pair_of(locked), transaction_of(locked)
        wanted = shares_in(shares, row.currency)
        transaction_lock(company_lock(pair))
        if is_unidentified(row):
            whole, customer = Money(row.amount, row.currency), ""
        else:
            standing = standing_receipt(row)
            whole, customer = left_on_account(standing), standing.draft.customer_id
        _require_sum(wanted, whole)
        found = _invoices(pair, row, wanted, customer)
        if is_unidentified(row):
            _transfer(pair, row, found, actor)
        else:
            for invoice, share in found:
                owe_application(pair, row, standing, invoice, share, f"split: {actor}")
        listed = ", ".join(f"{share} {invoice.document_no}" for invoice, share in found)
        close_placement(locked, row, "split", actor, f"Split: {listed}."[:400])


def _require_sum(wanted: Sequence[Share], whole: Money) -> None:
    total = Money.zero(whole.currency)
    for share in wanted:
        total = total + share.amount
    if total != whole:
        raise DeskError(f"The shares come to {total}, and {whole} is there to be applied.")


def _invoices(
    pair: Pair, row: Transaction, wanted: Sequence[Share], customer: str
) -> list[tuple[OpenItemRecord, Money]]:
    """Each invoice with its share: one customer's, each once, each with room for it."""
    found: dict[str, tuple[OpenItemRecord, Money]] = {}
    for share in wanted:
        invoice = require_invoice(pair, share.number, customer)
        customer = customer or invoice.customer_id
        if invoice.item_key in found:
            raise DeskError(f"Invoice {invoice.document_no} is named twice.")
        room = require_room(pair, row, invoice)
        if share.amount > room:
            raise DeskError(f"Invoice {invoice.document_no} takes {room}, not {share.amount}.")
        found[invoice.item_key] = (invoice, share.amount)
    return list(found.values())


def _transfer(
    pair: Pair, row: Transaction, found: Sequence[tuple[OpenItemRecord, Money]], actor: str
) -> None:
    customer = found[0][0].customer_id
    if row.customer_ref:
        link(pair, row.customer_ref, customer, actor)
    applications = [
        ApplicationDraft(invoice.item_key, invoice.document_no, share) for invoice, share in found
    ]
    owe_transfer(pair, row, customer, applications, (f"split: {actor}",))
