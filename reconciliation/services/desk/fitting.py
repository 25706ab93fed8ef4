"""Which actions fit an exception: pure, from its reason, its state and where the money stands."""

from __future__ import annotations

from typing import Final

from integrations.choices import PostingState
from reconciliation.choices import OPEN_STATES, ExceptionState, Placement, Reason
from reconciliation.models import ExceptionItem

#: The money of a receipt stands on an account or with the unidentified receipts.
PLACEMENT_REASONS: Final = frozenset(
    {
        Reason.INVOICE_NOT_FOUND,
        Reason.CUSTOMER_UNKNOWN,
        Reason.SEVERAL_CUSTOMERS,
        Reason.SECOND_CHARGE,
        Reason.OVERPAID,
        Reason.REFERENCE_AMBIGUOUS,
    }
)
#: A posting was held by the edge; it stands with the item.
POSTING_REASONS: Final = frozenset(
    {
        Reason.PERIOD_CLOSED,
        Reason.REFUSED_BY_ERP,
        Reason.UNKNOWN_OUTCOME,
        Reason.ATTEMPTS_EXHAUSTED,
        Reason.CONTENT_CONFLICT,
    }
)
RULE_REASONS: Final = frozenset(
    {
        Reason.ACCOUNT_UNMAPPED,
        Reason.METHOD_UNMAPPED,
        Reason.ACTION_UNMAPPED,
        Reason.RULES_MISSING,
        Reason.NOT_DECIDED,
    }
)
#: Bytes that can be read once more, after the reader or a setting was mended.
UNREADABLE_REASONS: Final = frozenset({Reason.UNREADABLE_RECORD, Reason.UNREADABLE_STATEMENT_LINE})
#: Members can be fetched once more.
MEMBER_REASONS: Final = frozenset({Reason.BATCH_INCOMPLETE, Reason.FIGURES_CHANGED})
#: Rows that the drains look at again once nobody says any more that they are set aside.
AGAIN_REASONS: Final = frozenset({Reason.SET_ASIDE})
_NOT_POSTED: Final = "The money is not on the books before the ERP has taken the document"
#: Why these cannot be dismissed: their money is not on the books.
NOT_ON_BOOKS: Final[dict[str, str]] = {
    Reason.ACCOUNT_UNMAPPED: "Nothing is posted before an account is mapped",
    Reason.METHOD_UNMAPPED: "Nothing is posted before the payment method is mapped",
    Reason.ACTION_UNMAPPED: "Nothing is posted before a rule says what this status leads to",
    Reason.RULES_MISSING: "Nothing is posted before a rule set is in force",
    Reason.NOT_DECIDED: "Nothing is posted before it could be decided",
    Reason.SET_ASIDE: "What is set aside is not worked on before it is tried again",
    Reason.PERIOD_CLOSED: _NOT_POSTED,
    Reason.REFUSED_BY_ERP: _NOT_POSTED,
    Reason.UNKNOWN_OUTCOME: _NOT_POSTED,
    Reason.ATTEMPTS_EXHAUSTED: _NOT_POSTED,
    Reason.CONTENT_CONFLICT: "The ERP holds another document than the one that is owed",
    Reason.CENSUS_MISSING: "The document is not in the ERP",
    Reason.BATCH_INCOMPLETE: "Transactions of this batch are not on the books",
}


def actions_for(item: ExceptionItem) -> list[str]:
    """The names of the actions that fit; none for an item that is closed."""
    if item.state not in OPEN_STATES:
        return []
    found = ["claim"] if item.state == ExceptionState.OPEN else []
    found += _placing(item) + _mapping(item) + _without_invoices(item)
    if (item.reason in POSTING_REASONS and item.posting_id) or item.reason in RULE_REASONS:
        found.append("retry")
    if item.reason in MEMBER_REASONS and item.batch_id:
        found.append("fetch_members")
    if item.reason == Reason.BATCH_INCOMPLETE and item.batch_id:
        found.append("accept")
    if item.reason in AGAIN_REASONS | UNREADABLE_REASONS:
        found.append("retry")
    found += _held(item)
    if not why_not_dismissed(item):
        found.append("dismiss")
    return found


def why_not_dismissed(item: ExceptionItem) -> str:
    """Why an exception cannot be dismissed; empty when it can."""
    if "changed" in item.details:
        return ""  # It is on the books, as it was; a person corrects it in the ERP.
    return NOT_ON_BOOKS.get(item.reason, "")


def _placing(item: ExceptionItem) -> list[str]:
    """The money can still be moved: to a customer, to an invoice, or left where it is."""
    if item.reason not in PLACEMENT_REASONS or item.transaction is None:
        return []
    placement = item.transaction.placement
    if placement == Placement.UNIDENTIFIED:
        return ["link_customer", "link_invoice"]
    if placement in (Placement.ON_ACCOUNT, Placement.APPLIED):
        return ["link_invoice", "leave_on_account"]
    return []


def _without_invoices(item: ExceptionItem) -> list[str]:
    """What the ERP refused to apply can still go on the customer's account."""
    if item.reason != Reason.REFUSED_BY_ERP or item.posting is None or item.transaction is None:
        return []
    is_held = item.posting.state == PostingState.HELD
    return ["leave_on_account"] if is_held and item.posting.draft.get("applications") else []


def _held(item: ExceptionItem) -> list[str]:
    """What an operator can do about a posting that is held, besides trying it again."""
    posting = item.posting
    if item.reason not in POSTING_REASONS or posting is None or posting.state != PostingState.HELD:
        return []
    if item.reason == Reason.UNKNOWN_OUTCOME:
        return ["send_absent_again"]
    if item.reason == Reason.CONTENT_CONFLICT or item.transaction_id is None:
        return []
    return ["set_aside"]


def _mapping(item: ExceptionItem) -> list[str]:
    """A new rule is proposed by one person and put in force by another."""
    approving = ["approve_rule"] if item.details.get("proposed_by") else []
    if item.reason == Reason.ACCOUNT_UNMAPPED:
        return [*approving, "map_account"]
    if item.reason == Reason.METHOD_UNMAPPED:
        return [*approving, "map_method"]
    return []
