"""The Sage 500 tables we read, with only the columns we read. Names come from the settings.

Dates are datetimes without a zone: business dates carry midnight, audit columns the server's own
time (UTC in the sandbox).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CHAR,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
)

from integrations.connectors.sage500.config import Sage500Settings


def _amount(name: str) -> Column[Any]:
    return Column(name, Numeric(15, 3))


def _document(name: str, metadata: MetaData, key: str, schema: str | None) -> Table:
    """What pending and posted receipts and invoices have in common."""
    return Table(
        name,
        metadata,
        Column(key, Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("CustKey", Integer),
        Column("TranDate", DateTime),
        Column("TranID", String(13)),
        _amount("TranAmt"),
        Column("CurrID", String(3)),
        Column("BatchKey", Integer),
        schema=schema,
    )


def _receipt(name: str, metadata: MetaData, settings: Sage500Settings) -> Table:
    table = _document(name, metadata, "CustPmtKey", settings.table_schema or None)
    columns: tuple[Column[Any], ...] = (
        Column("OffsetAcctKey", Integer),
        Column("PmtRefNo", String(30)),
        Column("SettlementRefNo", String(30)),
        Column("UpdateDate", DateTime),
        Column("UpdateUserID", String(30)),
    )
    for column in columns:
        table.append_column(column)
    if settings.receipt_status_column:
        table.append_column(Column(settings.receipt_status_column, SmallInteger))
    if settings.reversed_receipt_column:
        table.append_column(Column(settings.reversed_receipt_column, Integer))
    return table


def _pending_invoice(settings: Sage500Settings, metadata: MetaData) -> Table:
    schema = settings.table_schema or None
    table = _document(settings.pending_invoice_table, metadata, "InvcKey", schema)
    table.append_column(Column("CustPONo", String(15)))
    return table


def _application(name: str, metadata: MetaData, schema: str | None) -> Table:
    """Applications, pending or posted: a row is known by its batch and its place there."""
    return Table(
        name,
        metadata,
        Column("BatchKey", Integer, primary_key=True),
        Column("SeqNo", Integer, primary_key=True),
        Column("ApplyFromPmtKey", Integer),
        Column("ApplyToInvcKey", Integer),
        _amount("PmtAmt"),
        _amount("DiscTakenAmt"),
        _amount("WriteOffAmt"),
        schema=schema,
    )


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of one company database."""

    invoice: Table
    customer: Table
    payment: Table
    pending_payment: Table
    pending_application: Table
    application: Table
    pending_invoice: Table
    journal: Table
    journal_line: Table
    batch_log: Table
    account: Table
    ledger: Table
    period: Table
    posting_key: Table
    invoice_line: Table
    invoice_distribution: Table
    item: Table
    #: Where a receipt says that it was voided; empty where the database has no such column.
    status_column: str
    #: Where a reversal names the receipt that it takes back; empty likewise.
    reversed_column: str


def _invoice(metadata: MetaData, settings: Sage500Settings) -> Table:
    references = dict.fromkeys(("TranNo", "CustPONo", *settings.invoice_reference_columns))
    references.pop("TranID", None)
    invoice = _document("tarInvoice", metadata, "InvcKey", settings.table_schema or None)
    columns: tuple[Column[Any], ...] = (
        Column("TranType", Integer),
        _amount("Balance"),
        Column("CreateDate", DateTime),
        Column("UpdateDate", DateTime),
        Column("UpdateCounter", Integer),
        *(Column(name, String(50)) for name in references),
    )
    for column in columns:
        invoice.append_column(column)
    return invoice


def _journal_line(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        settings.journal_line_table,
        metadata,
        Column("JrnlHdrKey", Integer, primary_key=True),
        Column("EntryNo", Integer, primary_key=True),
        Column("GLAcctKey", Integer),
        _amount("PostAmt"),
        Column("RefNo", String(30)),
        Column("TranDate", DateTime),
        schema=settings.table_schema or None,
    )


def _batch_log(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        "tciBatchLog",
        metadata,
        Column("BatchKey", Integer, primary_key=True),
        Column("BatchID", String(15)),
        Column("SourceCompanyID", String(3)),
        Column("Status", SmallInteger),
        Column("PostStatus", SmallInteger),
        Column("PostDate", DateTime),
        schema=settings.table_schema or None,
    )


