"""Reading back what stands under our keys: pages of rows become documents, field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Select

from integrations.canonical import DocumentKind, DocumentRef
from integrations.connectors.sage500 import standing_reads as reads
from integrations.connectors.sage500.answers import money_of
from integrations.connectors.sage500.client import Sage500Client
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.reads import CHUNK, POSTED_BATCH, invoice_lines
from integrations.connectors.sage500.shown import VOIDED
from integrations.connectors.sage500.tables import Tables
from integrations.standing import (
    Standing,
    StandingDocument,
    amount_text,
    invoice_line_text,
    line_text,
    parts_text,
)

Row = Mapping[str, Any]
#: Invoices and amounts by (batch, receipt).
Applied = Mapping[tuple[int, int], list[tuple[str, Decimal]]]
NOTHING: Final = Decimal(0)


class StandingReader:
    """Answers ReadsPostings for one company database. Raises TransientError."""

    def __init__(
        self,
        client: Sage500Client,
        tables: Tables,
        settings: Sage500Settings,
        on_request: Callable[[], None],
    ) -> None:
        self._client = client
        self._tables = tables
        self._currency = settings.currency
        self._on_request = on_request

    def page(self, company: str, after: str, limit: int) -> list[StandingDocument]:
        query = reads.keyed_documents(self._tables, company, after=after, limit=limit)
        return self._documents(query)

    def named(self, company: str, keys: Sequence[str]) -> list[StandingDocument]:
        found: list[StandingDocument] = []
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), CHUNK):
            some = wanted[start : start + CHUNK]
            found += self._documents(reads.keyed_documents(self._tables, company, keys=some))
        return found

    def strays(self, company: str, cursor: str, limit: int) -> tuple[list[StandingDocument], str]:
        """cursor: `place:last key`, "" at first and at the end."""
        place, _, last = (cursor or f"{reads.PLACES[0]}:").partition(":")
        after = int(last) if last else -1
        found = self._documents(reads.strays(self._tables, company, place, after, limit))
        if len(found) == limit:
            return found, f"{place}:{found[-1].document.key}"
        rest = reads.PLACES[reads.PLACES.index(place) + 1 :]
        return found, f"{rest[0]}:" if rest else ""

    def _documents(self, query: Select[Any]) -> list[StandingDocument]:
        """A page and what belongs to it, in one snapshot where the database gives one."""
        self._on_request()
        with self._client.reading(consistent=True) as connection:
            rows = [row._asdict() for row in connection.execute(query)]
            applied = self._applied(connection, _keys(rows, DocumentKind.CASH_RECEIPT))
            lines = self._lines(connection, _keys(rows, DocumentKind.JOURNAL))
            sold = self._sold(connection, _keys(rows, DocumentKind.INVOICE))
        return [self._document(row, applied, lines, sold) for row in rows]

    def _applied(self, connection: Connection, receipts: Sequence[int]) -> Applied:
        found: dict[tuple[int, int], list[tuple[str, Decimal]]] = defaultdict(list)
        for start in range(0, len(receipts), CHUNK):
            some = receipts[start : start + CHUNK]
            for query in reads.applications_of(self._tables, some):
                for batch, receipt, item, amount in connection.execute(query):
                    found[batch, receipt].append((str(item), amount))
        return found

    def _lines(self, connection: Connection, journals: Sequence[int]) -> Mapping[int, list[Row]]:
        found: dict[int, list[Row]] = defaultdict(list)
        for start in range(0, len(journals), CHUNK):
            some = journals[start : start + CHUNK]
            for row in connection.execute(reads.journal_lines(self._tables, some)):
                found[row.JrnlHdrKey].append(row._asdict())
        return found

    def _sold(self, connection: Connection, invoices: Sequence[int]) -> Mapping[int, list[str]]:
        """Lines of invoices in words, by invoice; asked only where an invoice of ours stands."""
        found: dict[int, list[str]] = defaultdict(list)
        for start in range(0, len(invoices), CHUNK):
            some = invoices[start : start + CHUNK]
            for row in connection.execute(invoice_lines(self._tables, some)):
                item, code = _text(row.ItemID), _text(row.ExtCmnt)
                account, amount = _text(row.GLAcctNo), row.ExtAmt
                words = invoice_line_text(account, amount, item, row.QtyShipped, code)
                found[row.InvcKey].append(words)
        return found

    def _document(
        self,
        row: Row,
        applied: Applied,
        lines: Mapping[int, list[Row]],
        sold: Mapping[int, list[str]],
    ) -> StandingDocument:
        kind = DocumentKind(_text(row["DocumentKind"]))
        is_batch = kind in (DocumentKind.BATCH, DocumentKind.BATCH_POST)
        standing = self._standing(row, kind)
        fields: dict[str, str] = {}
        if standing is not Standing.GONE:
            fields = self._fields(row, kind, applied, lines, sold)
        return StandingDocument(
            key=_text(row["PostingKey"]),
            kind=kind,
            content_hash=_text(row["ContentHash"]),
            document=DocumentRef(
                number=_text(row["BatchID"] if is_batch else row["DocumentNo"]),
                key=str(row["DocumentKey"]),
                batch_ref=str(row["BatchKey"]),
                is_posted=standing is Standing.POSTED,
            ),
            standing=standing,
            fields=fields,
            resembles=_text(row["Resembles"]),
            changed_by=_text(row["UpdateUserID"]),
            changed_at=_moment(row["UpdateDate"]),
        )

    def _standing(self, row: Row, kind: DocumentKind) -> Standing:
        is_batch = kind in (DocumentKind.BATCH, DocumentKind.BATCH_POST)
        if row["BatchID"] is None if is_batch else row["FoundKey"] is None:
            return Standing.GONE
        if kind is DocumentKind.CASH_RECEIPT and row["ReceiptStatus"] == VOIDED:
            return Standing.VOIDED
        if kind is DocumentKind.CUSTOMER:
            return Standing.POSTED
        in_place = is_batch or kind is DocumentKind.JOURNAL or row["PostedKey"] is not None
        is_posted = in_place and row["BatchStatus"] in (POSTED_BATCH, None)
        return Standing.POSTED if is_posted else Standing.PENDING

    def _fields(
        self,
        row: Row,
        kind: DocumentKind,
        applied: Applied,
        lines: Mapping[int, list[Row]],
        sold: Mapping[int, list[str]],
    ) -> dict[str, str]:
        """As `integrations.standing.owed_fields` names them."""
        if kind is DocumentKind.BATCH:
            return {"date": _day(row["BatchDate"])}
        if kind in (DocumentKind.BATCH_POST, DocumentKind.CUSTOMER):
            return {}
        if kind is DocumentKind.JOURNAL:
            return _journal_fields(lines.get(row["FoundKey"], []))
        amount = self._amount(abs(row["FoundAmt"]), row)
        if kind is DocumentKind.APPLICATION:
            receipt, item = str(row["ApplyFromPmtKey"]), str(row["ApplyToInvcKey"])
            return {"amount": amount, "receipt": receipt, "item": item}
        party = {"amount": amount, "customer": _text(row["CustID"]), "date": _day(row["TranDate"])}
        if kind in (DocumentKind.CREDIT_MEMO, DocumentKind.INVOICE):
            party |= {"reference": _text(row["CustPONo"])}
            own_lines = "; ".join(sorted(sold.get(row["FoundKey"], [])))
            return party | ({"lines": own_lines} if kind is DocumentKind.INVOICE else {})
        party |= {
            "reference": _text(row["PmtRefNo"]),
            "settlement": _text(row["SettlementRefNo"]),
        }
        if kind is DocumentKind.REVERSAL:
            return party
        # What is applied later came with another batch: a document of its own, or a bookkeeper's.
        own = applied.get((row["BatchKey"], row["FoundKey"]), [])
        parts = [(item, self._amount(part, row)) for item, part in own]
        return party | {
            "account": _text(row["GLAcctNo"]),
            "applications": parts_text(parts),
        }

    def _amount(self, amount: Decimal, row: Row) -> str:
        return amount_text(money_of(amount, _text(row["CurrID"]) or self._currency))


def _journal_fields(lines: Sequence[Row]) -> dict[str, str]:
    days = sorted({_day(line["TranDate"]) for line in lines})
    shown = [
        line_text(
            _text(line["GLAcctNo"]),
            max(line["PostAmt"], NOTHING),
            max(-line["PostAmt"], NOTHING),
            _text(line["RefNo"]),
        )
        for line in lines
    ]
    return {"date": ", ".join(days), "lines": "; ".join(sorted(shown))}


def _keys(rows: Sequence[Row], kind: DocumentKind) -> list[int]:
    return [
        row["FoundKey"]
        for row in rows
        if row["FoundKey"] is not None and _text(row["DocumentKind"]) == kind.value
    ]


def _text(value: object) -> str:
    """Sage pads, and lets line breaks into names."""
    return " ".join(str(value).split()) if value is not None else ""


def _day(value: datetime | None) -> str:
    return value.date().isoformat() if value is not None else ""


def _moment(value: datetime | None) -> str:
    return value.isoformat(sep=" ", timespec="seconds") if value is not None else ""
