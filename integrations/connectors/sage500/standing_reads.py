"""What stands in Sage 500 under our keys, as SQLAlchemy expressions. Pure, like `reads`.

Receipts and memos are pending or posted by the table they are in. A key whose document is in
neither is reported all the same: somebody took the document away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, and_, case, exists, func, literal, or_, select
from sqlalchemy.sql.expression import FromClause

from integrations.canonical import DocumentKind
from integrations.connectors.sage500.tables import Tables

#: Kinds whose documents are rows of the receipts' tables.
PAYMENTS: Final = (DocumentKind.CASH_RECEIPT.value, DocumentKind.REVERSAL.value)
#: Kinds whose documents are rows of the invoices' tables; memos are negative.
INVOICES: Final = (DocumentKind.CREDIT_MEMO.value, DocumentKind.INVOICE.value)
_KINDS_OF: Final = {DocumentKind.CASH_RECEIPT: PAYMENTS, DocumentKind.CREDIT_MEMO: INVOICES}
#: Where a stray may stand, in the order in which they are listed.
PLACES: Final = ("pending_payment", "payment", "pending_invoice", "invoice", "journal")


def keyed_documents(
    tables: Tables,
    company: str,
    *,
    after: str = "",
    keys: Sequence[str] | None = None,
    limit: int | None = None,
) -> Select[Any]:
    """A row for each key of ours behind `after`, or for each of `keys`, with its document."""
    stored = tables.posting_key.c
    query = _keyed(tables).where(stored.CompanyID == company)
    query = query.where(stored.PostingKey > after if keys is None else stored.PostingKey.in_(keys))
    return query.order_by(stored.PostingKey).limit(limit)


def _keyed(tables: Tables) -> Select[Any]:
    stored, batch = tables.posting_key, tables.batch_log
    pending, posted = tables.pending_payment, tables.payment
    pending_invoice, invoice, journal = tables.pending_invoice, tables.invoice, tables.journal
    waiting, applied = tables.pending_application, tables.application
    customer, account = tables.customer, tables.account

    def is_payment(key: ColumnElement[Any]) -> ColumnElement[bool]:
        # A reversal is a negative receipt; both have rows in the same tables.
        return and_(stored.c.DocumentKind.in_(PAYMENTS), key == stored.c.DocumentKey)

    def is_invoice(key: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(stored.c.DocumentKind.in_(INVOICES), key == stored.c.DocumentKey)

    def is_of(kind: DocumentKind, key: ColumnElement[Any]) -> ColumnElement[bool]:
        return and_(stored.c.DocumentKind == kind.value, key == stored.c.DocumentKey)

    def is_row(rows: Table) -> ColumnElement[bool]:
        same_batch = rows.c.BatchKey == stored.c.BatchKey
        return and_(is_of(DocumentKind.APPLICATION, rows.c.SeqNo), same_batch)

    def either(name: str, *places: Table) -> ColumnElement[Any]:
        return func.coalesce(*(place.c[name] for place in places))

    documents = (pending, posted, pending_invoice, invoice)
    is_customer = stored.c.DocumentKind == DocumentKind.CUSTOMER.value
    customer_key = case((is_customer, stored.c.DocumentKey), else_=either("CustKey", *documents))
    account_key = either("OffsetAcctKey", pending, posted)
    joined = (
        stored.outerjoin(batch, batch.c.BatchKey == stored.c.BatchKey)
        .outerjoin(pending, is_payment(pending.c.CustPmtKey))
        .outerjoin(posted, is_payment(posted.c.CustPmtKey))
        .outerjoin(pending_invoice, is_invoice(pending_invoice.c.InvcKey))
        .outerjoin(invoice, is_invoice(invoice.c.InvcKey))
        .outerjoin(journal, is_of(DocumentKind.JOURNAL, journal.c.JrnlHdrKey))
        .outerjoin(waiting, is_row(waiting))
        .outerjoin(applied, is_row(applied))
        .outerjoin(customer, customer.c.CustKey == customer_key)
        .outerjoin(account, account.c.GLAcctKey == account_key)
    )
    found = func.coalesce(
        *(place.c.CustPmtKey for place in (pending, posted)),
        *(place.c.InvcKey for place in (pending_invoice, invoice)),
        journal.c.JrnlHdrKey,
        waiting.c.SeqNo,
        applied.c.SeqNo,
        case((is_customer, customer.c.CustKey)),
    )
    return select(
        *(stored.c[name] for name in ("PostingKey", "ContentHash", "DocumentKind")),
        *(stored.c[name] for name in ("DocumentKey", "DocumentNo", "BatchKey")),
        found.label("FoundKey"),
        func.coalesce(posted.c.CustPmtKey, invoice.c.InvcKey, applied.c.SeqNo).label("PostedKey"),
        func.coalesce(either("TranAmt", *documents), waiting.c.PmtAmt, applied.c.PmtAmt).label(
            "FoundAmt"
        ),
        func.coalesce(either("CurrID", *documents), journal.c.CurrID).label("CurrID"),
        either("TranDate", *documents).label("TranDate"),
        either("PmtRefNo", pending, posted).label("PmtRefNo"),
        either("SettlementRefNo", pending, posted).label("SettlementRefNo"),
        _receipt_status(tables, pending, posted),
        either("CustPONo", pending_invoice, invoice).label("CustPONo"),
        either("ApplyFromPmtKey", waiting, applied).label("ApplyFromPmtKey"),
        either("ApplyToInvcKey", waiting, applied).label("ApplyToInvcKey"),
        either("UpdateDate", pending, posted).label("UpdateDate"),
        either("UpdateUserID", pending, posted).label("UpdateUserID"),
        customer.c.CustID,
        account.c.GLAcctNo,
        batch.c.BatchID,
        batch.c.Status.label("BatchStatus"),
        batch.c.PostDate.label("BatchDate"),
        literal("").label("Resembles"),
    ).select_from(joined)


def _receipt_status(tables: Tables, *places: Table) -> ColumnElement[Any]:
    """Null where the database does not say whether a receipt was voided."""
    name = tables.status_column
    status = func.coalesce(*(place.c[name] for place in places)) if name else literal(None)
    return status.label("ReceiptStatus")


def applications_of(tables: Tables, receipts: Sequence[int]) -> list[Select[Any]]:
    """What receipts are applied to, pending and posted, each with the batch that it came with."""
    return [
        select(rows.c.BatchKey, rows.c.ApplyFromPmtKey, rows.c.ApplyToInvcKey, rows.c.PmtAmt).where(
            rows.c.ApplyFromPmtKey.in_(receipts)
        )
        for rows in (tables.pending_application, tables.application)
    ]


def journal_lines(tables: Tables, journals: Sequence[int]) -> Select[Any]:
    line, account = tables.journal_line.c, tables.account.c
    return (
        select(line.JrnlHdrKey, line.PostAmt, line.RefNo, line.TranDate, account.GLAcctNo)
        .join_from(tables.journal_line, tables.account, account.GLAcctKey == line.GLAcctKey)
        .where(line.JrnlHdrKey.in_(journals))
        .order_by(line.JrnlHdrKey, line.EntryNo)
    )


def strays(tables: Tables, company: str, place: str, after: int, limit: int) -> Select[Any]:
    """Documents of one place without a key of ours: in a batch that we opened, or one of ours
    once more (the same payment reference; for memos and journals the same amount as well)."""
    rows: Table = getattr(tables, place)
    key, kind, twin = _twins(tables, rows)
    stored = tables.posting_key.alias()
    kinds = _KINDS_OF.get(kind, (kind.value,))
    has_key = exists().where(stored.c.DocumentKind.in_(kinds), stored.c.DocumentKey == key)
    opened = tables.posting_key.alias()
    in_our_batch = exists().where(
        opened.c.DocumentKind == DocumentKind.BATCH.value,
        opened.c.DocumentKey == rows.c.BatchKey,
        opened.c.CompanyID == company,
    )
    found = (
        select(key.label("Key"), twin.label("Resembles"), in_our_batch.label("IsInOurBatch"))
        .where(rows.c.CompanyID == company, key > after, ~has_key)
        .subquery()
    )
    # The subquery names candidates; the second look at the row brings its columns.
    return (
        _stray_columns(tables, rows, found, kind)
        .where(or_(found.c.Resembles.is_not(None), found.c.IsInOurBatch))
        .order_by(found.c.Key)
        .limit(limit)
    )


def _twins(
    tables: Tables, rows: Table
) -> tuple[ColumnElement[Any], DocumentKind, ColumnElement[Any]]:
    """The place's key column, its kind, and the smallest key of ours with the same content."""
    stored = tables.posting_key.alias()
    if rows is tables.journal:
        mine, other = tables.journal_line.alias(), tables.journal_line.alias()
        twin = (
            select(func.min(stored.c.PostingKey))
            .select_from(
                mine.join(
                    other,
                    and_(
                        other.c.RefNo == mine.c.RefNo,
                        other.c.GLAcctKey == mine.c.GLAcctKey,
                        other.c.PostAmt == mine.c.PostAmt,
                    ),
                ).join(stored, stored.c.DocumentKey == other.c.JrnlHdrKey)
            )
            .where(
                mine.c.JrnlHdrKey == rows.c.JrnlHdrKey,
                mine.c.RefNo != "",
                stored.c.DocumentKind == DocumentKind.JOURNAL.value,
                stored.c.CompanyID == rows.c.CompanyID,
            )
            .correlate(rows)
            .scalar_subquery()
        )
        return rows.c.JrnlHdrKey, DocumentKind.JOURNAL, twin
    is_receipt = rows is tables.payment or rows is tables.pending_payment
    name, reference = ("CustPmtKey", "PmtRefNo") if is_receipt else ("InvcKey", "CustPONo")
    kind = DocumentKind.CASH_RECEIPT if is_receipt else DocumentKind.CREDIT_MEMO
    places = (
        (tables.pending_payment, tables.payment)
        if is_receipt
        else (tables.pending_invoice, tables.invoice)
    )
    twins = (kind.value,) if is_receipt else INVOICES
    found = []
    for place in places:
        other, keyed = place.alias(), tables.posting_key.alias()
        same = and_(
            other.c[reference] == rows.c[reference],
            other.c.CompanyID == rows.c.CompanyID,
            other.c[name] != rows.c[name],
        )
        if not is_receipt:
            same = and_(same, other.c.TranAmt == rows.c.TranAmt)
        found.append(
            select(func.min(keyed.c.PostingKey))
            .select_from(other.join(keyed, keyed.c.DocumentKey == other.c[name]))
            .where(same, rows.c[reference] != "", keyed.c.DocumentKind.in_(twins))
            .correlate(rows)
            .scalar_subquery()
        )
    return rows.c[name], kind, func.coalesce(*found)


