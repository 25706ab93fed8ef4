"""The spreadsheet of exceptions: its columns, and what each row of it may wish for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from reconciliation import tables, words
from reconciliation.actions import ACTIONS
from reconciliation.models import ExceptionItem
from reconciliation.services.desk.fitting import actions_for

NUMBER, REVISION, AMOUNT, ACTION = "Exception", "Revision", "Amount", "Action"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """`value` is what the file says; a column to be filled in says nothing."""

    label: str
    value: Callable[[ExceptionItem], Any]
    is_number: bool = False


def fitting_labels(item: ExceptionItem) -> str:
    return ", ".join(ACTIONS[name].label for name in actions_for(item) if name in ACTIONS)


def _nothing(item: ExceptionItem) -> str:
    return ""


#: What an action's form asks for, by the head of the column that it is typed into.
ASKED: Final[dict[str, str]] = {
    "customer_id": "Customer",
    "document_no": "Invoice",
    "shares": "Split over",
    "role": "Account is for",
    "account": "Account",
    "method": "Card brand",
    "erp_method": "ERP method",
    "note": "Note",
    "batch_ref": "Batch",
    "sale_ref": "Sale",
    "rate": "Rate",
    "until": "Wait until",
    "confirmed": "Confirmed",
    "corrections": "Corrections",
}
COLUMNS: Final = (
    SheetColumn(NUMBER, lambda item: item.pk, is_number=True),
    SheetColumn(REVISION, lambda item: item.revision, is_number=True),
    SheetColumn("About", tables.subject),
    SheetColumn("Customer name", tables.payer),
    SheetColumn("What is wrong", lambda item: words.reason(item.reason)),
    SheetColumn("In words", lambda item: item.message),
    SheetColumn("Day", lambda item: item.business_on),
    SheetColumn(AMOUNT, lambda item: item.amount, is_number=True),
    SheetColumn("Currency", lambda item: item.currency),
    SheetColumn("Owner", lambda item: words.person(item.owner)),
    SheetColumn("Can be done", fitting_labels),
    SheetColumn(ACTION, _nothing),
    *(SheetColumn(head, _nothing) for head in ASKED.values()),
)
#: Without these a file cannot be read back.
NEEDED: Final = (NUMBER, REVISION, ACTION)


def action_named(text: str) -> str:
    """The name of the action that a cell names by its label or its name; empty for none."""
    wanted = text.strip().casefold().replace("_", " ")
    for name, action in ACTIONS.items():
        if wanted in (name.replace("_", " "), action.label.casefold()):
            return name
    return ""
