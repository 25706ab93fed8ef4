"""What stands in documents that were found by our keys: read for comparison with what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Select, Table, select
from sqlalchemy.engine import Row

from integrations.canonical import DocumentKind, ShownDocument, ShownLine
from integrations.connectors.sage500.answers import money_of
from integrations.connectors.sage500.reads import invoice_lines
from integrations.connectors.sage500.tables import Tables
from integrations.standing import invoice_line_words

Rows = Callable[[Select[Any]], Sequence[Row[Any]]]
VOIDED: Final = 2


def shown_documents(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> dict[str, ShownDocument]:
    """By posting key, for the kinds whose documents can be shown. At most 500 keys at once."""
    by_kind: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in found:
        if row["FoundKey"] is not None:
            by_kind[str(row["DocumentKind"]).strip()].append(row)
    shown: dict[str, ShownDocument] = {}
    for kind, read in READERS.items():
        if kind in by_kind:
            documents = read(rows, tables, by_kind[kind], currency)
            for row in by_kind[kind]:
                if (document := documents.get(_place(row))) is not None:
                    shown[str(row["PostingKey"]).strip()] = document
    return shown


def _place(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["BatchKey"], row["DocumentKey"]


def receipts(tables: Tables, table: Table, keys: Iterable[int]) -> Select[Any]:
    columns, customer = table.c, tables.customer
    query = select(
        columns.BatchKey,
        columns.CustPmtKey,
        columns.TranDate,
        columns.TranAmt,
        columns.CurrID,
        customer.c.CustID,
        *([columns[tables.status_column].label("Standing")] if tables.status_column else []),
    ).select_from(table.outerjoin(customer, customer.c.CustKey == columns.CustKey))
    return query.where(columns.CustPmtKey.in_(keys))


def reversals(tables: Tables, table: Table, keys: Iterable[int]) -> Select[Any]:
    columns = table.c
    return select(
        columns.BatchKey,
        columns.CustPmtKey,
        columns.TranDate,
        columns.TranAmt,
        columns.CurrID,
        columns.PmtRefNo,
        columns.SettlementRefNo,
        *([columns[tables.reversed_column].label("Reversed")] if tables.reversed_column else []),
    ).where(columns.CustPmtKey.in_(keys))


def applications(table: Table, batches: Iterable[int]) -> Select[Any]:
    columns = table.c
    return select(
        columns.BatchKey,
        columns.SeqNo,
        columns.ApplyFromPmtKey,
        columns.ApplyToInvcKey,
        columns.PmtAmt,
    ).where(columns.BatchKey.in_(batches))


def memos(tables: Tables, table: Table, keys: Iterable[int]) -> Select[Any]:
    columns, customer = table.c, tables.customer
    return (
        select(
            columns.BatchKey,
            columns.InvcKey,
            columns.TranDate,
            columns.TranAmt,
            columns.CurrID,
            customer.c.CustID,
        )
        .join_from(table, customer, customer.c.CustKey == columns.CustKey)
        .where(columns.InvcKey.in_(keys))
    )


def journal_lines(tables: Tables, keys: Iterable[int]) -> Select[Any]:
    line, account, head = tables.journal_line.c, tables.account.c, tables.journal.c
    return (
        select(
            line.JrnlHdrKey,
            line.TranDate,
            line.PostAmt,
            line.RefNo,
            account.GLAcctNo,
            head.CurrID,
        )
        .join_from(tables.journal_line, tables.account, account.GLAcctKey == line.GLAcctKey)
        .join(tables.journal, head.JrnlHdrKey == line.JrnlHdrKey)
        .where(line.JrnlHdrKey.in_(keys))
    )


Documents = dict[tuple[int, int], ShownDocument]


def _receipts(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    keys = {row["DocumentKey"] for row in found}
    applied = _applied(rows, tables, found)
    documents: Documents = {}
    for table in (tables.pending_payment, tables.payment):
        for row in rows(receipts(tables, table, keys)):
            code = _text(row.CurrID) or currency
            parts = applied.get((row.BatchKey, row.CustPmtKey), [])
            documents[row.BatchKey, row.CustPmtKey] = ShownDocument(
                amount=money_of(row.TranAmt, code),
                customer_id=_text(row.CustID),
                dated_on=row.TranDate.date(),
                applications=tuple(
                    sorted(
                        (str(part.ApplyToInvcKey), money_of(part.PmtAmt, code)) for part in parts
                    )
                ),
                is_void=bool(tables.status_column) and row.Standing == VOIDED,
            )
    return documents


def _reversals(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    """Receipts with negative amounts. They carry the mark of a void receipt by their nature."""
    keys = {row["DocumentKey"] for row in found}
    return {
        (row.BatchKey, row.CustPmtKey): ShownDocument(
            amount=money_of(-row.TranAmt, _text(row.CurrID) or currency),
            dated_on=row.TranDate.date(),
            receipt_key=_text(row.Reversed) if tables.reversed_column else None,
            payment_ref=_text(row.PmtRefNo),
            settlement_ref=_text(row.SettlementRefNo),
        )
        for table in (tables.pending_payment, tables.payment)
        for row in rows(reversals(tables, table, keys))
    }


def _applied(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]]
) -> dict[tuple[int, int], list[Row[Any]]]:
    """What a receipt applied when it was made: what is applied later stands in other batches."""
    batches = {row["BatchKey"] for row in found}
    parts: dict[tuple[int, int], list[Row[Any]]] = defaultdict(list)
    for table in (tables.pending_application, tables.application):
        for row in rows(applications(table, batches)):
            parts[row.BatchKey, row.ApplyFromPmtKey].append(row)
    return parts


def _applications(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    batches = {row["BatchKey"] for row in found}
    documents: Documents = {}
    for table in (tables.pending_application, tables.application):
        for row in rows(applications(table, batches)):
            amount = money_of(row.PmtAmt, currency)
            documents[row.BatchKey, row.SeqNo] = ShownDocument(
                amount=amount,
                applications=((str(row.ApplyToInvcKey), amount),),
                receipt_key=str(row.ApplyFromPmtKey),
            )
    return documents


def _memos(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    keys = {row["DocumentKey"] for row in found}
    documents: Documents = {}
    for table in (tables.pending_invoice, tables.invoice):
        for row in rows(memos(tables, table, keys)):
            documents[row.BatchKey, row.InvcKey] = ShownDocument(
                amount=money_of(abs(row.TranAmt), _text(row.CurrID) or currency),
                customer_id=_text(row.CustID),
                dated_on=row.TranDate.date(),
            )
    return documents


def _invoices(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    """As memos are shown, with their lines: what is credited is negative."""
    heads = _memos(rows, tables, found, currency)
    codes = {key: head.amount.currency for (_, key), head in heads.items() if head.amount}
    lines: dict[int, list[ShownLine]] = defaultdict(list)
    for row in rows(invoice_lines(tables, [row["DocumentKey"] for row in found])):
        words = invoice_line_words(_text(row.ItemID), row.QtyShipped, _text(row.ExtCmnt))
        amount = money_of(-row.ExtAmt, codes.get(row.InvcKey, currency))
        lines[row.InvcKey].append(ShownLine(_text(row.GLAcctNo), amount, words))
    return {
        place: replace(head, lines=tuple(sorted(lines[place[1]]))) for place, head in heads.items()
    }


def _journals(
    rows: Rows, tables: Tables, found: Sequence[Mapping[str, Any]], currency: str
) -> Documents:
    places = {row["DocumentKey"]: _place(row) for row in found}
    lines: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows(journal_lines(tables, places)):
        lines[row.JrnlHdrKey].append(row)
    return {
        places[key]: ShownDocument(
            dated_on=some[0].TranDate.date(),
            lines=tuple(
                sorted(
                    ShownLine(
                        _text(row.GLAcctNo),
                        money_of(row.PostAmt, _text(row.CurrID) or currency),
                        _text(row.RefNo),
                    )
                    for row in some
                )
            ),
        )
        for key, some in lines.items()
    }


def _text(value: object) -> str:
    return " ".join(str(value).split()) if value is not None else ""


READERS: Final[Mapping[str, Callable[..., Documents]]] = {
    DocumentKind.CASH_RECEIPT.value: _receipts,
    DocumentKind.APPLICATION.value: _applications,
    DocumentKind.CREDIT_MEMO.value: _memos,
    DocumentKind.INVOICE.value: _invoices,
    DocumentKind.JOURNAL.value: _journals,
    DocumentKind.REVERSAL.value: _reversals,
}
