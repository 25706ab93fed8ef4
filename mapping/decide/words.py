"""What a decision can run into, in words for the desk."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.canonical import OpenItemRecord
from integrations.money import Money
from mapping.decide.decision import Payment
from mapping.decide.named import Found
from mapping.problems import Problem, ProblemKind, Suggestion


def _listed(references: Sequence[str]) -> str:
    return ", ".join(references[:5]) + (" …" if len(references) > 5 else "")


def ambiguous(payment: Payment, typed: Sequence[str]) -> Problem:
    return Problem(
        ProblemKind.REFERENCE_AMBIGUOUS,
        f"{_listed(typed)} fits more than one invoice.",
        payment.amount,
        (Suggestion("link_invoice", "Choose the invoice"),),
    )


def several_customers(payment: Payment, found: Found, payer: str) -> Problem:
    owners = sorted({item.customer_id for item in found.items})
    invoices = _listed([item.document_no for item in found.items])
    where = f"on account of {payer}" if payer else "with the unidentified receipts"
    return Problem(
        ProblemKind.SEVERAL_CUSTOMERS,
        f"Invoices {invoices} belong to {_listed(owners)}, a receipt has one customer. "
        f"It stands {where}.",
        payment.amount,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("customers", ", ".join(owners)), ("invoices", invoices), ("payer", payer)),
    )


def customer_unknown(payment: Payment, found: Found) -> Problem:
    named, payer = _listed(found.missing), payment.customer_ref
    if named and payer:
        said = f"names customer {payer} and {named}; neither is known in the ERP"
    elif named or payer:
        known, none = (f"customer {payer}", "invoice") if payer else (named, "customer")
        said = f"names {known}, which the ERP does not know, and no {none}"
    else:
        said = "names neither a customer nor an invoice"
    return Problem(
        ProblemKind.CUSTOMER_UNKNOWN,
        f"The payment {said}.",
        payment.amount,
        (
            Suggestion("link_customer", "Link the customer"),
            Suggestion("link_invoice", "Link the invoice"),
        ),
        (("customer_ref", payment.customer_ref), ("typed", named)),
    )


def invoice_not_found(payment: Payment, found: Found, customer: str, left: Money) -> Problem:
    named = _listed(found.missing)
    said = f"{named}, which customer {customer} does not have" if named else "no invoice"
    return Problem(
        ProblemKind.INVOICE_NOT_FOUND,
        f"The payment names {said}; {left} stands on account.",
        left,
        (
            Suggestion("link_invoice", "Link the invoice"),
            Suggestion("leave_on_account", "Leave it on account"),
        ),
        (("customer", customer), ("typed", named)),
    )


def second_charge(payment: Payment, paid: Sequence[OpenItemRecord], left: Money) -> Problem:
    invoices = _listed([item.document_no for item in paid])
    return Problem(
        ProblemKind.SECOND_CHARGE,
        f"Invoice {invoices} was paid by an earlier charge; {left} stands on account. "
        "The customer may have been charged twice.",
        left,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("invoices", invoices),),
    )


def overpaid(payment: Payment, found: Found, left: Money) -> Problem:
    invoices = _listed([item.document_no for item in found.items])
    return Problem(
        ProblemKind.OVERPAID,
        f"The payment is {left} more than invoice {invoices} can take; the rest stands on account.",
        left,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("invoices", invoices),),
    )


def memo_missing(payment: Payment) -> Problem:
    return Problem(
        ProblemKind.CUSTOMER_UNKNOWN,
        f"The refund of {payment.amount} is booked; its credit memo is not, because its customer "
        "is not known in the ERP.",
        payment.amount,
        details=(("customer_ref", payment.customer_ref),),
    )


def refund_unlinked(payment: Payment) -> Problem:
    return Problem(
        ProblemKind.REFUND_UNLINKED,
        f"No single settled sale fits the refund of {payment.amount}. It is booked; "
        "which sale it belongs to is open.",
        payment.amount,
        (Suggestion("dismiss", "Confirm that it stands alone"),),
    )
