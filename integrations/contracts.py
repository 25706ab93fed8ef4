"""What a connector can do: one small protocol per capability.

A connector declares its capabilities in the registry and implements the matching protocols; the
contract tests hold declared and implemented together. Fetching returns documents as bytes,
because bytes are stored before anything is read in them; `parse` is pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from integrations.canonical import (
    CustomerRecord,
    Draft,
    FoundPosting,
    ItemSnapshot,
    LedgerLineRecord,
    OpenItemRecord,
    Outcome,
    Record,
    SalesOrderRecord,
    StockLevel,
    Unreadable,
)
from integrations.errors import (
    AuthError,
    ConfigError,
    EdgeError,
    RejectedError,
    ThrottledError,
    TransientError,
    UnreadableError,
)
from integrations.standing import StandingDocument


class Capability(StrEnum):
    TRANSACTIONS = "transactions"
    BATCHES = "batches"
    STATEMENTS = "statements"
    OPEN_ITEMS = "open_items"
    CUSTOMERS = "customers"
    POST = "post"
    LEDGER = "ledger"
    NEW_CUSTOMERS = "new_customers"
    STANDING = "standing"
    DAYS = "days"
    SHOP_ORDERS = "shop_orders"
    INVOICES = "invoices"
    STOCK = "stock"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Document:
    """Something a vendor sent, as bytes. `kind` tells `parse` how to read it."""

    kind: str
    body: bytes
    identity: str = ""
    content_type: str = "application/json"
    name: str = ""
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """Documents of one fetch; the cursor is stored with them in one transaction.

    trouble: what ended the page early. What was read before it is kept, and read no second time.
    covers: the moment (UTC) up to which a complete reading holds everything, where it began in an
    earlier fetch; None for the moment of this one.
    """

    documents: Sequence[Document]
    next_cursor: Mapping[str, Any]
    has_more: bool
    trouble: EdgeError | None = None
    covers: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that one document holds, in its own order: every record and every unreadable one.

    `warnings` are sentences about the document as a whole, such as a balance that does not follow;
    `remarks` tell what was rightly left out, and are no fault of it. `is_checked`: its lines were
    held against balances that it has.
    """

    records: Sequence[Record | Unreadable]
    warnings: Sequence[str] = ()
    remarks: Sequence[str] = ()
    is_checked: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """One named check of a connection test, in words: what it found, and what to do about it."""

    name: str
    passed: bool
    meaning: str
    todo: str = ""


ASK: Final = "Ask whoever runs this server to look into its log."
#: What a person does about a kind of failure.
TODO: Final[Mapping[str, str]] = {
    TransientError.kind: "Check the address, and that this server may reach it: name server,"
    " firewall, the vendor's list of allowed addresses. Then test again.",
    ThrottledError.kind: "Nothing is wrong with the settings: wait some minutes and test again.",
    AuthError.kind: "Enter user name and secret again. If they are right, ask the vendor whether"
    " the user is locked, has expired, or may not use the interface.",
    RejectedError.kind: "The vendor understood and refused: ask whether this user has the right"
    " to read this, and check the account in the settings.",
    ConfigError.kind: "Correct that setting, then test again.",
    UnreadableError.kind: "The address answers, but not as this vendor does: check the address.",
}


def failed_check(name: str, error: EdgeError) -> ConnectionCheck:
    """A check that did not pass, with what to do about it."""
    return ConnectionCheck(name, False, error.message, TODO.get(error.kind, ASK))


class Connector(Protocol):
    """What every connector has. `close` gives its network resources back."""

    def check_connection(self) -> list[ConnectionCheck]: ...

    def close(self) -> None: ...


class FetchesDocuments(Connector, Protocol):
    """Reads one stream of a vendor by cursor; `moment` is business time now (UTC).

    cursor: JSON-plain, {} at first; the connector alone reads it. A fetch repeated with the same
    cursor may repeat documents and never loses any.
    `watch` holds vendor ids that are not terminal yet and must be read again by id.
    A failure behind the first document ends the page as its `trouble`; before it, it is raised.
    Raises: TransientError, ThrottledError, AuthError, UnreadableError.
    """

    def fetch(
        self,
        stream: Capability,
        cursor: Mapping[str, Any],
        *,
        moment: datetime,
        limit: int,
        watch: Sequence[str] = (),
    ) -> Page: ...

    def fetch_by_id(self, stream: Capability, vendor_id: str) -> Document: ...

    def cursor_from(self, day: date) -> Mapping[str, Any]:
        """The cursor by which streams are read again, at least from a business day on."""
        ...

    def parse(self, kind: str, body: bytes, context: Mapping[str, str]) -> Parsed: ...


class RereadsDays(Connector, Protocol):
    """Reads one business day of a stream again, whatever the cursor says: how gaps are closed."""

    def fetch_day(self, stream: Capability, day: date) -> Sequence[Document]:
        """Raises: TransientError, ThrottledError, AuthError, RejectedError."""
        ...


