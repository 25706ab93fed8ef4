"""PayTrace's documents as canonical records. Pure: saved documents test it.

Amounts are US dollars in major units (PayTrace has no currency field). Times carry no zone; they
are read in the connection's `time_zone`. Business days are Pacific days, by which PayTrace
settles. A capture keeps the id of its authorization, so `captured_at` is when the row was made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, DecimalException
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

from integrations.canonical import (
    BatchRecord,
    FactKind,
    HintRecord,
    PartyRecord,
    Record,
    TransactionRecord,
    TransactionStatus,
    Unreadable,
)
from integrations.connectors.paytrace.config import PACIFIC, BatchKeys
from integrations.connectors.paytrace.errors import numbers_of
from integrations.connectors.paytrace.states import UnknownState, brand_of, kind_of, status_of
from integrations.connectors.paytrace.values import (
    REDACTOR,
    Unfit,
    id_or_empty,
    quote,
    read_amount,
    read_count,
    read_id,
    read_moment,
    read_text,
    text_or_empty,
)
from integrations.contracts import Parsed
from integrations.errors import UnreadableError

BUSINESS_ZONE: Final = ZoneInfo(PACIFIC)


#: Which of PayTrace's fields each field of a transaction is read from.
TRANSACTION_SOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "external_id": ("transaction_id",),
    "kind": ("transaction_type",),
    "status": ("status_code", "status_message"),
    "amount": ("amount",),
    "captured_at": ("created.at",),
    "captured_on": ("created.at",),
    "settled_at": ("settled",),
    "settled_on": ("settled",),
    "batch_ref": ("status_code",),
    "customer_ref": ("customer_id",),
    "payer_ref": ("customer_reference_id",),
    "reference_texts": ("invoice_id", "description", "customer_reference_id"),
    "method": ("credit_card.masked_number",),
    "last4": ("credit_card.masked_number",),
    "approval_code": ("approval_code",),
    "response": ("approval_message", "status_message"),
    "payer.name": ("billing_address.name",),
    "payer.email": ("receipt_emailed_to",),
    "payer.lines": ("billing_address.street_address", "billing_address.street_address2"),
    "payer.city": ("billing_address.city",),
    "payer.region": ("billing_address.state",),
    "payer.postcode": ("billing_address.zip",),
    "payer.country": ("billing_address.country",),
}


def parse_transactions(
    body: bytes, zone: ZoneInfo, include_bin: bool, asked_id: str = ""
) -> Parsed:
    """An export page: `transactions: [record, …]`. `asked_id` is set for a reading by id."""
    page = _object_of(body)
    if page.get("success") is False:
        return Parsed([_not_found(page, asked_id)])
    rows = _rows_of(page, "transactions")

    def read(row: Mapping[str, Any]) -> Record:
        return _transaction(row, zone, include_bin)

    records = [
        _each(position, row, read, "transaction_id", FactKind.TRANSACTION)
        for position, row in enumerate(rows)
    ]
    if asked_id and not records:
        reason = f"PayTrace shows nothing for transaction {asked_id}."
        records.append(Unreadable(0, reason, asked_id, FactKind.TRANSACTION))
    return Parsed(records)


def parse_batches(body: bytes, keys: BatchKeys, zone: ZoneInfo) -> Parsed:
    """A batch list: gross figures per settlement batch, without fees."""
    page = _object_of(body)
    if page.get("success") is False:
        raise UnreadableError(f"PayTrace refused the list: {quote(page.get('status_message'))}")
    rows = _rows_of(page, keys.outer)

    def read(row: Mapping[str, Any]) -> Record:
        return _batch(row, keys, zone)

    records = [
        _each(position, row, read, keys.number, FactKind.BATCH) for position, row in enumerate(rows)
    ]
    warnings = [
        f"Batch {record.external_id}: net {record.net} is not sales {record.sales} "
        f"less refunds {record.refunds}."
        for record in records
        if isinstance(record, BatchRecord) and record.net != record.sales - record.refunds
    ]
    return Parsed(records, warnings)


def parse_hint(body: bytes) -> Parsed:
    """Our own announcement: `{"kind": "transaction", "vendor_id": "…", "event_id"?}`.

    PayTrace's batches are read by date only, so that they cannot be announced.
    """
    page = _object_of(body)
    about, vendor_id = page.get("kind"), page.get("vendor_id")
    if about != FactKind.TRANSACTION:
        reason = f"{quote(about)} is nothing that can be announced."
        return Parsed([Unreadable(0, reason, "", FactKind.HINT)])
    known_as = id_or_empty(vendor_id)
    if not known_as:
        reason = f"{quote(vendor_id)} is not an id."
        return Parsed([Unreadable(0, reason, "", FactKind.HINT)])
    event = id_or_empty(page.get("event_id")) or f"{about}:{known_as}"
    return Parsed([HintRecord(event, FactKind.TRANSACTION, known_as)])


def ids_in(body: bytes) -> frozenset[str]:
    """The transaction ids of an export page, none of a page that cannot be read."""
    try:
        rows = _rows_of(_object_of(body), "transactions")
    except UnreadableError:
        return frozenset()
    return frozenset(
        str(row["transaction_id"])
        for row in rows
        if isinstance(row, Mapping) and "transaction_id" in row
    )


# --- documents --------------------------------------------------------------------------------


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _object_of(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, DecimalException, RecursionError) as error:
        start = REDACTOR.excerpt(body)[:80]
        raise UnreadableError(f"The document is not JSON; it begins with {start!r}.") from error
    if not isinstance(value, dict):
        raise UnreadableError("The document is JSON, but not an object.")
    return value


def _rows_of(page: Mapping[str, Any], key: str) -> list[Any]:
    rows = page.get(key)
    if rows is None and page.get("success") is True and key not in page:
        raise UnreadableError(f"The document has no list {key!r}.")
    if rows is None:
        rows = []
    if not isinstance(rows, list):
        raise UnreadableError(f"{key!r} of the document is not a list.")
    return rows


def _not_found(page: Mapping[str, Any], asked_id: str) -> Unreadable:
    numbers = ", ".join(numbers_of(page)) or "no number"
    reason = f"PayTrace does not show transaction {asked_id or '?'} (error {numbers})."
    return Unreadable(0, reason, asked_id, FactKind.TRANSACTION)


def _each(
    position: int,
    row: object,
    read: Callable[[Mapping[str, Any]], Record],
    id_key: str,
    fact_kind: FactKind,
) -> Record | Unreadable:
    if not isinstance(row, Mapping):
        return Unreadable(position, f"{quote(row)} is not a record.", "", fact_kind)
    try:
        return read(row)
    except (Unfit, UnknownState) as error:
        external_id = id_or_empty(row.get(id_key))
        reason = REDACTOR.clean(str(error)).rstrip(".")
        return Unreadable(position, f"{reason}.", external_id, fact_kind)


# --- records ----------------------------------------------------------------------------------


def _transaction(row: Mapping[str, Any], zone: ZoneInfo, include_bin: bool) -> TransactionRecord:
    external_id = read_id(row.get("transaction_id"), "transaction_id")
    message = read_text(row, "status_message")
    status, batch_ref = status_of(read_text(row, "status_code"), message)
    made = row.get("created")
    captured_at = read_moment(
        made.get("at") if isinstance(made, Mapping) else made, zone, "created.at"
    )
    settled_at = None
    if status is TransactionStatus.SETTLED:
        settled_at = read_moment(row.get("settled"), zone, "settled")
    payer_ref = read_text(row, "customer_reference_id")
    masked = _masked_number(row)
    approval = read_text(row, "approval_message")
    return TransactionRecord(
        external_id=external_id,
        kind=kind_of(read_text(row, "transaction_type"), status),
        status=status,
        amount=read_amount(row.get("amount"), "amount"),
        captured_at=captured_at,
        captured_on=captured_at.astimezone(BUSINESS_ZONE).date(),
        settled_at=settled_at,
        settled_on=settled_at.astimezone(BUSINESS_ZONE).date() if settled_at else None,
        batch_ref=batch_ref,
        customer_ref=read_text(row, "customer_id"),
        payer_ref=payer_ref,
        reference_texts=(read_text(row, "invoice_id"), read_text(row, "description"), payer_ref),
        method=brand_of(masked) if include_bin else "",
        last4=masked[-4:] if masked[-4:].isdecimal() else "",
        approval_code=read_text(row, "approval_code"),
        response=" / ".join(part for part in (approval, message) if part),
        payer=_payer(row),
    )


def _payer(row: Mapping[str, Any]) -> PartyRecord:
    """The billing address, and where the receipt went. What is odd there is left out: it stops no
    payment."""
    found = row.get("billing_address")
    billing = found if isinstance(found, Mapping) else {}
    streets = (text_or_empty(billing, key) for key in ("street_address", "street_address2"))
    return PartyRecord(
        name=text_or_empty(billing, "name"),
        email=text_or_empty(row, "receipt_emailed_to"),
        lines=tuple(street for street in streets if street),
        city=text_or_empty(billing, "city"),
        region=text_or_empty(billing, "state"),
        postcode=text_or_empty(billing, "zip"),
        country=text_or_empty(billing, "country"),
    )


def _batch(row: Mapping[str, Any], keys: BatchKeys, zone: ZoneInfo) -> BatchRecord:
    closed_at = read_moment(row.get(keys.when), zone, keys.when)
    return BatchRecord(
        external_id=read_id(row.get(keys.number), keys.number).lstrip("0") or "0",
        closed_at=closed_at,
        closed_on=closed_at.astimezone(BUSINESS_ZONE).date(),
        transaction_count=read_count(row.get(keys.transaction_count), keys.transaction_count),
        sales_count=read_count(row.get(keys.sales_count), keys.sales_count),
        sales=read_amount(row.get(keys.sales), keys.sales),
        refund_count=read_count(row.get(keys.refund_count), keys.refund_count),
        refunds=read_amount(row.get(keys.refunds), keys.refunds),
        net=read_amount(row.get(keys.net), keys.net, signed=True),
    )


def _masked_number(row: Mapping[str, Any]) -> str:
    card = row.get("credit_card")
    number = card.get("masked_number") if isinstance(card, Mapping) else None
    return number.strip() if isinstance(number, str) else ""
