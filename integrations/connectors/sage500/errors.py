"""What Sage's wrapper and the database say no with, as data.

A wrapper's refusal has written nothing and has not used up the key. A database error is sorted by
one question: can the document have been written? Only "surely not" may be sent again at once.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from integrations.canonical import OutcomeStatus
from integrations.errors import AuthError, ConfigError, TransientError

#: oCode -> (kind of failure as integrations.errors names it, what it means to a person).
REFUSALS: Final[dict[str, tuple[str, str]]] = {
    "company_unknown": ("config", "Sage has no such company."),
    "customer_unknown": ("rejected", "Sage has no such customer in this company."),
    "customer_exists": ("rejected", "Sage has a customer with this number already."),
    "customer_numbers": ("config", "Sage has no number left for a new customer."),
    "customer_setup_missing": ("config", "Sage has no such customer class or payment terms."),
    "invoice_unknown": ("rejected", "Sage has no such invoice in this company."),
    "invoice_other_customer": ("rejected", "The invoice belongs to another customer."),
    "over_applied": ("rejected", "More would be applied than the invoice has open."),
    "over_paid": ("rejected", "More would be applied than was received."),
    "amount_invalid": ("rejected", "The amount is not one that Sage takes."),
    "period_closed": ("rejected", "The fiscal period is closed."),
    "period_missing": ("config", "There is no fiscal period for the date."),
    "receipt_unknown": ("rejected", "Sage has no such valid receipt in this company."),
    "batch_unknown": ("rejected", "Sage has no such batch."),
    "batch_not_open": ("rejected", "The batch takes no more documents."),
    "batch_setup_missing": ("config", "Sage has no batch numbers set up for this kind of batch."),
    "account_unknown": ("config", "Sage has no such general-ledger account."),
    "method_unknown": ("config", "Sage has no such payment method."),
    "journal_unbalanced": ("rejected", "Debits and credits of the journal differ."),
    "invoice_unbalanced": ("rejected", "The lines do not come to the invoice's amount."),
    "item_unknown": ("config", "Sage has no such item in this company."),
    "quantity_invalid": ("rejected", "The quantity is not one that Sage takes."),
    "count_differs": ("rejected", "The batch does not hold as many documents as it should."),
    "amount_differs": ("rejected", "The documents of the batch do not add up to its total."),
    "text_too_long": ("rejected", "A text is longer than Sage's column."),
    "module_inactive": ("config", "The module is not active for the company."),
}

#: SQLSTATE of errors after which the statement's transaction is rolled back and may be repeated.
ROLLED_BACK: Final[dict[str, str]] = {
    "40P01": "deadlock",
    "40001": "serialization_failure",
    "55P03": "lock_timeout",
    "57014": "statement_timeout",
    "53300": "too_many_connections",
    "23505": "key_in_use",
}
#: The same for SQL Server, by error number in the text.
ROLLED_BACK_NUMBERS: Final[dict[str, str]] = {
    "1205": "deadlock",
    "1222": "lock_timeout",
    "2627": "key_in_use",
    "2601": "key_in_use",
}
#: First two characters of SQLSTATE of errors in the call itself: repeating it cannot help.
WRONG_CALL: Final[frozenset[str]] = frozenset({"22", "23", "42", "3F", "P0"})

_NUMBER: Final = re.compile(r"\b(1205|1222|2601|2627)\b")


#: What SQL Server says, by error number or in words, to those who may not come in or read.
_NOT_ALLOWED: Final = re.compile(
    r"\b(18456|18470|4060|229)\b|login failed|authentication failed|permission denied",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(r"\b(207|208)\b|invalid (object|column) name", re.IGNORECASE)


def fault_of(error: SQLAlchemyError, words: str) -> AuthError | ConfigError | TransientError:
    """What a failed read or log-in means for the connection; `words` are redacted already.

    Refused credentials and missing tables do not mend themselves: a person is told.
    """
    source = error.orig if isinstance(error, DBAPIError) and error.orig else error
    state = str(getattr(source, "sqlstate", "") or "")
    if state.startswith("28") or state == "42501" or _NOT_ALLOWED.search(str(source)):
        return AuthError(words, code=state or "not_allowed")
    if state in ("42P01", "42703", "3F000") or (not state and _NOT_THERE.search(str(source))):
        return ConfigError(words, setting="table_schema", code=state or "not_there")
    return TransientError(words, code=state)


def sqlstate_of(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", "") or "")


def judge(error: DBAPIError, *, several_steps: bool) -> tuple[OutcomeStatus, str]:
    """(outcome, code) of a database error raised while a call was under way.

    `several_steps`: the procedure commits in between (posting a batch), so that only the key
    table can tell how far it came.
    """
    state = sqlstate_of(error)
    lost = error.connection_invalidated or state.startswith(("08", "57P"))
    if lost:
        return OutcomeStatus.UNKNOWN, "connection_lost"
    number = _NUMBER.search(str(error.orig)) if not state or state == "HY000" else None
    code = ROLLED_BACK.get(state) or (ROLLED_BACK_NUMBERS[number[1]] if number else "")
    if code:
        return (OutcomeStatus.UNKNOWN if several_steps else OutcomeStatus.NOT_SENT), code
    if state[:2] in WRONG_CALL:
        return OutcomeStatus.REFUSED, f"database_{state}"
    return OutcomeStatus.UNKNOWN, f"database_{state}" if state else "database"