def _ledger(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        settings.ledger_table,
        metadata,
        Column("GLTranKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("GLAcctKey", Integer),
        Column("PostDate", DateTime),
        _amount("PostAmt"),
        Column("BatchKey", Integer),
        Column("RefNo", String(30)),
        Column("ExtCmnt", String(255)),
        Column("CurrID", String(3)),
        schema=settings.table_schema or None,
    )


def _period(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        settings.fiscal_period_table,
        metadata,
        Column("CompanyID", String(3)),
        Column("StartDate", DateTime),
        Column("EndDate", DateTime),
        Column("Status", SmallInteger),
        schema=settings.table_schema or None,
    )


def _posting_key(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        "PostingKey",
        metadata,
        Column("PostingKey", String(200), primary_key=True),
        Column("ContentHash", CHAR(64)),
        Column("CompanyID", String(3)),
        Column("DocumentKind", String(20)),
        Column("DocumentKey", Integer),
        Column("DocumentNo", String(15)),
        Column("BatchKey", Integer),
        _amount("Amount"),
        schema=settings.wrapper_schema,
    )


def _customer(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        "tarCustomer",
        metadata,
        Column("CustKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("CustID", String(12)),
        Column("CustName", String(40)),
        schema=settings.table_schema or None,
    )


def _invoice_line(metadata: MetaData, settings: Sage500Settings) -> Table:
    """Lines of invoices, pending or posted: both have keys of one space."""
    return Table(
        settings.invoice_line_table,
        metadata,
        Column("InvoiceLineKey", Integer, primary_key=True),
        Column("InvcKey", Integer),
        Column("SeqNo", Integer),
        Column("ItemKey", Integer),
        Column("ExtCmnt", String(255)),
        schema=settings.table_schema or None,
    )


def _invoice_distribution(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        settings.invoice_distribution_table,
        metadata,
        Column("InvoiceLineKey", Integer, primary_key=True),
        Column("GLAcctKey", Integer),
        Column("QtyShipped", Numeric(16, 8)),
        _amount("ExtAmt"),
        schema=settings.table_schema or None,
    )


def _item(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        settings.item_table,
        metadata,
        Column("ItemKey", Integer, primary_key=True),
        Column("ItemID", String(30)),
        schema=settings.table_schema or None,
    )


def _journal(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        "tglJournalHdr",
        metadata,
        Column("JrnlHdrKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("BatchKey", Integer),
        Column("JrnlNo", Integer),
        Column("CurrID", String(3)),
        schema=settings.table_schema or None,
    )


def _account(metadata: MetaData, settings: Sage500Settings) -> Table:
    return Table(
        "tglAccount",
        metadata,
        Column("GLAcctKey", Integer, primary_key=True),
        Column("CompanyID", String(3)),
        Column("GLAcctNo", String(100)),
        schema=settings.table_schema or None,
    )


def tables_of(settings: Sage500Settings) -> Tables:
    metadata = MetaData()
    schema = settings.table_schema or None
    return Tables(
        invoice=_invoice(metadata, settings),
        customer=_customer(metadata, settings),
        payment=_receipt("tarCustPmt", metadata, settings),
        pending_payment=_receipt(settings.pending_payment_table, metadata, settings),
        pending_application=_application(settings.pending_application_table, metadata, schema),
        application=_application(settings.application_table, metadata, schema),
        pending_invoice=_pending_invoice(settings, metadata),
        journal=_journal(metadata, settings),
        journal_line=_journal_line(metadata, settings),
        batch_log=_batch_log(metadata, settings),
        account=_account(metadata, settings),
        ledger=_ledger(metadata, settings),
        period=_period(metadata, settings),
        posting_key=_posting_key(metadata, settings),
        invoice_line=_invoice_line(metadata, settings),
        invoice_distribution=_invoice_distribution(metadata, settings),
        item=_item(metadata, settings),
        status_column=settings.receipt_status_column,
        reversed_column=settings.reversed_receipt_column,
    )
