"""What is asked of Sage 500, as SQLAlchemy expressions: the same for SQL Server and PostgreSQL.

Pure: tests compile each for both. Nothing here locks or writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, DateTime, Join, Select, Table, and_, cast, func, or_, select

from integrations.canonical import DocumentKind
from integrations.connectors.sage500.tables import Tables

#: SQL Server takes 2,100 parameters a statement.
CHUNK: Final = 500
OPEN_PERIOD: Final = 1
POSTED_BATCH: Final = 6


def changed_at(tables: Tables) -> ColumnElement[datetime]:
    """A row that was never changed has no UpdateDate."""
    columns = tables.invoice.c
    return func.coalesce(columns.UpdateDate, columns.CreateDate)


def clock() -> Select[Any]:
    """The database's own clock, by which Sage stamps its rows."""
    return select(func.current_timestamp().label("Now"))


def _pending_sum(tables: Tables) -> ColumnElement[Any]:
    """What applications still pending in Sage will take from an invoice."""
    pending = tables.pending_application.c
    taken = (
        pending.PmtAmt
        + func.coalesce(pending.DiscTakenAmt, 0)
        + func.coalesce(pending.WriteOffAmt, 0)
    )
    return (
        select(func.coalesce(func.sum(taken), 0))
        .where(pending.ApplyToInvcKey == tables.invoice.c.InvcKey)
        .scalar_subquery()
    )


def _items(tables: Tables, company: str, reference_columns: Sequence[str]) -> Select[Any]:
    invoice, customer = tables.invoice.c, tables.customer.c
    references = [invoice[name].label(f"Reference{n}") for n, name in enumerate(reference_columns)]
    return (
        select(
            invoice.InvcKey,
            invoice.TranID,
            invoice.TranDate,
            invoice.TranAmt,
            invoice.Balance,
            invoice.CurrID,
            invoice.UpdateCounter,
            customer.CustID,
            customer.CustName,
            changed_at(tables).label("ChangedAt"),
            _pending_sum(tables).label("PendingAmt"),
            *references,
        )
        .join_from(tables.invoice, tables.customer, customer.CustKey == invoice.CustKey)
        .where(invoice.CompanyID == company)
    )


def changed_items(
    tables: Tables,
    company: str,
    *,
    reference_columns: Sequence[str],
    tran_types: Sequence[int],
    after: tuple[datetime, int] | None,
    limit: int,
) -> Select[Any]:
    """Invoices behind the keyset (change, key), oldest change first; paid ones too."""
    changed, key = changed_at(tables), tables.invoice.c.InvcKey
    query = _items(tables, company, reference_columns)
    query = query.where(tables.invoice.c.TranType.in_(tran_types))
    if after is not None:
        # Cast: against a plain parameter SQL Server compares finer than its datetime holds.
        moment, last_key = cast(after[0], DateTime), after[1]
        # The first condition follows from the second; it lets an index be used.
        query = query.where(
            changed >= moment, or_(changed > moment, and_(changed == moment, key > last_key))
        )
    return query.order_by(changed, key).limit(limit)


def items_by_key(
    tables: Tables, company: str, item_keys: Sequence[int], *, reference_columns: Sequence[str]
) -> Select[Any]:
    query = _items(tables, company, reference_columns)
    key = tables.invoice.c.InvcKey
    return query.where(key.in_(item_keys)).order_by(key)


def items_by_reference(
    tables: Tables,
    company: str,
    numbers: Sequence[str],
    *,
    reference_columns: Sequence[str],
    tran_types: Sequence[int],
) -> Select[Any]:
    """Invoices in one of whose number columns one of `numbers` stands, as `number_forms` has it.

    Columns are compared bare, so that their indexes serve; SQL Server's usual collations ignore
    case and trailing spaces.
    """
    columns = tables.invoice.c
    named = or_(*(columns[name].in_(numbers) for name in reference_columns))
    query = _items(tables, company, reference_columns)
    return query.where(columns.TranType.in_(tran_types), named).order_by(columns.InvcKey)


def items_of_customer(
    tables: Tables,
    company: str,
    customer_id: str,
    *,
    reference_columns: Sequence[str],
    tran_types: Sequence[int],
    limit: int,
) -> Select[Any]:
    columns, customer = tables.invoice.c, tables.customer.c
    return (
        _items(tables, company, reference_columns)
        .where(
            customer.CustID == customer_id,
            columns.TranType.in_(tran_types),
            columns.Balance != 0,
        )
        .order_by(columns.TranDate, columns.InvcKey)
        .limit(limit)
    )


def keys_present(tables: Tables, company: str, keys: Sequence[str]) -> Select[Any]:
    stored = tables.posting_key.c
    return select(stored.PostingKey).where(stored.CompanyID == company, stored.PostingKey.in_(keys))


