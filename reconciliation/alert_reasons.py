"""Which exceptions are alerts, and of which kind: one table. Reasons that are not here are not."""

from __future__ import annotations

from typing import Final

from integrations.choices import AlertKind
from reconciliation.choices import Reason

#: Batches that differ are alerts one by one, from the batch itself, and are not counted here.
KIND_OF_REASON: Final[dict[str, AlertKind]] = {
    Reason.ACCOUNT_UNMAPPED: AlertKind.RULE_MISSING,
    Reason.METHOD_UNMAPPED: AlertKind.RULE_MISSING,
    Reason.ACTION_UNMAPPED: AlertKind.RULE_MISSING,
    Reason.FIELD_UNFIT: AlertKind.RULE_MISSING,
    Reason.RULES_MISSING: AlertKind.RULE_MISSING,
    Reason.CURRENCY_FOREIGN: AlertKind.PAYMENT_UNCLEAR,
    Reason.VALIDATION_HELD: AlertKind.PAYMENT_UNCLEAR,
    Reason.VALIDATION_WARNED: AlertKind.PAYMENT_UNCLEAR,
    Reason.RISK_FLAGGED: AlertKind.PAYMENT_UNCLEAR,
    Reason.RISK_HELD: AlertKind.PAYMENT_UNCLEAR,
    Reason.RISK_BLOCKED: AlertKind.PAYMENT_UNCLEAR,
    Reason.REFUSED_BY_ERP: AlertKind.POSTING_REFUSED,
    Reason.CUSTOMER_REFUSED: AlertKind.POSTING_REFUSED,
    Reason.PERIOD_CLOSED: AlertKind.POSTING_REFUSED,
    Reason.CONTENT_CONFLICT: AlertKind.POSTING_REFUSED,
    Reason.NOT_DECIDED: AlertKind.PAYMENT_UNCLEAR,
    Reason.INVOICE_NOT_FOUND: AlertKind.PAYMENT_UNCLEAR,
    Reason.CUSTOMER_UNKNOWN: AlertKind.PAYMENT_UNCLEAR,
    Reason.SEVERAL_CUSTOMERS: AlertKind.PAYMENT_UNCLEAR,
    Reason.SECOND_CHARGE: AlertKind.PAYMENT_UNCLEAR,
    Reason.OVERPAID: AlertKind.PAYMENT_UNCLEAR,
    Reason.REFERENCE_AMBIGUOUS: AlertKind.PAYMENT_UNCLEAR,
    Reason.REFUND_UNLINKED: AlertKind.PAYMENT_UNCLEAR,
    Reason.DEPOSIT_UNMATCHED: AlertKind.PAYMENT_UNCLEAR,
    Reason.ORDER_UNMAPPED: AlertKind.RULE_MISSING,
    Reason.ORDER_UNFIT: AlertKind.RULE_MISSING,
    Reason.ORDER_SUMS: AlertKind.PAYMENT_UNCLEAR,
    Reason.ORDER_PAYMENT: AlertKind.PAYMENT_UNCLEAR,
    Reason.ORDER_CUSTOMER: AlertKind.PAYMENT_UNCLEAR,
    Reason.ORDER_CHANGED: AlertKind.PAYMENT_UNCLEAR,
    Reason.STOCK_SHORT: AlertKind.PAYMENT_UNCLEAR,
    Reason.TAX_DIFFERS: AlertKind.PAYMENT_UNCLEAR,
    Reason.SET_ASIDE: AlertKind.DEAD_LETTER,
    Reason.FIGURES_CHANGED: AlertKind.BATCH_DISCREPANT,
    Reason.UNREADABLE_RECORD: AlertKind.PAGE_UNREADABLE,
    Reason.STATEMENT_UNBALANCED: AlertKind.PAGE_UNREADABLE,
    Reason.UNREADABLE_STATEMENT_LINE: AlertKind.PAGE_UNREADABLE,
}
#: Payments to place are news of each business day; the others are one trouble until it is mended.
DAILY_KINDS: Final = frozenset({AlertKind.PAYMENT_UNCLEAR})
