"""States of the books and the desk, reasons, and the moves that are legal."""

from __future__ import annotations

from typing import Final

from django.db import models


class TransactionStatus(models.TextChoices):
    AUTHORIZED = "authorized", "Authorized"
    CAPTURED = "captured", "Captured"
    SETTLED = "settled", "Settled"
    FUNDED = "funded", "Funded"
    DECLINED = "declined", "Declined"
    VOIDED = "voided", "Voided"
    REFUNDED = "refunded", "Refunded"
    PARTIALLY_REFUNDED = "partially_refunded", "Partly refunded"
    CHARGED_BACK = "charged_back", "Charged back"
    RETURNED = "returned", "Returned"


class TransactionKind(models.TextChoices):
    SALE = "sale", "Sale"
    AUTHORIZATION = "authorization", "Authorization"
    REFUND = "refund", "Refund"


#: How far along its life a transaction is; a fact that is less far is late and changes nothing.
STAGE: Final[dict[str, int]] = {
    TransactionStatus.AUTHORIZED: 1,
    TransactionStatus.CAPTURED: 2,
    TransactionStatus.DECLINED: 3,
    TransactionStatus.VOIDED: 3,
    TransactionStatus.SETTLED: 4,
    TransactionStatus.FUNDED: 5,
    TransactionStatus.PARTIALLY_REFUNDED: 6,
    TransactionStatus.REFUNDED: 7,
    TransactionStatus.RETURNED: 8,
    TransactionStatus.CHARGED_BACK: 8,
}

#: Statuses after which the gateway need not be asked again.
TERMINAL: Final = frozenset(status for status, stage in STAGE.items() if stage >= 3)


#: No money moved: such a transaction counts in no batch.
NOT_PAID: Final = (TransactionStatus.DECLINED, TransactionStatus.VOIDED)


class DecisionState(models.TextChoices):
    """Whether a transaction's current status has been decided upon."""

    WAITING = "waiting", "Not due"
    DUE = "due", "Due"
    NOTHING = "nothing", "Nothing to post"
    POSTED_AS = "effects", "Owes postings"
    HELD = "held", "Held"
    CORRECTING = "correcting", "Being corrected"


class OrderState(models.TextChoices):
    """Whether an order is on its way to becoming an invoice."""

    DUE = "due", "To be decided"
    WAITING = "waiting", "Waits for its payment"
    HELD = "held", "Held"
    INVOICED = "invoiced", "Invoiced"
    CHANGED = "changed", "Changed after its invoice"
    NOTHING = "nothing", "No invoice"


#: What may still become an invoice by itself.
UNFINISHED_ORDERS: Final = (OrderState.DUE, OrderState.WAITING, OrderState.HELD)


class BatchState(models.TextChoices):
    OPEN = "open", "Open"
    CLOSED = "closed", "Closed"
    MATCHED = "matched", "Matched"
    TIED_OUT = "tied_out", "Tied out"
    WAITING = "waiting", "Waiting"
    DISCREPANT = "discrepant", "Discrepant"


#: A batch has been added up: what comes now comes late.
ADDED_UP: Final = (
    BatchState.WAITING,
    BatchState.MATCHED,
    BatchState.TIED_OUT,
    BatchState.DISCREPANT,
)

#: The batch's legal moves. What has been added up is closed again when its figures change, and
#: what was paid already is then matched at once: its money does not come a second time.
BATCH_MOVES: Final[dict[str, frozenset[str]]] = {
    BatchState.OPEN: frozenset({BatchState.CLOSED}),
    BatchState.CLOSED: frozenset({BatchState.WAITING, BatchState.MATCHED}),
    BatchState.WAITING: frozenset({BatchState.CLOSED, BatchState.MATCHED, BatchState.DISCREPANT}),
    BatchState.MATCHED: frozenset({BatchState.CLOSED, BatchState.TIED_OUT, BatchState.DISCREPANT}),
    BatchState.TIED_OUT: frozenset({BatchState.CLOSED, BatchState.MATCHED}),
    BatchState.DISCREPANT: frozenset({BatchState.CLOSED, BatchState.MATCHED}),
}


class ImpactState(models.TextChoices):
    """Of a replay under other rules."""

    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class BankLineState(models.TextChoices):
    NEW = "new", "To match"
    MATCHED = "matched", "Matched"
    IGNORED = "ignored", "Not a card deposit"
    UNMATCHED = "unmatched", "No batch fits"


