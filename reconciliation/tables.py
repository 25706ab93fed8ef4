"""Columns and formats of the lists of the books and the desk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from django.db.models import Case, F, Prefetch, When
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from integrations.choices import FINAL_STATES
from integrations.clock import business_now
from integrations.models import Posting
from reconciliation import words
from reconciliation.choices import DecisionState, EffectKind, Placement, TransactionKind
from reconciliation.customer_names import customer_name
from reconciliation.models import (
    BankLine,
    Effect,
    ExceptionItem,
    SettlementBatch,
    Transaction,
)
from reconciliation.waits import waits_for

#: What `documents` needs of a transaction's effects, in one query for the page.
EFFECTS: Final = Prefetch(
    "effects", queryset=Effect.objects.select_related("posting").order_by("id")
)


def signed_amount(row: Transaction) -> Decimal:
    """A refund leaves the merchant: negative."""
    return -row.amount if row.kind == TransactionKind.REFUND else row.amount


def amount_cell(row: Transaction) -> SafeString:
    return formats.money(signed_amount(row), row.currency)


def batch_link(batch: SettlementBatch | None) -> SafeString:
    if batch is None:
        return formats.NOTHING
    return formats.link(reverse("batch", args=[batch.pk]), batch.vendor_ref)


def links(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """Several links with commas between; a dash for none."""
    return format_html_join(", ", '<a href="{}">{}</a>', pairs) or formats.NOTHING


def document_links(row: Transaction) -> SafeString:
    return links(documents(row))


def documents(row: Transaction) -> list[tuple[str, str]]:
    """Address and number of each ERP document that the transaction led to (prefetched)."""
    return [
        (reverse("document", args=[effect.pk]), effect.posting.document_no)
        for effect in row.effects.all()
        if effect.posting.document_no
    ]


def standing(row: Transaction) -> str:
    """Where the transaction stands in the books, in words."""
    if row.placement:
        return words.label(Placement, row.placement)
    if row.decision != DecisionState.POSTED_AS:
        return str(row.get_decision_display())
    is_done = all(effect.posting.state in FINAL_STATES for effect in row.effects.all())
    return "In the ledger" if is_done else "On its way"


#: What a payment in another currency was converted by; for files, and who chooses them.
RATES: Final[tuple[Column[Transaction], ...]] = (
    Column("original_amount", "Gateway says", lambda row: row.original_amount, is_extra=True),
    Column("original_currency", "In currency", lambda row: row.original_currency, is_extra=True),
    Column("booked_rate", "Rate", lambda row: row.booked_rate, is_extra=True),
    Column("rate_source", "Rate from", lambda row: row.rate_source, is_extra=True),
    Column("rate_on", "Day of the rate", lambda row: row.rate_on, is_extra=True),
    Column("rate_rounding", "Rounded by", lambda row: row.rate_rounding, is_extra=True),
    Column("rate_by", "Booked at it by", lambda row: words.person(row.rate_by), is_extra=True),
)

TRANSACTIONS: Final = Table[Transaction](
    caption="Payment transactions",
    order=Order("captured_at"),
    card=("captured_at", "status", "amount", "customer_name"),
    columns=(
        Column(
            "vendor_id",
            "Transaction",
            lambda row: row.vendor_id,
            lambda row: formats.link(reverse("transaction", args=[row.pk]), row.vendor_id),
        ),
        Column(
            "captured_at",
            "Captured",
            lambda row: row.captured_at,
            lambda row: formats.moment(row.captured_at),
            sort="captured_at",
        ),
        Column("kind", "Kind", lambda row: row.get_kind_display()),
        Column(
            "status",
            "Status",
            lambda row: row.get_status_display(),
            lambda row: words.transaction_status(row.status),
        ),
        Column(
            "amount",
            "Amount",
            signed_amount,
            amount_cell,
            is_number=True,
            total=Case(When(kind=TransactionKind.REFUND, then=-F("amount")), default=F("amount")),
        ),
        Column("customer_id", "Customer", lambda row: row.customer_id or row.customer_ref),
        Column(
            "customer_name", "Customer name", lambda row: customer_name(row, row), css="clip name"
        ),
        Column(
            "wrote",
            "Payer wrote",
            lambda row: words.payer_wrote(row.reference_texts, row.payer_ref),
            css="clip note",
        ),
        Column("standing", "In the books", standing),
        Column("batch", "Batch", lambda row: row.batch_ref, lambda row: batch_link(row.batch)),
        Column(
            "documents",
            "ERP document",
            lambda row: ", ".join(number for _, number in documents(row)),
            document_links,
        ),
        *RATES,
    ),
)

MEMBERS: Final = Table[Transaction](
    caption="Members of the batch",
    order=Order("id", descending=False),
    columns=tuple(
        replace(column, sort="")
        for column in TRANSACTIONS.columns
        if column.key not in ("batch", "status") and not column.is_extra
    ),
)


def why_open(row: SettlementBatch) -> str:
    """Reasons why a batch does not tie out, in words."""
    return ", ".join(dict.fromkeys(words.reason(each["reason"]) for each in row.reasons))


BATCHES: Final = Table[SettlementBatch](
    caption="Settlement batches",
    order=Order("closed_on"),
    card=("closed_on", "state", "net", "residual", "why"),
    columns=(
        Column(
            "vendor_ref",
            "Batch",
            lambda row: row.vendor_ref,
            batch_link,
        ),
        Column(
            "closed_on",
            "Closed",
            lambda row: row.closed_on,
            lambda row: formats.day(row.closed_on),
            sort="closed_on",
        ),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.batch_state(row.state),
        ),
        Column(
            "sales",
            "Sales",
            lambda row: row.sales_amount,
            lambda row: formats.money(row.sales_amount, row.currency),
            is_number=True,
            total="sales_amount",
        ),
        Column(
            "refunds",
            "Refunds",
            lambda row: -row.refunds_amount,
            lambda row: formats.money(-row.refunds_amount, row.currency),
            is_number=True,
            total=-F("refunds_amount"),
        ),
        Column(
            "fees",
            "Fees",
            lambda row: -row.fee_amount,
            lambda row: formats.money(-row.fee_amount, row.currency),
            is_number=True,
            total=-F("fee_amount"),
        ),
        Column(
            "net",
            "Net",
            lambda row: row.net_amount,
            lambda row: formats.money(row.net_amount, row.currency),
            is_number=True,
            total="net_amount",
        ),
        Column(
            "bank",
            "At the bank",
            lambda row: row.bank_amount,
            lambda row: formats.money(row.bank_amount, row.currency),
            is_number=True,
            total="bank_amount",
        ),
        Column(
            "residual",
            "Difference",
            lambda row: row.residual,
            lambda row: formats.money(row.residual, row.currency),
            is_number=True,
            total="residual",
        ),
        Column("why", "Why", why_open, css="clip"),
        Column("connection", "Gateway", lambda row: row.connection.name),
    ),
)

BANK_LINES: Final = Table[BankLine](
    caption="Bank statement lines",
    order=Order("booked_on"),
    card=("description", "amount", "state", "batches"),
    columns=(
        Column(
            "booked_on",
            "Booked",
            lambda row: row.booked_on,
            lambda row: formats.day(row.booked_on),
            sort="booked_on",
        ),
        Column("description", "Description", lambda row: row.description, css="clip"),
        Column("reference", "Reference", lambda row: row.reference, css="clip"),
        Column(
            "amount",
            "Amount",
            lambda row: row.amount,
            lambda row: formats.money(row.amount, row.currency),
            is_number=True,
            total="amount",
        ),
        Column(
            "balance",
            "Balance",
            lambda row: row.balance,
            lambda row: formats.money(row.balance, row.currency),
            is_number=True,
        ),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.bank_line_state(row.state),
        ),
        Column(
            "batches",
            "Pays batch",
            lambda row: ", ".join(match.batch.vendor_ref for match in row.matches.all()),
            lambda row: links(
                (reverse("batch", args=[match.batch.pk]), match.batch.vendor_ref)
                for match in row.matches.all()
            ),
        ),
        Column("connection", "Account", lambda row: row.connection.name),
    ),
)


#: A refund never overtakes the sale that it gives back.
WAITS: Final = "Waits for the receipt of its sale"


def effect_kind(row: Posting) -> str:
    """What the posting is in the books; a posting without its effect says what it is itself."""
    effect: Effect | None = getattr(row, "effect", None)
    return effect.kind if effect else row.kind


def owed_for(row: Posting) -> tuple[str, str]:
    """Address and name of what the posting is owed for; two empty texts for none."""
    effect: Effect | None = getattr(row, "effect", None)
    if effect is None:
        return "", ""
    if effect.transaction is not None:
        url = reverse("transaction", args=[effect.transaction.pk])
        return url, f"Transaction {effect.transaction.vendor_id}"
    if effect.batch is not None:
        return reverse("batch", args=[effect.batch.pk]), f"Batch {effect.batch.vendor_ref}"
    if effect.order is not None:
        return reverse("order", args=[effect.order.pk]), f"Order {effect.order.number}"
    return "", effect.line.description if effect.line is not None else ""


def posted_amount(row: Posting) -> Decimal | None:
    """An ERP batch is opened before anything stands in it: its documents have the amounts."""
    return None if effect_kind(row) == EffectKind.ERP_BATCH else row.amount


def document_number(row: Posting) -> str:
    """The order to post an ERP batch makes no document of its own."""
    return "" if effect_kind(row) == EffectKind.ERP_BATCH_POST else row.document_no


def batch_number(row: Posting) -> str:
    """The ERP batch as the ERP shows it to people; its key there until it has a number."""
    opened = row if effect_kind(row) == EffectKind.ERP_BATCH else row.group
    return (opened.document_no if opened else "") or row.batch_ref


def owed_link(row: Posting) -> SafeString:
    url, name = owed_for(row)
    return formats.link(url, name) if url else formats.text(name)


def posting_now(row: Posting) -> str:
    return WAITS if waits_for(row) else words.posting_now(row)


def show_posting_now(row: Posting) -> SafeString:
    before = waits_for(row)
    if before is None:
        return formats.text(words.posting_now(row))
    return formats.link(reverse("posting", args=[before]), WAITS)


POSTINGS: Final = Table[Posting](
    caption="Postings to the ERP",
    order=Order("id"),
    card=("kind", "about", "state", "amount"),
    columns=(
        Column(
            "created_at",
            "Owed since",
            lambda row: row.created_at,
            lambda row: formats.link(
                reverse("posting", args=[row.pk]), formats.moment_text(row.created_at)
            ),
            sort="id",
        ),
        Column("kind", "Kind", lambda row: words.effect_kind(effect_kind(row))),
        Column("about", "For", lambda row: owed_for(row)[1], owed_link),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.posting_state(row.state),
        ),
        Column(
            "amount",
            "Amount",
            posted_amount,
            lambda row: formats.money(posted_amount(row), row.currency),
            is_number=True,
        ),
        Column("document_no", "ERP document", document_number),
        Column("batch_ref", "ERP batch", batch_number),
        Column(
            "attempts",
            "Attempts",
            lambda row: row.attempt_count,
            lambda row: formats.text(str(row.attempt_count)),
            is_number=True,
            is_extra=True,
        ),
        Column("target", "ERP", lambda row: f"{row.target.name}, {row.company}", is_extra=True),
        Column("code", "Reason code", lambda row: row.code, is_extra=True),
        Column("message", "Last answer", posting_now, show_posting_now, css="clip note"),
    ),
)


def subject(row: ExceptionItem) -> str:
    """What the item is about, as people call it."""
    if row.transaction is not None:
        return f"Transaction {row.transaction.vendor_id}"
    if row.batch is not None:
        return f"Batch {row.batch.vendor_ref}"
    if row.line is not None:
        return f"Bank line {row.line.reference or row.line.description}"
    if row.order is not None:
        return f"Order {row.order.number}"
    if row.posting is not None:
        return words.effect_kind(row.posting.kind)
    return row.connection.name


def subject_in_list(row: ExceptionItem) -> str:
    """Shorter, and with the kind of payment: a list stands beside the panel."""
    if row.transaction is None:
        return subject(row)
    return f"{row.transaction.get_kind_display()} {row.transaction.vendor_id}"


def payer(row: ExceptionItem) -> str:
    """Whom it concerns: the customer by name, or by number where there is no name."""
    about = row.transaction
    if about is None:
        return str(row.order.payer.get("name", "")) if row.order is not None else ""
    return customer_name(row, about) or about.customer_id or about.customer_ref


def is_late(row: ExceptionItem) -> bool:
    return row.closed_at is None and row.due_on < business_now().date()


EXCEPTIONS: Final = Table[ExceptionItem](
    caption="Exceptions",
    order=Order("business_on"),
    card=("reason", "customer", "amount", "state"),
    columns=(
        Column("subject", "About", subject),
        Column("reason", "What is wrong", lambda row: words.reason(row.reason), css="clip reason"),
        Column("customer", "Customer", payer, css="clip name"),
        Column(
            "business_on",
            "Day",
            lambda row: row.business_on,
            lambda row: formats.day(row.business_on),
            sort="business_on",
        ),
        Column(
            "amount",
            "Amount",
            lambda row: row.amount,
            lambda row: formats.money(row.amount, row.currency),
            is_number=True,
            total="amount",
        ),
        Column(
            "state",
            "State",
            lambda row: row.get_state_display(),
            lambda row: words.exception_state(row.state, is_late=is_late(row)),
        ),
        Column("owner", "Owner", lambda row: row.owner),
    ),
)
