"""Payments received: whose money it is, and which invoices it pays."""

from __future__ import annotations

from integrations.canonical import ApplicationDraft, CashReceiptDraft
from integrations.money import Money
from mapping.choices import AccountRole, Action
from mapping.decide import checks, risk, words
from mapping.decide.decision import ALREADY_THERE, Decision, Desk, Payment, StandingReceipt
from mapping.decide.named import Found, look_up
from mapping.decide.texts import fill
from mapping.problems import Problem
from mapping.rulebook import RuleBook
from mapping.rules import customers
from mapping.rules.customers import CustomerRow


def receipt(
    payment: Payment, rules: RuleBook, desk: Desk, clearing: str, fired: tuple[str, ...]
) -> Decision:
    """The receipt of one payment; `clearing` is the account that it debits."""
    method = rules.method(payment.method, payment.amount)
    comment = fill("receipt.comment", payment, rules)
    found = look_up(payment, desk)
    asked = checks.asked_by_invoices(payment, desk, found)
    customer, problems = _whose(payment, desk, found)
    if not customer and not problems and (row := _by_rule(payment, rules)):
        customer, fired = row.customer_id, (*fired, row.name)
    offset = ""
    offset_rule: tuple[str, ...] = ()
    applications: tuple[ApplicationDraft, ...] = ()
    standing = desk.standing.get(payment.vendor_id)
    if standing and standing.is_replayed:
        asked = standing.asked
    answer, weighed = checks.Answer(), risk.Answer()
    if standing is None or standing.is_replayed:
        answer = checks.ask(payment, rules, desk, customer, expected=asked)
        weighed = risk.ask(payment, rules, desk, customer)
    if stopped := answer.stopped or risk.stopped(weighed, payment):
        return checks.stopped(stopped, customer, asked)
    if weighed.blocked:
        # The gateway has taken it, so that it is on the books: with nobody, and on no invoice.
        customer, problems = "", [*weighed.blocked]
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
            problems.append(words.customer_unknown(payment, found))
    draft = CashReceiptDraft(
        company=desk.company,
        received_on=payment.business_on,
        amount=payment.amount,
        method=method.erp_method,
        payment_ref=payment.vendor_id,
        settlement_ref=payment.settlement_ref,
        comment=comment.text,
        customer_id=customer,
        offset_account=offset,
        applications=applications,
    )
    placement = "applied" if applications else "on_account" if customer else "unidentified"
    return Decision(
        action=Action.CASH_RECEIPT,
        rules=(*fired, method.name, *comment.rules, *offset_rule, *answer.rules, *weighed.rules),
        receipt=draft,
        clearing_account=clearing,
        placement=placement,
        customer_id=customer,
        problems=(*problems, *answer.warned, *weighed.flagged),
        asked=asked,
    )


def customer_of(payment: Payment, desk: Desk) -> str:
    """The customer whose money it is by the payer or the invoices named; empty for nobody."""
    return _whose(payment, desk, look_up(payment, desk))[0]


def _whose(payment: Payment, desk: Desk, found: Found) -> tuple[str, list[Problem]]:
    """The customer whose money it is, if anybody's; invoices of several customers are left out."""
    problems: list[Problem] = []
    payer = desk.customers.get(payment.customer_ref, "")
    owners = {item.customer_id for item in found.items}
    if found.ambiguous:
        problems.append(words.ambiguous(payment, found.ambiguous))
    if payer and len(owners) == 1 and desk.party(*owners) == desk.party(payer):
        # A receipt has its invoices' customer, also where that one is merged with the payer.
        (payer,) = owners
    if len(owners) > 1 or (payer and owners - {payer}):
        problems.append(words.several_customers(payment, found, payer))
        found.items = []
    return payer or (next(iter(owners)) if len(owners) == 1 else ""), problems


def _by_rule(payment: Payment, rules: RuleBook) -> CustomerRow | None:
    """The customer of those who name none; for a payer who is named the rule has to name it too."""
    named = payment.customer_ref
    rows = [row for row in rules.customers if row.customer_ref or not named]
    return customers.choose(rows, named, kind=payment.kind, method=payment.method)


def _apply(
    payment: Payment,
    desk: Desk,
    found: Found,
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
        return tuple(applied), [words.invoice_not_found(payment, found, customer, left)]
    if not applied and paid_before:
        return (), [words.second_charge(payment, paid_before, left)]
    return tuple(applied), [words.overpaid(payment, found, left)]


def _spread(payment: Payment, desk: Desk, found: Found) -> list[ApplicationDraft]:
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


def _as_it_stands(found: Found, standing: StandingReceipt) -> list[ApplicationDraft]:
    """In the order typed, as it was decided then; the balances hold it already."""
    typed = [item.item_key for item in found.items]
    return sorted(
        standing.applications,
        key=lambda part: typed.index(part.item_key) if part.item_key in typed else len(typed),
    )