class ExceptionState(models.TextChoices):
    OPEN = "open", "Open"
    CLAIMED = "claimed", "Claimed"
    RESOLVED = "resolved", "Resolved"
    DISMISSED = "dismissed", "Dismissed"


OPEN_STATES: Final = (ExceptionState.OPEN, ExceptionState.CLAIMED)

#: The exception's legal moves; what is closed stays closed.
EXCEPTION_MOVES: Final[dict[str, frozenset[str]]] = {
    ExceptionState.OPEN: frozenset(
        {ExceptionState.CLAIMED, ExceptionState.RESOLVED, ExceptionState.DISMISSED}
    ),
    ExceptionState.CLAIMED: frozenset({ExceptionState.RESOLVED, ExceptionState.DISMISSED}),
    ExceptionState.RESOLVED: frozenset(),
    ExceptionState.DISMISSED: frozenset(),
}


class Reason(models.TextChoices):
    """Why an exception stands on the desk, in the words the desk shows."""

    INVOICE_NOT_FOUND = "invoice_not_found", "Invoice not found"
    CUSTOMER_UNKNOWN = "customer_unknown", "Customer unknown"
    SEVERAL_CUSTOMERS = "several_customers", "Invoices of several customers"
    SECOND_CHARGE = "second_charge", "Second charge"
    OVERPAID = "overpaid", "Paid too much"
    REFERENCE_AMBIGUOUS = "reference_ambiguous", "Reference fits several invoices"
    REFUND_UNLINKED = "refund_unlinked", "Refund without its sale"
    ACCOUNT_UNMAPPED = "account_unmapped", "Account not mapped"
    METHOD_UNMAPPED = "method_unmapped", "Payment method not mapped"
    ACTION_UNMAPPED = "action_unmapped", "No rule for this status"
    FIELD_UNFIT = "field_unfit", "Mapped field does not fit"
    CURRENCY_FOREIGN = "currency_foreign", "Other currency than the company's"
    VALIDATION_HELD = "validation_held", "Stopped by a check"
    VALIDATION_WARNED = "validation_warned", "A check does not hold"
    RISK_FLAGGED = "risk_flagged", "Flagged by a risk rule"
    RISK_HELD = "risk_held", "Held by a risk rule"
    RISK_BLOCKED = "risk_blocked", "Blocked by a risk rule"
    RULES_MISSING = "rules_missing", "No rule set in force"
    NOT_DECIDED = "not_decided", "Could not be decided"
    SET_ASIDE = "set_aside", "Could not be worked on"
    PERIOD_CLOSED = "period_closed", "Period closed"
    REFUSED_BY_ERP = "refused_by_erp", "Refused by the ERP"
    CUSTOMER_REFUSED = "customer_refused", "New customer refused"
    UNKNOWN_OUTCOME = "unknown_outcome", "Answer unknown"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted", "Given up after the last attempt"
    CONTENT_CONFLICT = "content_conflict", "Already posted with other content"
    UNREADABLE_RECORD = "unreadable_record", "Unreadable record"
    UNREADABLE_STATEMENT_LINE = "unreadable_statement_line", "Unreadable statement line"
    STATEMENT_UNBALANCED = "statement_unbalanced", "Statement does not add up"
    CARD_NUMBER_REMOVED = "card_number_removed", "Card number removed"
    HINT_UNCONFIRMED = "hint_unconfirmed", "Announcement not confirmed"
    BATCH_INCOMPLETE = "batch_incomplete", "Batch does not add up"
    FIGURES_CHANGED = "figures_changed", "Batch figures changed"
    FEE_DIFFERS = "fee_differs", "Fee differs"
    DEPOSIT_DIFFERS = "deposit_differs", "Deposit differs"
    DEPOSIT_MISSING = "deposit_missing", "Deposit missing"
    DEPOSIT_UNMATCHED = "deposit_unmatched", "Deposit without a batch"
    LEDGER_DIFFERS = "ledger_differs", "Ledger differs"
    CENSUS_MISSING = "census_missing", "Missing in the ERP"
    CENSUS_DOUBLE = "census_double", "Twice in the ERP"
    FOREIGN_EDIT = "foreign_edit", "Changed in the ERP"
    CENSUS_UNOWED = "census_unowed", "In the ERP, and not owed"
    QUESTIONED = "questioned", "Questioned by a person"
    ORDER_SUMS = "order_sums", "Order does not add up"
    ORDER_PAYMENT = "order_payment", "Order and payment differ"
    ORDER_CUSTOMER = "order_customer", "Customer of an order unknown"
    ORDER_UNMAPPED = "order_unmapped", "Order not covered by the rules"
    ORDER_UNFIT = "order_unfit", "Order does not fit the ERP"
    ORDER_CHANGED = "order_changed", "Order changed after its invoice"
    STOCK_SHORT = "stock_short", "Stock short"
    TAX_DIFFERS = "tax_differs", "Tax differs from its rule"


#: Why an order is held or looked at; gone when the next decision does not find them.
ORDER_REASONS: Final = frozenset(
    {
        Reason.ORDER_SUMS,
        Reason.ORDER_PAYMENT,
        Reason.ORDER_CUSTOMER,
        Reason.ORDER_UNMAPPED,
        Reason.ORDER_UNFIT,
        Reason.STOCK_SHORT,
        Reason.TAX_DIFFERS,
    }
)


class GapCause(models.TextChoices):
    """Why something was read again."""

    BATCH_SHORT = "batch_short", "A batch reports more than is here"
    BATCH_UNREPORTED = "batch_unreported", "A batch is not reported"
    ANNOUNCED = "announced", "Announced, and not read"
    NAMED = "named", "Named by a refund, and not read"


class FindingKind(models.TextChoices):
    """What a census found that does not fit."""

    MISSING = "missing", "Missing"
    DOUBLE = "double", "Double"
    EDITED = "edited", "Changed in the ERP"
    UNOWED = "unowed", "Not owed"


class ReadBack(models.TextChoices):
    """How a document stood when the ERP was last looked at; one never looked at has no reading."""

    AS_POSTED = "as_posted", "Found, as posted"
    CHANGED = "changed", "Found, and changed"
    MISSING = "missing", "Not found"


#: The reason under which a finding stands on the desk.
FINDING_REASON: Final[dict[str, str]] = {
    FindingKind.MISSING: Reason.CENSUS_MISSING,
    FindingKind.DOUBLE: Reason.CENSUS_DOUBLE,
    FindingKind.EDITED: Reason.FOREIGN_EDIT,
    FindingKind.UNOWED: Reason.CENSUS_UNOWED,
}


class EffectKind(models.TextChoices):
    ERP_BATCH = "erp_batch", "ERP batch"
    RECEIPT = "receipt", "Cash receipt"
    REFUND = "refund", "Refund journal"
    CREDIT_MEMO = "credit_memo", "Credit memo"
    DEPOSIT = "deposit", "Deposit journal"
    STRAY_DEPOSIT = "stray_deposit", "Unidentified deposit"
    ERP_BATCH_POST = "erp_batch_post", "Posting of the ERP batch"
    TRANSFER = "transfer", "Transfer"
    APPLICATION = "application", "Application"
    REVERSAL = "reversal", "Reversal"
    SETTLEMENT = "settlement", "Settlement journal"
    MOVED = "moved", "Taken out to be moved"
    WRITE_OFF = "write_off", "Write-off"
    GIVEN_BACK = "given_back", "Refund taken from account"
    CUSTOMER = "customer", "New customer"
    INVOICE = "invoice", "Invoice"


class Placement(models.TextChoices):
    """Where the money of a receipt stands."""

    APPLIED = "applied", "Applied to invoices"
    ON_ACCOUNT = "on_account", "On account"
    UNIDENTIFIED = "unidentified", "Unidentified receipts"


class RunState(models.TextChoices):
    """How far a bulk run over exceptions is."""

    ASKED = "asked", "Waits for a second person"
    RUNNING = "running", "Going on"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    DECLINED = "declined", "Declined"


#: Rows of such a run still wait, and are in no other.
UNFINISHED: Final = (RunState.ASKED, RunState.RUNNING)


class RunItemState(models.TextChoices):
    WAITING = "waiting", "Waits"
    DONE = "done", "Done"
    REFUSED = "refused", "Not done"
    STOPPED = "stopped", "Not begun"
    UNDONE = "undone", "Undone"


class RunOrigin(models.TextChoices):
    """What a run's rows were chosen by."""

    FILTER = "filter", "A filter"
    ALIKE = "alike", "What is alike"
    SHEET = "sheet", "A spreadsheet"
    ONE = "one", "One exception"
    UNDO = "undo", "An undo"
