"""The words and tones in which the pages show states and reasons. Codes are never shown."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.safestring import SafeString

from console import formats
from integrations.choices import AttemptOutcome, FactEnd, PostingState
from integrations.models import Posting
from reconciliation.choices import (
    BankLineState,
    BatchState,
    DecisionState,
    EffectKind,
    ExceptionState,
    FindingKind,
    OrderState,
    ReadBack,
    Reason,
    RunItemState,
    RunState,
    TransactionStatus,
)

TRANSACTION_TONES: Final[dict[str, str]] = {
    TransactionStatus.AUTHORIZED: "info",
    TransactionStatus.CAPTURED: "info",
    TransactionStatus.SETTLED: "good",
    TransactionStatus.FUNDED: "good",
    TransactionStatus.DECLINED: "mute",
    TransactionStatus.VOIDED: "mute",
    TransactionStatus.REFUNDED: "warn",
    TransactionStatus.PARTIALLY_REFUNDED: "warn",
    TransactionStatus.CHARGED_BACK: "bad",
    TransactionStatus.RETURNED: "bad",
}
BATCH_TONES: Final[dict[str, str]] = {
    BatchState.OPEN: "info",
    BatchState.CLOSED: "info",
    BatchState.MATCHED: "info",
    BatchState.TIED_OUT: "good",
    BatchState.WAITING: "warn",
    BatchState.DISCREPANT: "bad",
}
BANK_LINE_TONES: Final[dict[str, str]] = {
    BankLineState.NEW: "info",
    BankLineState.MATCHED: "good",
    BankLineState.IGNORED: "mute",
    BankLineState.UNMATCHED: "bad",
}
ORDER_TONES: Final[dict[str, str]] = {
    OrderState.DUE: "info",
    OrderState.WAITING: "warn",
    OrderState.HELD: "bad",
    OrderState.INVOICED: "good",
    OrderState.CHANGED: "bad",
    OrderState.NOTHING: "mute",
}
EXCEPTION_TONES: Final[dict[str, str]] = {
    ExceptionState.OPEN: "bad",
    ExceptionState.CLAIMED: "warn",
    ExceptionState.RESOLVED: "good",
    ExceptionState.DISMISSED: "mute",
}
POSTING_TONES: Final[dict[str, str]] = {
    PostingState.READY: "info",
    PostingState.SENDING: "info",
    PostingState.ENTERED: "info",
    PostingState.POSTED: "good",
    PostingState.WAITING: "warn",
    PostingState.UNKNOWN: "bad",
    PostingState.HELD: "bad",
    PostingState.DUPLICATE: "good",
    PostingState.CANCELLED: "mute",
}
ATTEMPT_TONES: Final[dict[str, str]] = {
    AttemptOutcome.DONE: "good",
    AttemptOutcome.DUPLICATE: "good",
    AttemptOutcome.FOUND: "good",
    AttemptOutcome.CONFLICT: "bad",
    AttemptOutcome.REFUSED: "bad",
    AttemptOutcome.UNKNOWN: "bad",
    AttemptOutcome.NOT_SENT: "warn",
    AttemptOutcome.ABSENT: "warn",
}
RUN_TONES: Final[dict[str, str]] = {
    RunState.ASKED: "warn",
    RunState.RUNNING: "info",
    RunState.DONE: "good",
    RunState.STOPPED: "mute",
    RunState.DECLINED: "mute",
}
RUN_ITEM_TONES: Final[dict[str, str]] = {
    RunItemState.WAITING: "info",
    RunItemState.DONE: "good",
    RunItemState.REFUSED: "bad",
    RunItemState.STOPPED: "mute",
    RunItemState.UNDONE: "warn",
}
DECISION_TONES: Final[dict[str, str]] = {
    DecisionState.WAITING: "mute",
    DecisionState.DUE: "info",
    DecisionState.NOTHING: "mute",
    DecisionState.POSTED_AS: "good",
    DecisionState.HELD: "bad",
    DecisionState.CORRECTING: "info",
}
READ_BACK_TONES: Final[dict[str, str]] = {
    ReadBack.AS_POSTED: "good",
    ReadBack.CHANGED: "bad",
    ReadBack.MISSING: "bad",
}
NOT_READ: Final = "Not read back yet"
MEANINGS: Final[dict[str, str]] = {
    Reason.INVOICE_NOT_FOUND: "The customer is known, but no open invoice is called what the payer"
    " wrote. The money stands on the customer's account.",
    Reason.CUSTOMER_UNKNOWN: "Nobody in the ERP is known by this gateway customer. The money stands"
    " on unidentified receipts.",
    Reason.SEVERAL_CUSTOMERS: "One payment names invoices of several customers; a receipt has one."
    " The money stands on the payer's account.",
    Reason.SECOND_CHARGE: "The same invoice was paid before. This is a real second charge, booked"
    " on account: refund it, or apply it elsewhere.",
    Reason.OVERPAID: "More was paid than the invoice still asks for. The excess is unapplied cash.",
    Reason.REFERENCE_AMBIGUOUS: "What the payer wrote fits more than one open invoice.",
    Reason.REFUND_UNLINKED: "The gateway does not say which sale this refund gives back, and no"
    " single sale fits.",
    Reason.ACCOUNT_UNMAPPED: "The rules name no ledger account for this role, so nothing can be"
    " posted.",
    Reason.METHOD_UNMAPPED: "The rules name no ERP payment method for this card brand.",
    Reason.ACTION_UNMAPPED: "The rules do not say what a transaction of this kind and status leads"
    " to.",
    Reason.FIELD_UNFIT: "What the field map makes of this payment does not go into the ERP's field."
    " It is never cut: change the map or the version, then retry.",
    Reason.CURRENCY_FOREIGN: "The books are in one currency, the payment is in another, and no"
    " rule books this one by itself. What it comes to by the rules is below.",
    Reason.VALIDATION_HELD: "A check that the rules ask for does not hold, so nothing is posted."
    " It is checked again by itself; or somebody has it posted all the same, with a reason.",
    Reason.VALIDATION_WARNED: "A check that the rules ask for does not hold. The rules say that"
    " it is posted all the same, and that a person looks at it.",
    Reason.RISK_FLAGGED: "A risk rule finds this payment unusual. It is posted as always; a person"
    " looks at it.",
    Reason.RISK_HELD: "A risk rule holds this payment back. Nothing is posted before somebody"
    " releases it, with a reason, or refuses it.",
    Reason.RISK_BLOCKED: "A risk rule, or a person, keeps this payment from its customer. Before"
    " the gateway takes the money nothing is posted; then it stands with unidentified receipts.",
    Reason.NOT_DECIDED: "The transaction could not be decided; the log says why.",
    Reason.SET_ASIDE: "Working on this failed for a reason of the program's own. Everything else"
    " goes on; this waits until somebody has it tried again.",
    Reason.RULES_MISSING: "No rule set was in force on the transaction's business day.",
    Reason.PERIOD_CLOSED: "The ERP's period is closed for this date.",
    Reason.REFUSED_BY_ERP: "The ERP refused the document. Its own words are below.",
    Reason.CUSTOMER_REFUSED: "The ERP did not make this payer a customer; its own words are above."
    " Mend the details and send it again, link the payer to a customer that is there, or give it"
    " up. Money of the payer stands with the unidentified receipts meanwhile.",
    Reason.UNKNOWN_OUTCOME: "The ERP did not answer, and a look-up could not settle whether the"
    " document is there.",
    Reason.CONTENT_CONFLICT: "A document with this key is in the ERP already, but says something"
    " else.",
    Reason.ATTEMPTS_EXHAUSTED: "It never left, as often as it was tried. Once the ERP can be"
    " reached, try it again: alone here, or all of them from the list of postings.",
    Reason.UNREADABLE_RECORD: "A record could not be read. The rest of its page went on without"
    " it.",
    Reason.UNREADABLE_STATEMENT_LINE: "A line of the statement could not be read. The other lines"
    " went on without it.",
    Reason.STATEMENT_UNBALANCED: "The balances of a bank statement and its lines do not fit: a line"
    " may be missing, twice or changed. Its lines are in the books as they came. Upload it again as"
    " the bank gives it, or dismiss this with the reason.",
    Reason.CARD_NUMBER_REMOVED: "A card number was in the data and was removed before anything was"
    " stored.",
    Reason.HINT_UNCONFIRMED: "A payment was announced, but the gateway itself does not confirm it."
    " Nothing was posted.",
    Reason.BATCH_INCOMPLETE: "The members of the batch do not add up to what the gateway reports.",
    Reason.FIGURES_CHANGED: "The gateway changed a batch after its money was found. It is added up"
    " anew, and a new certificate supersedes the one before.",
    Reason.FEE_DIFFERS: "The processor kept another fee than the contract says.",
    Reason.DEPOSIT_DIFFERS: "The bank line and the batch's net differ.",
    Reason.DEPOSIT_MISSING: "The batch's money should be at the bank by now, and is not.",
    Reason.DEPOSIT_UNMATCHED: "A deposit came in that fits no settlement batch.",
    Reason.CENSUS_MISSING: "The ERP had taken the document, and an ERP check does not find it there"
    " any more. Restore it there; it closes when the next check finds it.",
    Reason.CENSUS_DOUBLE: "A second document with the same payment stands in the ERP. Void the one"
    " that is not ours, or say that both are right.",
    Reason.FOREIGN_EDIT: "Somebody changed, voided or deleted the document in the ERP after it was"
    " posted. Both sides are below.",
    Reason.CENSUS_UNOWED: "A document stands in the ERP among ours, and nothing here owes it.",
    Reason.QUESTIONED: "A person doubts where this payment's money stands. It stays there until"
    " something else is done.",
    Reason.ORDER_SUMS: "The order's lines, shipping, discount and taxes do not come to its total."
    " It is never posted like that: the shop has to send it again, or it becomes no invoice.",
    Reason.ORDER_PAYMENT: "The order and the payment that it names are not over the same amount, or"
    " the payment moved no money. No invoice is posted before somebody says which is right.",
    Reason.ORDER_CUSTOMER: "Nobody in the ERP is known by the shop's number of the customer. No"
    " invoice is posted before it is known whose it is.",
    Reason.ORDER_UNMAPPED: "The rules have no item, tax or account for something in this order. It"
    " is decided again by itself once rules that have it are in force.",
    Reason.ORDER_UNFIT: "The order cannot be written into this ERP as it is.",
    Reason.ORDER_CHANGED: "The shop changed the order after its invoice was sent. Both are below;"
    " what was posted is corrected in the ERP.",
    Reason.STOCK_SHORT: "The order asks for more than the ERP has in stock. It is invoiced by"
    " itself once there is enough; or somebody has it invoiced all the same, with a reason.",
    Reason.TAX_DIFFERS: "A tax was charged otherwise than the rules work it out. What the shop"
    " charged is booked; a person looks at it.",
    Reason.LEDGER_DIFFERS: "What the ERP's ledger holds is not what was posted.",
}


def label(choices: type[TextChoices], value: str) -> str:
    """The label of a choice; a value that is none is shown with spaces instead of underscores."""
    try:
        return str(choices(value).label)
    except ValueError:
        return value.replace("_", " ").capitalize()


def transaction_status(value: str) -> SafeString:
    return formats.tag(label(TransactionStatus, value), TRANSACTION_TONES.get(value, "mute"))


def batch_state(value: str) -> SafeString:
    return formats.tag(label(BatchState, value), BATCH_TONES.get(value, "mute"))


def bank_line_state(value: str) -> SafeString:
    return formats.tag(label(BankLineState, value), BANK_LINE_TONES.get(value, "mute"))


def order_state(value: str) -> SafeString:
    return formats.tag(label(OrderState, value), ORDER_TONES.get(value, "mute"))


def exception_state(value: str, *, is_late: bool = False) -> SafeString:
    """`is_late`: it is past its due day, which the tag says too."""
    said = label(ExceptionState, value)
    if is_late:
        return formats.tag(f"{said}, late", "bad")
    return formats.tag(said, EXCEPTION_TONES.get(value, "mute"))


def posting_state(value: str) -> SafeString:
    return formats.tag(label(PostingState, value), POSTING_TONES.get(value, "mute"))


def run_state(value: str) -> SafeString:
    return formats.tag(label(RunState, value), RUN_TONES.get(value, "mute"))


def run_item_state(value: str) -> SafeString:
    return formats.tag(label(RunItemState, value), RUN_ITEM_TONES.get(value, "mute"))


def posting_now(row: Posting) -> str:
    """What the target said last; of an unknown outcome, when it is looked up again."""
    if row.state != PostingState.UNKNOWN:
        return row.message
    looks = "no looks" if not row.looks else "1 look" if row.looks == 1 else f"{row.looks} looks"
    at = formats.moment_text(row.due_at)
    return f"Sent, answer unknown; next look at {at}, {looks} so far. {row.message}".strip()


def read_back_word(verdict: str) -> str:
    """How the document stood in the ERP; an empty verdict is of one never looked at."""
    return label(ReadBack, verdict) if verdict else NOT_READ


def read_back(verdict: str) -> SafeString:
    return formats.tag(read_back_word(verdict), READ_BACK_TONES.get(verdict, "mute"))


#: How bytes reached us, as a sentence says it.
CAME_BY: Final = {"pull": "fetched", "webhook": "announced", "file": "as a file"}


def came_by(source: str) -> str:
    return CAME_BY.get(source, source)


#: The same, before the name of the connection.
BROUGHT: Final = {"pull": "fetched from", "webhook": "announced by", "file": "a file from"}


def brought(source: str) -> str:
    return BROUGHT.get(source, source)


def fact_end(end: str) -> str:
    """How one record of what came in ended; without one it waits."""
    return "Waits" if end == FactEnd.RECEIVED else label(FactEnd, end) if end else ""


def finding_kind(value: str) -> str:
    return label(FindingKind, value)


def attempt_outcome(value: str) -> SafeString:
    return formats.tag(label(AttemptOutcome, value), ATTEMPT_TONES.get(value, "mute"))


def reason(value: str) -> str:
    return label(Reason, value)


def meaning(value: str) -> str:
    """One sentence on what a reason means for the money; empty for a reason that is new."""
    return MEANINGS.get(value, "")


def effect_kind(value: str) -> str:
    return label(EffectKind, value)


def person(actor: str) -> str:
    """`user:anna` as `anna`; teams, workers and rules as they are called."""
    if actor.startswith("rule:"):
        return f"the rule {actor.removeprefix('rule:')}"
    return {"worker": "the system"}.get(actor, actor.removeprefix("user:"))


def rule(text: str) -> str:
    """A rule as it names itself, with the codes in it as words."""
    return text.replace("_", " ")


def payer_wrote(texts: list[str], reference: str) -> str:
    """What the payer typed, in every field that holds something."""
    return ", ".join(dict.fromkeys(text for text in texts if text)) or reference


def action_word(action: str) -> str:
    return action.replace("_", " ")
