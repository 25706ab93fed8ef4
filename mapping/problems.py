"""What a decision can run into, by name; the desk above shows each under the same name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.money import Money


class ProblemKind(StrEnum):
    INVOICE_NOT_FOUND = "invoice_not_found"
    CUSTOMER_UNKNOWN = "customer_unknown"
    SEVERAL_CUSTOMERS = "several_customers"
    SECOND_CHARGE = "second_charge"
    OVERPAID = "overpaid"
    REFERENCE_AMBIGUOUS = "reference_ambiguous"
    REFUND_UNLINKED = "refund_unlinked"
    ACCOUNT_UNMAPPED = "account_unmapped"
    METHOD_UNMAPPED = "method_unmapped"
    ACTION_UNMAPPED = "action_unmapped"
    FIELD_UNFIT = "field_unfit"
    CURRENCY_FOREIGN = "currency_foreign"
    VALIDATION_HELD = "validation_held"
    VALIDATION_WARNED = "validation_warned"
    RISK_FLAGGED = "risk_flagged"
    RISK_HELD = "risk_held"
    RISK_BLOCKED = "risk_blocked"
    ORDER_SUMS = "order_sums"
    ORDER_PAYMENT = "order_payment"
    ORDER_CUSTOMER = "order_customer"
    ORDER_UNMAPPED = "order_unmapped"
    ORDER_UNFIT = "order_unfit"
    TAX_DIFFERS = "tax_differs"
    STOCK_SHORT = "stock_short"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something a person can do about it: a desk action, a value for it, and why."""

    action: str
    label: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A named reason why a person has to look, with the money that it concerns."""

    kind: ProblemKind
    message: str
    amount: Money
    suggestions: tuple[Suggestion, ...] = ()
    #: Named facts as plain JSON: texts, or a list of fields with their two sides.
    details: tuple[tuple[str, str | list[dict[str, str]]], ...] = ()


class UnmappedError(Exception):
    """No rule gives what a document needs; carries the problem for the desk."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem
