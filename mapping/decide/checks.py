"""The validations of a rule set, asked of a payment before its documents are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from integrations.money import Money
from mapping.decide.decision import Decision, Desk, Payment
from mapping.decide.named import Found
from mapping.problems import Problem, ProblemKind, Suggestion
from mapping.rulebook import RuleBook
from mapping.rules.validations import CHECK_WORDS, Checked, Finding, asked_of, validate


@dataclass(frozen=True, slots=True)
class Answer:
    """What the validations say: which rows were asked, and what does not hold.

    `stopped` is None where nothing holds the payment back; `warned` are for a person to look at.
    """

    rules: tuple[str, ...] = ()
    stopped: Problem | None = None
    warned: tuple[Problem, ...] = ()


def ask(
    payment: Payment,
    rules: RuleBook,
    desk: Desk,
    customer: str,
    *,
    expected: Money | None = None,
    lines: tuple[Money, ...] | None = None,
) -> Answer:
    """All checks that the rules ask for; what a person has accepted holds nothing back."""
    if not rules.validations:
        return Answer()
    checked = Checked(
        amount=payment.amount,
        kind=payment.kind,
        method=payment.method,
        expected=expected,
        customer_id=customer,
        period_is_open=desk.period_is_open(payment.business_on),
        lines=lines,
    )
    found = validate(rules.validations, checked)
    stopping = [each for each in found if each.holds_back and each.check not in payment.accepted]
    warning = [each for each in found if not each.holds_back]
    number = rules.number
    return Answer(
        tuple(row.name for _, row in asked_of(rules.validations, checked)),
        _problem(ProblemKind.VALIDATION_HELD, payment, number, stopping) if stopping else None,
        (_problem(ProblemKind.VALIDATION_WARNED, payment, number, warning),) if warning else (),
    )


def asked_by_invoices(payment: Payment, desk: Desk, found: Found) -> Money | None:
    """What the invoices that the payer names can still take; None where one of them is unknown."""
    if not found.items or found.missing or found.ambiguous:
        return None
    zero = Money.zero(payment.amount.currency)
    return sum((max(desk.available[item.item_key], zero) for item in found.items), zero)


def stopped(problem: Problem, customer: str, asked: Money | None = None) -> Decision:
    """Nothing goes out before what is wrong is mended, or a person accepts it."""
    return Decision(
        action="held",
        rules=(),
        customer_id=customer,
        problems=(problem,),
        is_held=True,
        asked=asked,
    )


def _problem(
    kind: ProblemKind, payment: Payment, number: int, findings: Sequence[Finding]
) -> Problem:
    """One problem for all findings of a payment, each with both sides and the row that asks."""
    rows = ", ".join(f"validation {each.row.position}" for each in findings)
    fields = [
        {
            "field": CHECK_WORDS[each.check],
            "wanted": each.failing.wanted,
            "found": each.failing.found,
        }
        for each in findings
    ]
    is_held = kind is ProblemKind.VALIDATION_HELD
    return Problem(
        kind,
        " ".join(each.message for each in findings),
        payment.amount,
        () if is_held else (Suggestion("dismiss", "Say that it is right"),),
        (
            ("rule", f"{rows} of version {number}"),
            ("check", ", ".join(each.check for each in findings)),
            ("checks", fields),
        ),
    )