class PostsDocuments(Connector, Protocol):
    """Writes drafts; answers one Outcome for every draft, in order, and never raises for one.

    `keys[i]` is the effect's key of `drafts[i]`, `hashes[i]` its content hash. `batch_refs[i]` is
    the ERP batch the document goes into (empty for the opening of a batch).
    """

    def post(self, requests: Sequence[PostRequest]) -> list[Outcome]: ...

    def find_postings(self, company: str, keys: Sequence[str]) -> list[FoundPosting]: ...

    #: True where the target itself refuses a second document with the same key.
    enforces_keys: bool


class CreatesCustomers(PostsDocuments, Protocol):
    """Takes a CustomerDraft through `post` like any document, once for each key.

    A number that exists is refused (`customer_exists`), never taken over. The document's number is
    the customer's; it is posted at once.
    """

    #: Characters that each text of a new customer may have, by the draft's field.
    customer_widths: Mapping[str, int]


class CreatesInvoices(PostsDocuments, Protocol):
    """Takes an InvoiceDraft through `post` like any document, into an ERP batch of invoices.

    Lines that do not come to the amount, and an item that the ERP does not have, are refused.
    """

    #: Characters that each text of an invoice may have, by the draft's field; a line's own text as
    #: `lines.description`.
    invoice_widths: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PostRequest:
    key: str
    content_hash: str
    draft: Draft
    batch_ref: str = ""


class ReadsOpenItems(Connector, Protocol):
    def fetch_open_items(
        self, company: str, cursor: Mapping[str, Any], limit: int
    ) -> tuple[list[OpenItemRecord], Mapping[str, Any], bool]:
        """Changed invoices since the cursor, oldest change first: items, next cursor, has-more."""
        ...

    def snapshot(
        self,
        company: str,
        *,
        references: Sequence[str] = (),
        item_keys: Sequence[str] = (),
        keys: Sequence[str] = (),
    ) -> ItemSnapshot:
        """One consistent look: every invoice that one of `references` names or that has one of
        `item_keys`, and which of our posting keys the ERP already holds.

        References are compared trimmed and upper-case with the configured columns, an all-digit
        one also zero-filled; `OpenItemRecord.references` holds every form that would have found it.
        """
        ...

    def open_items_of(self, company: str, customer_id: str, limit: int) -> list[OpenItemRecord]:
        """Invoices of a customer with a balance, oldest first."""
        ...

    def customers_exist(self, company: str, customer_ids: Sequence[str]) -> frozenset[str]: ...

    def closed_periods(self, company: str, days: Sequence[date]) -> frozenset[date]:
        """Those of `days` that lie in no open fiscal period."""
        ...


class ReadsCustomers(Connector, Protocol):
    def fetch_customers(
        self, company: str, cursor: Mapping[str, Any], limit: int
    ) -> tuple[list[CustomerRecord], Mapping[str, Any], bool]:
        """Customers behind the cursor, in the target's own order: rows, next cursor, has-more.

        {} begins; a walk that has come to its end begins anew, since not every target says what
        changed. Raises: TransientError, AuthError, RejectedError.
        """
        ...


class ReadsStock(Connector, Protocol):
    def stock_of(self, company: str, items: Sequence[str]) -> Mapping[str, StockLevel]:
        """What is there of each item now, by the name under which it was asked for.

        Items that the ERP does not know or does not keep in stock are left out. Raises:
        TransientError, AuthError, ConfigError where the ERP's own stock is not shown to us.
        """
        ...


class ReadsOrders(Connector, Protocol):
    def orders_of(self, company: str, numbers: Sequence[str]) -> list[SalesOrderRecord]:
        """The ERP's sales orders that one of the numbers names, oldest first.

        Raises: TransientError, AuthError.
        """
        ...


class ReadsLedger(Connector, Protocol):
    def ledger_lines(
        self, company: str, account: str, references: Sequence[str]
    ) -> list[LedgerLineRecord]:
        """Posted general-ledger lines of an account that carry one of the references."""
        ...


class ReadsPostings(Connector, Protocol):
    """Reads back what stands under our keys, from the target's own tables and not from ours.

    Both lists are paged: each call is bounded and consistent in itself. Raises: TransientError,
    AuthError.
    """

    def list_postings(self, company: str, after: str, limit: int) -> list[StandingDocument]:
        """All documents with a key of ours behind the key `after` ("" at first), in the target's
        own order of keys; fewer than `limit` at the end. A key may come more than once where the
        target does not refuse that."""
        ...

    def postings_of(self, company: str, keys: Sequence[str]) -> list[StandingDocument]:
        """The same for some keys; those that the target does not hold are left out."""
        ...

    def list_strays(
        self, company: str, cursor: str, limit: int
    ) -> tuple[list[StandingDocument], str]:
        """Documents without a key of ours that stand where only ours should: in an ERP batch that
        we opened, or as a repetition of one of ours. The next cursor is "" at the end."""
        ...
