"""The ERP customer of payments that name none of their own: walk-in sales, a marketplace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.rules.rows import Row, first, plain


@dataclass(frozen=True, slots=True)
class CustomerRow(Row):
    """`customer_ref` is the gateway's own id of the payer."""

    customer_ref: str
    customer_id: str
    kind: str = ""
    method: str = ""
    location: str = ""

    WORD = "customer"
    CONDITIONS = ("customer_ref", "kind", "method", "location")
    OUTCOMES = ("customer_id",)
    COMPARED_BY = {"method": plain}


def choose(rows: Sequence[CustomerRow], customer_ref: str, **more: str) -> CustomerRow | None:
    """more: kind, method and location where they are known."""
    return first(rows, {"customer_ref": customer_ref, **more})