def _with_documents(tables: Tables) -> Join:
    """Our keys, their batches, and whichever document each of them stands for."""
    stored, batch = tables.posting_key, tables.batch_log
    pending, posted = tables.pending_payment, tables.payment
    pending_invoice, invoice, journal = tables.pending_invoice, tables.invoice, tables.journal
    pending_application, application = tables.pending_application, tables.application
    customer = tables.customer

    def stands_for(kind: DocumentKind, key: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(stored.c.DocumentKind == kind.value, key == stored.c.DocumentKey)

    def is_payment(key: ColumnElement[Any]) -> ColumnElement[bool]:
        # A reversal is a negative receipt; both have rows in the same tables.
        return or_(
            stands_for(DocumentKind.CASH_RECEIPT, key), stands_for(DocumentKind.REVERSAL, key)
        )

    def stands_in_batch(rows: Table) -> ColumnElement[bool]:
        return and_(
            stands_for(DocumentKind.APPLICATION, rows.c.SeqNo),
            rows.c.BatchKey == stored.c.BatchKey,
        )

    def is_invoice(key: ColumnElement[Any]) -> ColumnElement[bool]:
        # So are an invoice and a memo, which is a negative one.
        return or_(stands_for(DocumentKind.INVOICE, key), stands_for(DocumentKind.CREDIT_MEMO, key))

    return (
        stored.outerjoin(batch, batch.c.BatchKey == stored.c.BatchKey)
        .outerjoin(pending, is_payment(pending.c.CustPmtKey))
        .outerjoin(posted, is_payment(posted.c.CustPmtKey))
        .outerjoin(pending_invoice, is_invoice(pending_invoice.c.InvcKey))
        .outerjoin(invoice, is_invoice(invoice.c.InvcKey))
        .outerjoin(journal, stands_for(DocumentKind.JOURNAL, journal.c.JrnlHdrKey))
        .outerjoin(pending_application, stands_in_batch(pending_application))
        .outerjoin(application, stands_in_batch(application))
        .outerjoin(customer, stands_for(DocumentKind.CUSTOMER, customer.c.CustKey))
    )


def documents_by_key(tables: Tables, company: str, keys: Sequence[str]) -> Select[Any]:
    """Our keys with the documents they stand for, pending or posted, and their batches' state.

    `FoundKey` is null where the document itself is gone: somebody took it out of its batch.
    """
    stored, batch = tables.posting_key, tables.batch_log
    pending, posted = tables.pending_payment, tables.payment
    pending_invoice, invoice, journal = tables.pending_invoice, tables.invoice, tables.journal
    pending_application, application = tables.pending_application, tables.application
    found = func.coalesce(
        pending.c.CustPmtKey,
        posted.c.CustPmtKey,
        pending_invoice.c.InvcKey,
        invoice.c.InvcKey,
        journal.c.JrnlHdrKey,
        pending_application.c.SeqNo,
        application.c.SeqNo,
        tables.customer.c.CustKey,
    )
    amount = func.coalesce(
        pending.c.TranAmt,
        posted.c.TranAmt,
        pending_invoice.c.TranAmt,
        invoice.c.TranAmt,
        pending_application.c.PmtAmt,
        application.c.PmtAmt,
    )
    currency = func.coalesce(
        pending.c.CurrID,
        posted.c.CurrID,
        pending_invoice.c.CurrID,
        invoice.c.CurrID,
        journal.c.CurrID,
    )

    columns = stored.c
    return (
        select(
            columns.PostingKey,
            columns.ContentHash,
            columns.DocumentKind,
            columns.DocumentKey,
            columns.DocumentNo,
            columns.BatchKey,
            columns.Amount,
            found.label("FoundKey"),
            amount.label("FoundAmt"),
            currency.label("FoundCurrID"),
            batch.c.BatchID,
            batch.c.Status,
            batch.c.PostStatus,
        )
        .select_from(_with_documents(tables))
        .where(columns.CompanyID == company, columns.PostingKey.in_(keys))
        .order_by(columns.PostingKey)
    )


def ledger_lines(
    tables: Tables, company: str, account: str, references: Sequence[str]
) -> Select[Any]:
    line, accounts = tables.ledger.c, tables.account.c
    return (
        select(line.PostDate, line.PostAmt, line.BatchKey, line.RefNo, line.ExtCmnt, line.CurrID)
        .join_from(tables.ledger, tables.account, accounts.GLAcctKey == line.GLAcctKey)
        .where(
            line.CompanyID == company,
            accounts.CompanyID == company,
            accounts.GLAcctNo == account,
            line.RefNo.in_(references),
        )
        .order_by(line.GLTranKey)
    )


def customers(tables: Tables, company: str, customer_ids: Sequence[str]) -> Select[Any]:
    columns = tables.customer.c
    return select(columns.CustID).where(
        columns.CompanyID == company, columns.CustID.in_(customer_ids)
    )


def open_periods(tables: Tables, company: str, first: date, last: date) -> Select[Any]:
    """Open fiscal periods that touch the days from `first` to `last`."""
    columns = tables.period.c
    return (
        select(columns.StartDate, columns.EndDate)
        .where(
            columns.CompanyID == company,
            columns.Status == OPEN_PERIOD,
            columns.StartDate < datetime.combine(last + timedelta(days=1), time()),
            columns.EndDate >= datetime.combine(first, time()),
        )
        .order_by(columns.StartDate)
    )


def batch_states(tables: Tables, company: str, batch_keys: Sequence[int]) -> Select[Any]:
    columns = tables.batch_log.c
    return (
        select(columns.BatchKey, columns.BatchID, columns.Status, columns.PostStatus)
        .where(columns.SourceCompanyID == company, columns.BatchKey.in_(batch_keys))
        .order_by(columns.BatchKey)
    )


def invoice_lines(tables: Tables, invoices: Sequence[int]) -> Select[Any]:
    """Lines of invoices with account, item and quantity, in their order."""
    line, share = tables.invoice_line, tables.invoice_distribution
    account, item = tables.account, tables.item
    return (
        select(
            line.c.InvcKey,
            line.c.ExtCmnt,
            share.c.QtyShipped,
            share.c.ExtAmt,
            account.c.GLAcctNo,
            item.c.ItemID,
        )
        .select_from(
            line.join(share, share.c.InvoiceLineKey == line.c.InvoiceLineKey)
            .join(account, account.c.GLAcctKey == share.c.GLAcctKey)
            .outerjoin(item, item.c.ItemKey == line.c.ItemKey)
        )
        .where(line.c.InvcKey.in_(invoices))
        .order_by(line.c.InvcKey, line.c.SeqNo)
    )
