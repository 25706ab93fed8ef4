"""A receipt whose applications the ERP refused goes on account instead: never off the books."""

from __future__ import annotations

from dataclasses import replace

from integrations.canonical import CashReceiptDraft, draft_from_json
from integrations.locks import transaction_lock
from integrations.models import Posting
from integrations.money import Money
from integrations.services import lanes
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import release_as
from mapping.problems import Problem, ProblemKind, Suggestion
from reconciliation.choices import Placement
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.customers import transaction_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import move, pair_of
from reconciliation.services.desk_open import about_transaction, open_exceptions
from reconciliation.services.known import company_lock


def send_on_account(item: ExceptionItem, said: str, actor: str) -> None:
    """Send a refused receipt without its applications; call at work on the item.

    The invoices are free for others at once, and where the money belongs is asked anew. The item
    closes by itself once the ERP has taken the receipt.
    """
    pair, row = pair_of(item), transaction_of(item)
    transaction_lock(company_lock(pair))
    posting = Posting.objects.select_related("effect").get(exceptions=item)
    draft = draft_from_json(posting.draft)
    if not isinstance(draft, CashReceiptDraft) or not draft.applications:
        raise DeskError("The document applies nothing to an invoice; mend the cause in the ERP.")
    try:
        release_as(posting, replace(draft, applications=()), actor)
    except ContentConflictError as error:
        raise DeskError(f"{error} It cannot be changed any more; try it again.") from error
    posting.effect.reservations.update(is_released=True)
    row.placement = Placement.ON_ACCOUNT
    row.save(update_fields=["placement"])
    invoices = ", ".join(each.document_no for each in draft.applications)
    problem = _asked_anew(invoices, draft.customer_id, Money(row.amount, row.currency))
    open_exceptions([about_transaction(row, problem, item.business_on)])
    move(item, item.state, "leave_on_account", actor, said)
    lanes.wake("deliver")


def _asked_anew(invoices: str, customer: str, amount: Money) -> Problem:
    return Problem(
        ProblemKind.INVOICE_NOT_FOUND,
        f"The ERP did not take the payment for {invoices}; {amount} stands on account of "
        f"customer {customer}.",
        amount,
        (
            Suggestion("link_invoice", "Link the invoice"),
            Suggestion("leave_on_account", "Leave it on account"),
        ),
        (("customer", customer), ("typed", invoices)),
    )
