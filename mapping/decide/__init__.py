"""Decide what a payment transaction leads to: pure, rules and facts in, drafts and problems out.

Money is never kept off the books while a person decides: a known customer whose invoice is not
known gets it on account; an unknown customer's goes to the unidentified receipts.
"""

from __future__ import annotations

from dataclasses import replace

from mapping.choices import AccountRole, Action
from mapping.decide import checks, foreign
from mapping.decide.decision import ALREADY_THERE, Decision, Desk, Payment, StandingReceipt
from mapping.decide.receipts import customer_of, receipt
from mapping.decide.refunds import refund
from mapping.problems import UnmappedError
from mapping.rulebook import RuleBook

__all__ = [
    "ALREADY_THERE",
    "Decision",
    "Desk",
    "Payment",
    "StandingReceipt",
    "customer_of",
    "decide",
]


def decide(payment: Payment, rules: RuleBook, desk: Desk) -> Decision:
    """The decision upon one payment; `desk.available` falls by what its receipt applies."""
    try:
        status = rules.status(payment.kind, payment.status, payment.amount)
        payment = replace(payment, erp_status=status.erp_status)
        if status.action == Action.NONE:
            return Decision(action=Action.NONE, rules=(status.name,))
        if foreign.is_foreign(payment, desk):
            return checks.stopped(foreign.problem_of(payment, rules, desk), "")
        clearing = rules.account(
            AccountRole.CLEARING, payment.amount, kind=payment.kind, method=payment.method
        )
        fired: tuple[str, ...] = (status.name, clearing.name)
        if payment.conversion and payment.conversion.rule:
            fired = (*fired, payment.conversion.rule.removeprefix("rule:"))
        if status.action == Action.CASH_RECEIPT:
            return receipt(payment, rules, desk, clearing.account, fired)
        return refund(payment, rules, desk, clearing.account, fired, status.action)
    except UnmappedError as unmapped:
        return Decision(action="held", rules=(), problems=(unmapped.problem,), is_held=True)
