"""Decide what a payment transaction leads to: pure, rules and facts in, drafts and problems out.

Money is never kept off the books while a person decides: a known customer whose invoice is not
known gets it on account; an unknown customer's goes to the unidentified receipts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from integrations.canonical import (
    ApplicationDraft,
    CashReceiptDraft,
    CreditMemoDraft,
    JournalDraft,
    JournalLineDraft,
    OpenItemRecord,
)
from integrations.money import Money
from mapping.choices import AccountRole, Action
from mapping.problems import Problem, ProblemKind, Suggestion, UnmappedError
from mapping.references import Reference, Weight
from mapping.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class Payment:
    """The transaction as it is decided upon. `settlement_ref` names its batch in the ledger."""

    vendor_id: str
    kind: str
    status: str
    amount: Money
    business_on: date
    settlement_ref: str
    customer_ref: str
    references: tuple[Reference, ...]
    method: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class StandingReceipt:
    """A receipt that the ERP holds under the key of a payment that is not decided here.

    That is so where the hub has lost what it knew. `customer_id` is empty for unidentified money.
    """

    customer_id: str
    applications: tuple[ApplicationDraft, ...]


#: Fires for a receipt that was decided before, and is taken as it stands.
ALREADY_THERE: Final = "already in the ERP"


@dataclass(slots=True)
class Desk:
    """What is known about customers and invoices while a set of payments is decided in order.

    `available` is what can still be applied to an invoice and falls as payments are decided;
    `paid_by_us` holds the invoices to which an earlier payment of ours was applied; `standing`
    what the ERP has already, by the payment's vendor id.
    """

    company: str
    customers: Mapping[str, str]
    items: Mapping[str, Sequence[OpenItemRecord]]
    available: dict[str, Money]
    paid_by_us: set[str] = field(default_factory=set)
    standing: Mapping[str, StandingReceipt] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is owed, why, and what a person has to look at. No drafts: nothing is posted."""

    action: str
    rules: tuple[str, ...]
    receipt: CashReceiptDraft | None = None
    refund: JournalDraft | None = None
    memo: CreditMemoDraft | None = None
    clearing_account: str = ""
    placement: str = ""
    customer_id: str = ""
    problems: tuple[Problem, ...] = ()
    is_held: bool = False


def decide(payment: Payment, rules: RuleBook, desk: Desk) -> Decision:
    """The decision upon one payment; `desk.available` falls by what its receipt applies."""
    try:
        status = rules.status(payment.kind, payment.status, payment.amount)
        if status.action == Action.NONE:
            return Decision(action=Action.NONE, rules=(status.name,))
        clearing = rules.account(
            AccountRole.CLEARING, payment.amount, kind=payment.kind, method=payment.method
        )
        fired = (status.name, clearing.name)
        if status.action == Action.CASH_RECEIPT:
            return _receipt(payment, rules, desk, clearing.account, fired)
        return _refund(payment, rules, desk, clearing.account, fired, status.action)
    except UnmappedError as unmapped:
        return Decision(action="held", rules=(), problems=(unmapped.problem,), is_held=True)


# --- cash receipts --------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """The invoices that a payer's references name, in the order typed."""

    items: list[OpenItemRecord] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)


def _look_up(payment: Payment, desk: Desk) -> _Found:
    """The whole field if it is a number that exists, else what is certain, else what is weak."""
    by_weight: dict[Weight, list[Reference]] = {weight: [] for weight in Weight}
    for reference in payment.references:
        by_weight[reference.weight].append(reference)
    whole = _find(payment, desk, by_weight[Weight.WHOLE])
    if whole.items:
        return _Found(items=whole.items)
    if by_weight[Weight.CERTAIN]:
        return _find(payment, desk, by_weight[Weight.CERTAIN])
    weak = _find(payment, desk, by_weight[Weight.WEAK])
    payer = desk.customers.get(payment.customer_ref, "")
    return _Found(
        items=[
            item
            for item in weak.items
            if item.customer_id == payer or desk.available[item.item_key] == payment.amount
        ]
    )


def _find(payment: Payment, desk: Desk, references: Sequence[Reference]) -> _Found:
    found = _Found()
    for reference in references:
        named = next((desk.items[form] for form in reference.forms if desk.items.get(form)), ())
        # Money of one currency is never applied to an invoice of another.
        fits = [item for item in named if item.balance.currency == payment.amount.currency]
        keys = {item.item_key for item in fits}
        if len(keys) > 1:
            found.ambiguous.append(reference.typed)
        elif named and not fits:
            found.missing.append(f"{reference.typed} (in {named[0].balance.currency})")
        elif not keys:
            found.missing.append(reference.typed)
        elif all(item.item_key not in keys for item in found.items):
            found.items.append(fits[0])
    return found


