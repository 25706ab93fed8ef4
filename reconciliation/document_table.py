"""Columns of the list of ERP documents; its rows are effects."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from reconciliation import words
from reconciliation.choices import EffectKind
from reconciliation.customer_names import customer_name
from reconciliation.models import DocumentReading, Effect
from reconciliation.tables import owed_for, owed_link


def address(row: Effect) -> str:
    return reverse("document", args=[row.pk])


def reading_of(row: Effect) -> DocumentReading | None:
    found: DocumentReading | None = getattr(row.posting, "reading", None)
    return found


def verdict(row: Effect) -> str:
    """How it was read back; empty for one that never was."""
    reading = reading_of(row)
    return reading.verdict if reading else ""


def erp_batch(row: Effect) -> str:
    """The number of the ERP batch that the document stands in, as the ERP shows it to people."""
    if row.kind == EffectKind.ERP_BATCH:
        return ""
    posting = row.posting
    return (posting.group.document_no if posting.group else "") or posting.batch_ref


def erp_batch_link(row: Effect) -> SafeString:
    """All documents of the batch: they carry the key that the ERP has for it."""
    number = erp_batch(row)
    if not number:
        return formats.NOTHING
    query = urlencode({"q": row.posting.batch_ref})
    return formats.link(f"{reverse('documents')}?{query}", number)


def amount(row: Effect) -> Decimal | None:
    """An ERP batch has none of its own: its documents do."""
    return None if row.kind == EffectKind.ERP_BATCH else row.posting.amount


def customer(row: Effect) -> str:
    return row.transaction.customer_id if row.transaction else ""


def changed_by(row: Effect) -> str:
    """Who changed it in the ERP, as the ERP notes it; said of a document out of order alone."""
    reading = reading_of(row)
    return reading.changed_by if reading and reading.differing else ""


DOCUMENTS: Final = Table[Effect](
    caption="Documents in the ERP",
    order=Order("business_on"),
    currency="posting__currency",
    card=("business_on", "kind", "state", "amount"),
    columns=(
        Column(
            "document_no",
            "Document",
            lambda row: row.posting.document_no,
            lambda row: formats.link(address(row), row.posting.document_no),
        ),
        Column(
            "business_on",
            "Business day",
            lambda row: row.business_on,
            lambda row: formats.day(row.business_on),
            sort="business_on",
        ),
        Column("kind", "Kind", lambda row: row.get_kind_display()),
        Column(
            "state",
            "State",
            lambda row: row.posting.get_state_display(),
            lambda row: words.posting_state(row.posting.state),
        ),
        Column(
            "read",
            "Read back",
            lambda row: words.read_back_word(verdict(row)),
            lambda row: words.read_back(verdict(row)),
        ),
        Column(
            "amount",
            "Amount",
            amount,
            lambda row: formats.money(amount(row), row.posting.currency),
            is_number=True,
            total="posting__amount",
        ),
        Column(
            "about",
            "For",
            lambda row: owed_for(row.posting)[1],
            lambda row: owed_link(row.posting),
        ),
        Column("customer", "Customer", customer, is_extra=True),
        Column(
            "customer_name",
            "Customer name",
            lambda row: customer_name(row, row.transaction),
            css="clip name",
        ),
        Column("batch", "ERP batch", erp_batch, erp_batch_link),
        Column(
            "target",
            "ERP",
            lambda row: f"{row.posting.target.name}, {row.posting.company}",
            is_extra=True,
        ),
        Column("changed_by", "Changed by", changed_by, is_extra=True),
    ),
)
