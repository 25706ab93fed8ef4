"""Link an invoice: money that stands on account, or with the unidentified receipts, pays it."""

from __future__ import annotations

from integrations.canonical import ApplicationDraft, OpenItemRecord
from integrations.locks import transaction_lock
from integrations.models import Pair
from integrations.money import Money
from mapping.problems import Problem, ProblemKind, Suggestion
from mapping.services.links import link
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services.desk.applications import left_on_account, owe_application
from reconciliation.services.desk.customers import (
    close_placement,
    is_unidentified,
    transaction_of,
)
from reconciliation.services.desk.erp import asking, require_invoice
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, move, pair_of
from reconciliation.services.desk.transfers import owe_transfer, standing_receipt
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import company_lock, openings_of


def link_invoice(item: ExceptionItem, document_no: str, actor: str) -> None:
    """Apply the payment's money to an invoice, never beyond what the invoice can take.

    Money of an unknown customer becomes the invoice's customer's first.
    """
    with at_work(item, "link_invoice", actor) as locked:
        pair, row = pair_of(locked), transaction_of(locked)
        transaction_lock(company_lock(pair))
        if is_unidentified(row):
            _transfer(pair, row, locked, document_no, actor)
        else:
            _apply(pair, row, locked, document_no, actor)


def _transfer(
    pair: Pair, row: Transaction, item: ExceptionItem, document_no: str, actor: str
) -> None:
    invoice = require_invoice(pair, document_no)
    money = Money(row.amount, row.currency)
    share = min(money, require_room(pair, row, invoice))
    if row.customer_ref:
        link(pair, row.customer_ref, invoice.customer_id, actor)
    application = ApplicationDraft(invoice.item_key, invoice.document_no, share)
    owe_transfer(pair, row, invoice.customer_id, (application,), (f"link invoice: {actor}",))
    said = f"Transferred to customer {invoice.customer_id}; {share} pays {invoice.document_no}."
    close_placement(item, row, "link_invoice", actor, said)
    if left := money - share:
        open_exceptions([about_transaction(row, overpaid(invoice, left), item.business_on)])


def _apply(pair: Pair, row: Transaction, item: ExceptionItem, document_no: str, actor: str) -> None:
    """The item stays open, with what is left, until nothing is."""
    standing = standing_receipt(row)
    left = left_on_account(standing)
    if left <= Money.zero(left.currency):
        raise DeskError("Nothing of this payment is left on account.")
    invoice = require_invoice(pair, document_no, standing.draft.customer_id)
    share = min(left, require_room(pair, row, invoice))
    owe_application(pair, row, standing, invoice, share, f"link invoice: {actor}")
    said = f"{share} pays {invoice.document_no}"
    if not left - share:
        close_placement(item, row, "link_invoice", actor, f"{said}; nothing is left on account.")
        return
    item.amount = (left - share).amount
    move(item, item.state, "link_invoice", actor, f"{said}; {left - share} stays on account.")


def require_room(pair: Pair, row: Transaction, invoice: OpenItemRecord) -> Money:
    """What the invoice can still take, reservations of other receipts considered."""
    if (currency := invoice.balance.currency) != row.currency:
        raise DeskError(
            f"Invoice {invoice.document_no} is in {currency}, and the payment is in {row.currency}."
        )
    with asking(pair):
        openings = openings_of(pair, [invoice.item_key])
    room = openings.available.get(invoice.item_key, Money.zero(row.currency))
    if room <= Money.zero(row.currency):
        raise DeskError(f"Invoice {invoice.document_no} is paid, or about to be: it takes no more.")
    return room


def overpaid(invoice: OpenItemRecord, left: Money) -> Problem:
    return Problem(
        ProblemKind.OVERPAID,
        f"The payment is {left} more than invoice {invoice.document_no} can take; "
        "the rest stands on account.",
        left,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("invoices", invoice.document_no),),
    )
