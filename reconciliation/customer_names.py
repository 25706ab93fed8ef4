"""The names of customers, as the last reading of the ERP's customers left them here.

A name is looked up within the list's own statement, by an index, for the rows of the page alone: a
list asks neither the ERP nor once more for each row.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django.db.models import Model, OuterRef, QuerySet, Subquery

from mapping.choices import IdentitySystem
from mapping.models import CustomerIdentity
from reconciliation.models import Effect, ExceptionItem, Transaction

Row = TypeVar("Row", bound=Model)
#: What the lists' rows carry it as.
NAME: Final = "customer_name"


def transactions_with_names(found: QuerySet[Transaction]) -> QuerySet[Transaction]:
    return _with_names(found, "customer_id", pair__gateway=OuterRef("connection"))


def exceptions_with_names(found: QuerySet[ExceptionItem]) -> QuerySet[ExceptionItem]:
    gateway = OuterRef("transaction__connection")
    return _with_names(found, "transaction__customer_id", pair__gateway=gateway)


def documents_with_names(found: QuerySet[Effect]) -> QuerySet[Effect]:
    return _with_names(found, "transaction__customer_id", pair=OuterRef("pair"))


def _with_names(found: QuerySet[Row], number: str, **pair: Any) -> QuerySet[Row]:
    """Where several pairs have the gateway, the active one's customers name the row."""
    known = CustomerIdentity.objects.filter(
        system=IdentitySystem.ERP, ref=OuterRef(number), **pair
    ).order_by("-pair__is_active", "pair_id")
    named: QuerySet[Row] = found.annotate(**{NAME: Subquery(known.values("name")[:1])})
    return named


def customer_name(row: Model, transaction: Transaction | None) -> str:
    """The ERP's name for the customer; for a payer nobody knows yet what the gateway was told."""
    if transaction is None:
        return ""
    if transaction.customer_id:
        return getattr(row, NAME, None) or ""
    return str(transaction.payer.get("name", ""))
