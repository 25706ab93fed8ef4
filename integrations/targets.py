"""Which fields of a document a target has: what a connector declares, and a field map may fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FieldType(StrEnum):
    TEXT = "text"
    DECIMAL = "decimal"
    DATE = "date"


#: The documents that payments lead to, as fields of them are told apart.
DOCUMENTS: Final[Mapping[str, str]] = {
    "receipt": "Cash receipt",
    "refund": "Refund journal",
    "credit_memo": "Credit memo",
}


@dataclass(frozen=True, slots=True)
class TargetField:
    """A field of a document of the target; `document` is one of DOCUMENTS.

    width: characters of a text, digits of a number; 0 for a date. `filled_by` says in words what
    fills the field; where it is empty, rules may.
    """

    document: str
    field: str
    label: str
    type: FieldType = FieldType.TEXT
    width: int = 0
    is_required: bool = False
    filled_by: str = ""

    @property
    def name(self) -> str:
        """As rules name it: `receipt.comment`."""
        return f"{self.document}.{self.field}"

    @property
    def title(self) -> str:
        return f"{DOCUMENTS[self.document]}: {self.label.lower()}"

    @property
    def is_open(self) -> bool:
        return not self.filled_by
