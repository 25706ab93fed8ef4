"""What stands in a field of the ERP's documents: the first row for a field that holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first, plain


@dataclass(frozen=True, slots=True)
class FieldRow(Row):
    """`target` is the name of a field, such as `receipt.comment`; `formula` see mapping.fields."""

    target: str
    formula: str
    method: str = ""
    currency: str = ""
    customer_ref: str = ""

    WORD = "field"
    CONDITIONS = ("target", "method", "currency", "customer_ref")
    OUTCOMES = ("formula",)
    COMPARED_BY = {"method": plain}


def choose(
    rows: Sequence[FieldRow], target: str, method: str, currency: str, customer_ref: str
) -> FieldRow | None:
    asked = {"target": target, "method": method, "currency": currency, "customer_ref": customer_ref}
    return first(rows, asked)