def _stray_status(tables: Tables, rows: Table, kind: DocumentKind) -> ColumnElement[Any]:
    if kind is DocumentKind.CASH_RECEIPT and tables.status_column:
        return rows.c[tables.status_column].label("ReceiptStatus")
    return literal(None).label("ReceiptStatus")


def _stray_kind(rows: Table, kind: DocumentKind) -> ColumnElement[Any]:
    """Among invoices a negative one is a memo."""
    if kind is not DocumentKind.CREDIT_MEMO:
        return literal(kind.value)
    return case((rows.c.TranAmt < 0, kind.value), else_=DocumentKind.INVOICE.value)


def _stray_columns(
    tables: Tables, rows: Table, found: FromClause, kind: DocumentKind
) -> Select[Any]:
    """The columns of `keyed_documents`, for a document without a key."""
    name = {DocumentKind.JOURNAL: "JrnlHdrKey", DocumentKind.CREDIT_MEMO: "InvcKey"}
    key = rows.c[name.get(kind, "CustPmtKey")]
    batch, customer, account = tables.batch_log, tables.customer, tables.account
    joined = found.join(rows, key == found.c.Key).outerjoin(
        batch, batch.c.BatchKey == rows.c.BatchKey
    )
    is_posted = rows is tables.payment or rows is tables.invoice

    def own(column: str, otherwise: object = None) -> ColumnElement[Any]:
        here = rows.c[column] if column in rows.c else literal(otherwise)
        return here.label(column)

    parties: list[ColumnElement[Any]] = [literal("").label("CustID"), literal("").label("GLAcctNo")]
    if kind is not DocumentKind.JOURNAL:
        joined = joined.outerjoin(customer, customer.c.CustKey == rows.c.CustKey)
        parties[0] = customer.c.CustID
    if kind is DocumentKind.CASH_RECEIPT:
        joined = joined.outerjoin(account, account.c.GLAcctKey == rows.c.OffsetAcctKey)
        parties[1] = account.c.GLAcctNo
    number = rows.c.TranID if "TranID" in rows.c else rows.c.JrnlNo
    return select(
        literal("").label("PostingKey"),
        literal("").label("ContentHash"),
        _stray_kind(rows, kind).label("DocumentKind"),
        key.label("DocumentKey"),
        number.label("DocumentNo"),
        rows.c.BatchKey,
        key.label("FoundKey"),
        (key if is_posted else literal(None)).label("PostedKey"),
        (rows.c.TranAmt if "TranAmt" in rows.c else literal(None)).label("FoundAmt"),
        *(own(name) for name in ("CurrID", "TranDate", "PmtRefNo", "SettlementRefNo")),
        _stray_status(tables, rows, kind),
        *(own(name) for name in ("CustPONo", "UpdateDate", "UpdateUserID")),
        *(literal(None).label(name) for name in ("ApplyFromPmtKey", "ApplyToInvcKey")),
        *parties,
        batch.c.BatchID,
        batch.c.Status.label("BatchStatus"),
        batch.c.PostDate.label("BatchDate"),
        found.c.Resembles,
    ).select_from(joined)
