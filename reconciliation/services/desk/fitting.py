"""Which actions fit an exception: pure, from its reason, its state and where the money stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from integrations.canonical import DocumentKind
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
        Reason.QUESTIONED,
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
        Reason.FIELD_UNFIT,
        Reason.RULES_MISSING,
        Reason.NOT_DECIDED,
    }
)
#: The rules' own checks hold a payment back: it is decided again, or accepted as it is.
CHECK_REASONS: Final = frozenset({Reason.VALIDATION_HELD})
#: Risk rules keep a payment from its customer until a person releases it.
RISK_REASONS: Final = frozenset({Reason.RISK_HELD, Reason.RISK_BLOCKED})
#: A retry decides the payment once more; the exception stays open until that goes well.
ANEW_REASONS: Final = CHECK_REASONS | {Reason.CURRENCY_FOREIGN, Reason.RISK_HELD}
#: Bytes that can be read once more, after the reader or a setting was mended.
UNREADABLE_REASONS: Final = frozenset({Reason.UNREADABLE_RECORD, Reason.UNREADABLE_STATEMENT_LINE})
#: Members can be fetched once more.
MEMBER_REASONS: Final = frozenset({Reason.BATCH_INCOMPLETE, Reason.FIGURES_CHANGED})
#: An order is held, or was changed: it is decided again, or let be.
ORDER_HELD: Final = frozenset(
    {
        Reason.ORDER_SUMS,
        Reason.ORDER_PAYMENT,
        Reason.ORDER_CUSTOMER,
        Reason.ORDER_UNMAPPED,
        Reason.ORDER_UNFIT,
        Reason.STOCK_SHORT,
    }
)
#: Of these a person may say that the order is to be invoiced all the same.
ORDER_PASSABLE: Final = frozenset({Reason.ORDER_PAYMENT, Reason.STOCK_SHORT})
#: Rows that the drains look at again once nobody says any more that they are set aside.
AGAIN_REASONS: Final = frozenset({Reason.SET_ASIDE})
#: What may still come by itself: a person can say until when it is waited for.
WAITING_REASONS: Final = frozenset(
    {
        Reason.DEPOSIT_UNMATCHED,
        Reason.DEPOSIT_MISSING,
        Reason.HINT_UNCONFIRMED,
        Reason.UNKNOWN_OUTCOME,
        Reason.PERIOD_CLOSED,
        Reason.CENSUS_MISSING,
    }
)
_NOT_POSTED: Final = "The money is not on the books before the ERP has taken the document"
#: Why these cannot be dismissed: their money is not on the books.
NOT_ON_BOOKS: Final[dict[str, str]] = {
    Reason.ACCOUNT_UNMAPPED: "Nothing is posted before an account is mapped",
    Reason.METHOD_UNMAPPED: "Nothing is posted before the payment method is mapped",
    Reason.ACTION_UNMAPPED: "Nothing is posted before a rule says what this status leads to",
    Reason.FIELD_UNFIT: "Nothing is posted before the field map gives what fits the ERP",
    Reason.CURRENCY_FOREIGN: "Nothing is posted before it is booked in the company's currency",
    Reason.VALIDATION_HELD: "Nothing is posted before the check holds or somebody accepts it",
    Reason.RISK_HELD: "Nothing is posted before somebody releases or refuses it",
    Reason.RISK_BLOCKED: "Nothing is posted while it is blocked",
    Reason.RULES_MISSING: "Nothing is posted before a rule set is in force",
    Reason.NOT_DECIDED: "Nothing is posted before it could be decided",
    Reason.SET_ASIDE: "What is set aside is not worked on before it is tried again",
    Reason.PERIOD_CLOSED: _NOT_POSTED,
    Reason.REFUSED_BY_ERP: _NOT_POSTED,
    Reason.UNKNOWN_OUTCOME: _NOT_POSTED,
    Reason.ATTEMPTS_EXHAUSTED: _NOT_POSTED,
    Reason.CUSTOMER_REFUSED: "It is asked for until somebody mends it, links it or gives it up",
    Reason.CONTENT_CONFLICT: "The ERP holds another document than the one that is owed",
    Reason.CENSUS_MISSING: "The document is not in the ERP",
    Reason.BATCH_INCOMPLETE: "Transactions of this batch are not on the books",
}


@dataclass(frozen=True, slots=True)
class Look:
    """All of an exception that says which actions fit it; items that look the same take the same.

    `placement` and `posting_state` are None where it is about no payment or posting.
    """

    reason: str
    state: str
    placement: str | None = None
    posting_state: str | None = None
    posting_kind: str | None = None
    has_applications: bool = False
    has_batch: bool = False
    has_line: bool = False
    has_fact: bool = False
    is_proposed: bool = False
    is_changed: bool = False

    @property
    def is_held(self) -> bool:
        return self.posting_state == PostingState.HELD


def look_of(item: ExceptionItem) -> Look:
    row, posting = item.transaction, item.posting
    return Look(
        reason=item.reason,
        state=item.state,
        placement=row.placement if row else None,
        posting_state=posting.state if posting else None,
        posting_kind=posting.kind if posting else None,
        has_applications=bool(posting and posting.draft.get("applications")),
        has_batch=item.batch_id is not None,
        has_line=item.line_id is not None,
        has_fact=item.fact_id is not None,
        is_proposed=bool(item.details.get("proposed_by")),
        is_changed="changed" in item.details,
    )


def actions_for(item: ExceptionItem) -> list[str]:
    """The names of the actions that fit; none for an item that is closed."""
    return actions_that_fit(look_of(item))


def actions_that_fit(look: Look) -> list[str]:
    if look.state not in OPEN_STATES:
        return []
    found = ["claim"] if look.state == ExceptionState.OPEN else []
    found += _placing(look) + _writing_off(look) + _mapping(look) + _without_invoices(look)
    has_posting = look.posting_state is not None
    if (look.reason in POSTING_REASONS and has_posting) or look.reason in RULE_REASONS:
        found.append("retry")
    found += _of_batches(look) + _of_refunds(look)
    if look.reason == Reason.CURRENCY_FOREIGN:
        found.append("book_at_rate")
    if look.reason in WAITING_REASONS:
        found.append("wait")
    if look.reason in AGAIN_REASONS | UNREADABLE_REASONS | ANEW_REASONS:
        found.append("retry")
    found += _checked(look) + _held(look) + _of_orders(look)
    if look.reason == Reason.CUSTOMER_REFUSED and look.is_held:
        found += ["link_existing", "not_created"]
    if _is_correctable(look):
        found.append("correct")
    if not _why_kept(look):
        found.append("dismiss")
    return found


def _of_orders(look: Look) -> list[str]:
    """To dismiss why an order is held is to say that it becomes no invoice."""
    if look.reason not in ORDER_HELD:
        return []
    passing = ["post_anyway"] if look.reason in ORDER_PASSABLE else []
    linking = ["link_customer"] if look.reason == Reason.ORDER_CUSTOMER else []
    return ["retry", *passing, *linking]


def _of_batches(look: Look) -> list[str]:
    if look.reason == Reason.DEPOSIT_UNMATCHED and look.has_line:
        return ["link_batch"]
    if look.reason not in MEMBER_REASONS or not look.has_batch:
        return []
    accepting = ["accept"] if look.reason == Reason.BATCH_INCOMPLETE else []
    return ["fetch_members", *accepting]


def _of_refunds(look: Look) -> list[str]:
    """A refund that is booked, and of which nobody has said yet what it gives back."""
    is_about_payment = look.placement is not None
    fits = look.reason == Reason.REFUND_UNLINKED and is_about_payment
    return ["link_sale", "give_back"] if fits else []


def why_not_dismissed(item: ExceptionItem) -> str:
    """Why an exception cannot be dismissed; empty when it can."""
    return _why_kept(look_of(item))


def _why_kept(look: Look) -> str:
    if look.is_changed:
        return ""  # It is on the books, as it was; a person corrects it in the ERP.
    if look.reason == Reason.RISK_BLOCKED and look.placement:
        return ""  # The gateway took it: it stands with the unidentified receipts.
    return NOT_ON_BOOKS.get(look.reason, "")


def _placing(look: Look) -> list[str]:
    """The money can still be moved: to a customer, to an invoice, or left where it is."""
    if look.reason not in PLACEMENT_REASONS:
        return []
    if look.placement == Placement.UNIDENTIFIED:
        return ["link_customer", "link_invoice", "split"]
    if look.placement == Placement.APPLIED and look.reason == Reason.QUESTIONED:
        return ["apply_elsewhere"]
    if look.placement in (Placement.ON_ACCOUNT, Placement.APPLIED):
        return ["link_invoice", "split", "apply_elsewhere", "leave_on_account"]
    return []


def _checked(look: Look) -> list[str]:
    """What the rules hold back can be posted all the same, with a reason, or refused."""
    if look.reason in RISK_REASONS:
        return ["release", "refuse"] if look.reason == Reason.RISK_HELD else ["release"]
    return ["post_anyway"] if look.reason in CHECK_REASONS else []


def _writing_off(look: Look) -> list[str]:
    """A small difference between a payment and its invoice; what no receipt holds has none."""
    can = PLACEMENT_REASONS | {Reason.VALIDATION_WARNED}
    stands = look.placement in (Placement.ON_ACCOUNT, Placement.APPLIED)
    return ["write_off"] if look.reason in can and stands else []


def _is_correctable(look: Look) -> bool:
    """A record with its bytes, or a document that the ERP has surely not taken."""
    # A new customer is corrected on a page of its own, where all of it is shown.
    is_customer = look.posting_kind == DocumentKind.CUSTOMER
    refused = look.reason == Reason.REFUSED_BY_ERP and look.is_held and not is_customer
    return refused or (look.reason in UNREADABLE_REASONS and look.has_fact)


def _without_invoices(look: Look) -> list[str]:
    """What the ERP refused to apply can still go on the customer's account."""
    if look.reason != Reason.REFUSED_BY_ERP or look.placement is None:
        return []
    return ["leave_on_account"] if look.is_held and look.has_applications else []


def _held(look: Look) -> list[str]:
    """What an operator can do about a posting that is held, besides trying it again."""
    if look.reason not in POSTING_REASONS or not look.is_held:
        return []
    if look.reason == Reason.UNKNOWN_OUTCOME:
        return ["send_absent_again"]
    if look.reason == Reason.CONTENT_CONFLICT or look.placement is None:
        return []
    return ["set_aside"]


def _mapping(look: Look) -> list[str]:
    """A new rule is proposed by one person and put in force by another."""
    approving = ["approve_rule"] if look.is_proposed else []
    if look.reason == Reason.ACCOUNT_UNMAPPED:
        return [*approving, "map_account"]
    if look.reason == Reason.METHOD_UNMAPPED:
        return [*approving, "map_method"]
    if look.reason == Reason.FIELD_UNFIT:
        return [*approving, "mend_field"]
    return []
