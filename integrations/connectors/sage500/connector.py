"""Sage 500 by SQL: open invoices and the ledger are read, documents go through the wrappers.

The wrappers write a document and our key for it in one transaction, under a unique index: a
repeated call finds the first one's document (`enforces_keys`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import Engine, Select, select
from sqlalchemy.engine import Row

from integrations.canonical import (
    CustomerRecord,
    FoundPosting,
    ItemSnapshot,
    LedgerLineRecord,
    OpenItemRecord,
    Outcome,
    SalesOrderRecord,
    StockLevel,
)
from integrations.connectors.sage500 import answers, order_reads, reads
from integrations.connectors.sage500.builder import CUSTOMER_WIDTHS, INVOICE_WIDTHS
from integrations.connectors.sage500.changes import ChangeCursor
from integrations.connectors.sage500.client import Sage500Client
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.customer_reads import customer_of, customers_behind
from integrations.connectors.sage500.numbers import stored_forms
from integrations.connectors.sage500.posting import post_all
from integrations.connectors.sage500.shown import shown_documents
from integrations.connectors.sage500.standing import StandingReader
from integrations.connectors.sage500.tables import tables_of
from integrations.contracts import ConnectionCheck, PostRequest, failed_check
from integrations.errors import ConfigError, EdgeError
from integrations.standing import StandingDocument

T = TypeVar("T")
FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9998, 12, 31)


def create(
    settings: Sage500Settings,
    *,
    sandbox: bool,
    on_request: Callable[[], None] | None = None,
    engine: Engine | None = None,
) -> Sage500Connector:
    """`sandbox` changes nothing here: a database inside the own network is the normal case."""
    return Sage500Connector(settings, Sage500Client(settings, engine), on_request)


class Sage500Connector:
    enforces_keys = True
    customer_widths = CUSTOMER_WIDTHS
    invoice_widths = INVOICE_WIDTHS

    def __init__(
        self,
        settings: Sage500Settings,
        client: Sage500Client,
        on_request: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._client = client
        self._tables = tables_of(settings)
        self._on_request = on_request
        self._columns = settings.invoice_reference_columns
        self._standing = StandingReader(client, self._tables, settings, self._count_request)
        self._tran_types = [int(code) for code in settings.invoice_tran_types]

    def __repr__(self) -> str:
        return f"Sage500Connector({self._client!r})"

    def close(self) -> None:
        self._client.close()

    # --- reading ------------------------------------------------------------------------------

    def fetch_open_items(
        self, company: str, cursor: Mapping[str, Any], limit: int
    ) -> tuple[list[OpenItemRecord], Mapping[str, Any], bool]:
        """Invoices whose row changed, oldest change first, paid ones included.

        cursor: see ChangeCursor. Amounts in the invoice's own currency, major units.
        Raises: TransientError.
        """
        position = ChangeCursor.read(cursor)
        limit = max(limit, 1)
        query = reads.changed_items(
            self._tables,
            company,
            reference_columns=self._columns,
            tran_types=self._tran_types,
            after=position.after,
            limit=limit,
        )
        self._count_request()
        with self._client.reading() as connection:
            # As Sage's own stamps: without a zone (the session's is UTC on PostgreSQL).
            read_at = connection.execute(reads.clock()).scalar_one().replace(tzinfo=None)
            rows = [row._asdict() for row in connection.execute(query)]
        fresh = [row for row in rows if position.is_news(row)]
        items = [answers.open_item_of(row, company, len(self._columns)) for row in fresh]
        has_more = len(rows) == limit
        overlap = timedelta(seconds=self._settings.rescan_seconds)
        moved = position.moved(rows, has_more=has_more, read_at=read_at, overlap=overlap)
        return items, moved, has_more

    def snapshot(
        self,
        company: str,
        *,
        references: Sequence[str] = (),
        item_keys: Sequence[str] = (),
        keys: Sequence[str] = (),
    ) -> ItemSnapshot:
        """One consistent look. Raises: TransientError.

        Keys are read before balances: where the database gives no common snapshot (SQL Server),
        a receipt that commits in between then counts in the balance but not yet as present. The
        caller reserves for it once too often, never once too little.
        """
        present: set[str] = set()
        items: dict[str, OpenItemRecord] = {}
        self._count_request()
        with self._client.reading(consistent=True) as connection:
            for chunk in _chunks(dict.fromkeys(keys)):
                query = reads.keys_present(self._tables, company, chunk)
                present.update(connection.execute(query).scalars())
            for query in self._item_queries(company, references, item_keys):
                for row in connection.execute(query):
                    item = answers.open_item_of(row._asdict(), company, len(self._columns))
                    items[item.item_key] = item
        return ItemSnapshot(tuple(items.values()), frozenset(present))

    def open_items_of(self, company: str, customer_id: str, limit: int) -> list[OpenItemRecord]:
        """Invoices of a customer with a balance, oldest first. Raises: TransientError."""
        query = reads.items_of_customer(
            self._tables,
            company,
            customer_id,
            reference_columns=self._columns,
            tran_types=self._tran_types,
            limit=max(limit, 1),
        )
        count = len(self._columns)
        return [answers.open_item_of(row._asdict(), company, count) for row in self._rows(query)]

    def _item_queries(
        self, company: str, references: Sequence[str], item_keys: Sequence[str]
    ) -> Iterator[Select[Any]]:
        for numbers in _chunks(stored_forms(references), reads.CHUNK // len(self._columns)):
            yield reads.items_by_reference(
                self._tables,
                company,
                numbers,
                reference_columns=self._columns,
                tran_types=self._tran_types,
            )
        wanted = [int(key) for key in dict.fromkeys(item_keys) if key.isdecimal()]
        for some in _chunks(wanted):
            yield reads.items_by_key(self._tables, company, some, reference_columns=self._columns)

    def customers_exist(self, company: str, customer_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for chunk in _chunks(dict.fromkeys(customer_ids)):
            rows = self._rows(reads.customers(self._tables, company, chunk))
            found.update(str(row[0]).strip() for row in rows)
        return frozenset(found)

    def fetch_customers(
        self, company: str, cursor: Mapping[str, Any], limit: int
    ) -> tuple[list[CustomerRecord], Mapping[str, Any], bool]:
        """Customers in the order of their keys. cursor: {"key"}. Raises: TransientError."""
        limit = max(limit, 1)
        query = customers_behind(self._settings, company, int(cursor.get("key", 0)), limit)
        rows = [row._asdict() for row in self._rows(query)]
        has_more = len(rows) == limit
        moved = {"key": rows[-1]["CustKey"]} if has_more else {}
        return [customer_of(row, company) for row in rows], moved, has_more

    def stock_of(self, company: str, items: Sequence[str]) -> Mapping[str, StockLevel]:
        """Raises: TransientError, AuthError; ConfigError where the stock is not to be read."""
        if not self._settings.reads_stock:
            raise ConfigError(
                "The stock of this Sage 500 is not read: “Read the stock” says no.",
                setting="reads_stock",
            )
        found: dict[str, StockLevel] = {}
        for chunk in _chunks(dict.fromkeys(item for item in items if item.strip())):
            query = order_reads.stock_levels(self._settings, company, chunk)
            rows = [row._asdict() for row in self._rows(query)]
            found |= order_reads.levels_of(chunk, rows)
        return found

    def orders_of(self, company: str, numbers: Sequence[str]) -> list[SalesOrderRecord]:
        """Sage's sales orders that one of the numbers names; none where they are not to be read.

        Raises: TransientError, AuthError.
        """
        if not self._settings.reads_orders:
            return []
        settings, heads = self._settings, dict[int, Mapping[str, Any]]()
        size = reads.CHUNK // len(settings.order_reference_columns)
        for some in _chunks(stored_forms(numbers), size):
            query = order_reads.sales_orders(settings, self._tables, company, some)
            heads |= {row.SOKey: row._asdict() for row in self._rows(query)}
        lines: list[Mapping[str, Any]] = []
        for keys in _chunks(heads):
            query = order_reads.sales_order_lines(settings, self._tables, keys)
            lines += [row._asdict() for row in self._rows(query)]
        ordered = sorted(heads.values(), key=lambda head: (head["TranDate"], head["SOKey"]))
        return order_reads.orders_of(ordered, lines, settings, company)

    def closed_periods(self, company: str, days: Sequence[date]) -> frozenset[date]:
        if not days:
            return frozenset()
        query = reads.open_periods(self._tables, company, min(days), max(days))
        spans = [(row.StartDate.date(), row.EndDate.date()) for row in self._rows(query)]
        return frozenset(
            day for day in days if not any(first <= day <= last for first, last in spans)
        )

    def ledger_lines(
        self, company: str, account: str, references: Sequence[str]
    ) -> list[LedgerLineRecord]:
        lines: list[LedgerLineRecord] = []
        for chunk in _chunks(dict.fromkeys(references)):
            query = reads.ledger_lines(self._tables, company, account, chunk)
            lines += [
                answers.ledger_line_of(row._asdict(), company, account) for row in self._rows(query)
            ]
        return lines

    def find_postings(self, company: str, keys: Sequence[str]) -> list[FoundPosting]:
        """What Sage holds for our keys: the wrapper's keys, and the documents as they stand."""
        found: list[FoundPosting] = []
        for chunk in _chunks(dict.fromkeys(keys)):
            query = reads.documents_by_key(self._tables, company, chunk)
            rows = [row._asdict() for row in self._rows(query)]
            shown = shown_documents(self._rows, self._tables, rows, self._settings.currency)
            found += [answers.found_posting_of(row, self._settings.currency, shown) for row in rows]
        return found

    def list_postings(self, company: str, after: str, limit: int) -> list[StandingDocument]:
        """Documents under our keys, from Sage's own tables, in the order of the keys."""
        return self._standing.page(company, after, max(limit, 1))

    def postings_of(self, company: str, keys: Sequence[str]) -> list[StandingDocument]:
        return self._standing.named(company, keys)

    def list_strays(
        self, company: str, cursor: str, limit: int
    ) -> tuple[list[StandingDocument], str]:
        """Receipts, memos and journals without a key in our batches, or as twins of ours."""
        return self._standing.strays(company, cursor, max(limit, 1))

    def batch_states(self, company: str, batch_refs: Sequence[str]) -> dict[str, tuple[int, int]]:
        """(Status, PostStatus) of Sage's batches by their key; 6 is posted."""
        states: dict[str, tuple[int, int]] = {}
        for chunk in _chunks([int(ref) for ref in batch_refs if ref.isdecimal()]):
            for row in self._rows(reads.batch_states(self._tables, company, chunk)):
                states[str(row.BatchKey)] = (row.Status, row.PostStatus)
        return states

    def check_connection(self) -> list[ConnectionCheck]:
        """Read what polling reads and the key table; nothing is written."""
        checks: list[ConnectionCheck] = []
        steps: list[tuple[str, str, Callable[[], object]]] = [
            ("Connect", "The database answers to this user.", lambda: self._rows(select(1))),
            (
                "Read invoices",
                "Payments can be matched with invoices.",
                lambda: self.snapshot("", item_keys=["0"]),
            ),
            (
                "Read the ledger",
                "What was posted can be read back.",
                lambda: self.ledger_lines("", "", [""]),
            ),
            (
                "Read the wrapper's keys",
                "The wrapper is there: nothing is posted twice.",
                lambda: self.find_postings("", [""]),
            ),
        ]
        for name, meaning, step in steps:
            try:
                step()
            except EdgeError as error:
                return [*checks, failed_check(name, error)]
            checks.append(ConnectionCheck(name, True, meaning))
        for company in self._settings.companies:
            periods = self._rows(reads.open_periods(self._tables, company, FIRST_DAY, LAST_DAY))
            found = f"It has {len(periods)} open fiscal periods."
            todo = "" if periods else "Check the company's id, and open a period in Sage."
            checks.append(ConnectionCheck(f"Company {company}", bool(periods), found, todo))
        return checks

    # --- writing ------------------------------------------------------------------------------

    def post(self, requests: Sequence[PostRequest]) -> list[Outcome]:
        """One call a document, in order, each its own transaction; an outcome for every request.

        After a lost connection the call under way is UNKNOWN and the rest were NOT_SENT.
        """
        return post_all(self._client, self._settings.user_id, requests, self._on_request)

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        self._count_request()
        return self._client.rows(query)

    def _count_request(self) -> None:
        if self._on_request is not None:
            self._on_request()


def _chunks(values: Iterable[T], size: int = reads.CHUNK) -> Iterator[list[T]]:
    """Pieces that stay below SQL Server's limit of parameters."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