def _receipt(
    payment: Payment, rules: RuleBook, desk: Desk, clearing: str, fired: tuple[str, ...]
) -> Decision:
    method = rules.method(payment.method, payment.amount)
    found = _look_up(payment, desk)
    payer = desk.customers.get(payment.customer_ref, "")
    owners = {item.customer_id for item in found.items}
    problems: list[Problem] = []
    if found.ambiguous:
        problems.append(_ambiguous(payment, found.ambiguous))
    if len(owners) > 1 or (payer and owners - {payer}):
        problems.append(_several_customers(payment, found, payer))
        found.items = []
    customer = payer or (next(iter(owners)) if len(owners) == 1 else "")
    offset = ""
    offset_rule: tuple[str, ...] = ()
    applications: tuple[ApplicationDraft, ...] = ()
    standing = desk.standing.get(payment.vendor_id)
    if standing and standing.customer_id == customer:
        fired = (ALREADY_THERE, *fired)
    else:
        standing = None
    if customer:
        applications, more = _apply(payment, desk, found, customer, standing)
        problems += more if not problems or applications else []
    else:
        account = rules.account(
            AccountRole.UNIDENTIFIED, payment.amount, kind=payment.kind, method=payment.method
        )
        offset, offset_rule = account.account, (account.name,)
        if not problems:
            problems.append(_customer_unknown(payment, found))
    draft = CashReceiptDraft(
        company=desk.company,
        received_on=payment.business_on,
        amount=payment.amount,
        method=method.erp_method,
        payment_ref=payment.vendor_id,
        settlement_ref=payment.settlement_ref,
        comment=f"Card payment {payment.vendor_id}",
        customer_id=customer,
        offset_account=offset,
        applications=applications,
    )
    placement = "applied" if applications else "on_account" if customer else "unidentified"
    return Decision(
        action=Action.CASH_RECEIPT,
        rules=(*fired, method.name, *offset_rule),
        receipt=draft,
        clearing_account=clearing,
        placement=placement,
        customer_id=customer,
        problems=tuple(problems),
    )


def _apply(
    payment: Payment,
    desk: Desk,
    found: _Found,
    customer: str,
    standing: StandingReceipt | None = None,
) -> tuple[tuple[ApplicationDraft, ...], list[Problem]]:
    """What a receipt applies, and what is to be said of the rest."""
    paid_before = [item for item in found.items if item.item_key in desk.paid_by_us]
    applied = _as_it_stands(found, standing) if standing else _spread(payment, desk, found)
    desk.paid_by_us.update(part.item_key for part in applied)
    left = payment.amount
    for part in applied:
        left = left - part.amount
    if not left:
        return tuple(applied), []
    if found.missing or not found.items:
        return tuple(applied), [_invoice_not_found(payment, found, customer, left)]
    if not applied and paid_before:
        return (), [_second_charge(payment, paid_before, left)]
    return tuple(applied), [_overpaid(payment, found, left)]


def _spread(payment: Payment, desk: Desk, found: _Found) -> list[ApplicationDraft]:
    """Spread the amount over the invoices in the order typed, never beyond what each can take."""
    left = payment.amount
    zero = Money.zero(payment.amount.currency)
    applied: list[ApplicationDraft] = []
    for item in found.items:
        share = min(left, max(desk.available[item.item_key], zero))
        if share > zero:
            applied.append(ApplicationDraft(item.item_key, item.document_no, share))
            desk.available[item.item_key] = desk.available[item.item_key] - share
            left = left - share
    return applied


def _as_it_stands(found: _Found, standing: StandingReceipt) -> list[ApplicationDraft]:
    """In the order typed, as it was decided then; the balances hold it already."""
    typed = [item.item_key for item in found.items]
    return sorted(
        standing.applications,
        key=lambda part: typed.index(part.item_key) if part.item_key in typed else len(typed),
    )


# --- refunds --------------------------------------------------------------------------------


def _refund(
    payment: Payment,
    rules: RuleBook,
    desk: Desk,
    clearing: str,
    fired: tuple[str, ...],
    action: str,
) -> Decision:
    """The money has left the clearing account; what it was for is the refunds account's matter."""
    refunds = rules.account(AccountRole.REFUNDS, payment.amount, method=payment.method)
    zero = Money.zero(payment.amount.currency)
    comment = f"Card refund {payment.vendor_id}"

    def line(account: str, debit: Money, credit: Money) -> JournalLineDraft:
        return JournalLineDraft(account, debit, credit, payment.settlement_ref, payment.vendor_id)

    journal = JournalDraft(
        company=desk.company,
        dated_on=payment.business_on,
        comment=comment,
        lines=(
            line(refunds.account, payment.amount, zero),
            line(clearing, zero, payment.amount),
        ),
    )
    customer = desk.customers.get(payment.customer_ref, "")
    memo: CreditMemoDraft | None = None
    memo_rule: tuple[str, ...] = ()
    wants_memo = action == Action.REFUND_AND_CREDIT_MEMO
    if wants_memo and customer:
        returns = rules.account(AccountRole.RETURNS, payment.amount, method=payment.method)
        memo_rule = (returns.name,)
        memo = CreditMemoDraft(
            company=desk.company,
            customer_id=customer,
            dated_on=payment.business_on,
            amount=payment.amount,
            offset_account=returns.account,
            reference=payment.vendor_id,
            comment=comment,
        )
    return Decision(
        action=action,
        rules=(*fired, refunds.name, *memo_rule),
        refund=journal,
        memo=memo,
        clearing_account=clearing,
        customer_id=customer,
        problems=(
            *(() if payment.parent_id else (_refund_unlinked(payment),)),
            *((_memo_missing(payment),) if wants_memo and not customer else ()),
        ),
    )


# --- problems, in words ---------------------------------------------------------------------


def _named(references: Sequence[str]) -> str:
    return ", ".join(references[:5]) + (" …" if len(references) > 5 else "")


def _ambiguous(payment: Payment, typed: Sequence[str]) -> Problem:
    return Problem(
        ProblemKind.REFERENCE_AMBIGUOUS,
        f"{_named(typed)} fits more than one invoice.",
        payment.amount,
        (Suggestion("link_invoice", "Choose the invoice"),),
    )


def _several_customers(payment: Payment, found: _Found, payer: str) -> Problem:
    owners = sorted({item.customer_id for item in found.items})
    invoices = _named([item.document_no for item in found.items])
    where = f"on account of {payer}" if payer else "with the unidentified receipts"
    return Problem(
        ProblemKind.SEVERAL_CUSTOMERS,
        f"Invoices {invoices} belong to {_named(owners)}, a receipt has one customer. "
        f"It stands {where}.",
        payment.amount,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("customers", ", ".join(owners)), ("invoices", invoices), ("payer", payer)),
    )


def _customer_unknown(payment: Payment, found: _Found) -> Problem:
    named, payer = _named(found.missing), payment.customer_ref
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


def _invoice_not_found(payment: Payment, found: _Found, customer: str, left: Money) -> Problem:
    named = _named(found.missing)
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


def _second_charge(payment: Payment, paid: Sequence[OpenItemRecord], left: Money) -> Problem:
    invoices = _named([item.document_no for item in paid])
    return Problem(
        ProblemKind.SECOND_CHARGE,
        f"Invoice {invoices} was paid by an earlier charge; {left} stands on account. "
        "The customer may have been charged twice.",
        left,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("invoices", invoices),),
    )


def _overpaid(payment: Payment, found: _Found, left: Money) -> Problem:
    invoices = _named([item.document_no for item in found.items])
    return Problem(
        ProblemKind.OVERPAID,
        f"The payment is {left} more than invoice {invoices} can take; the rest stands on account.",
        left,
        (Suggestion("leave_on_account", "Leave it on account"),),
        (("invoices", invoices),),
    )


def _memo_missing(payment: Payment) -> Problem:
    return Problem(
        ProblemKind.CUSTOMER_UNKNOWN,
        f"The refund of {payment.amount} is booked; its credit memo is not, because its customer "
        "is not known in the ERP.",
        payment.amount,
        details=(("customer_ref", payment.customer_ref),),
    )


def _refund_unlinked(payment: Payment) -> Problem:
    return Problem(
        ProblemKind.REFUND_UNLINKED,
        f"No single settled sale fits the refund of {payment.amount}. It is booked; "
        "which sale it belongs to is open.",
        payment.amount,
        (Suggestion("dismiss", "Confirm that it stands alone"),),
    )
