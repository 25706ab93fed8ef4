"""Orders in Tieout's own format (docs/orders.md) as canonical records. Pure.

Strict, since it is ours: a name that the format does not know is refused with a sentence, so that
a surcharge under a name of the sender's own is never dropped. Whether an order adds up is not asked
here: one that does not is read, kept, and shown to a person.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from integrations.canonical import (
    FactKind,
    OrderLineRecord,
    OrderRecord,
    OrderTaxRecord,
    PartyRecord,
    Unreadable,
)
from integrations.connectors.orders.values import Fields, UnfitError
from integrations.contracts import Parsed
from integrations.errors import UnreadableError

MOST_LINES: Final = 500
MOST_TAXES: Final = 50
MOST_ORDERS: Final = 50_000
LONGEST_NUMBER: Final = 60

_ORDER: Final = (
    "order", "ordered_on", "currency", "customer", "payer", "payment", "lines", "shipping",
    "discount", "taxes", "total", "revision",
)  # fmt: skip
_LINE: Final = (
    "item", "description", "quantity", "unit_price", "amount", "category", "department",
)  # fmt: skip
_TAX: Final = ("component", "jurisdiction", "taxable", "charged")
_PAYER: Final = (
    "name", "email", "phone", "tax_number", "lines", "city", "region", "postcode", "country",
)  # fmt: skip


def parse_order(body: bytes) -> Parsed:
    """One order: a record, or an Unreadable with its reason. Raises UnreadableError for no JSON."""
    return Parsed([_read(_text(body), 0)])


def parse_file(body: bytes) -> Parsed:
    """One order a line: a record each, or an Unreadable with the line's number.

    Raises UnreadableError for what is no text, and for a file that holds no order.
    """
    lines = [(n, line) for n, line in enumerate(_text(body).split("\n"), 1) if line.strip()]
    if not lines:
        raise UnreadableError("The file holds no order.")
    if len(lines) > MOST_ORDERS:
        raise UnreadableError(f"The file holds more than {MOST_ORDERS} orders; split it.")
    return Parsed([_read(line, number) for number, line in lines])


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError("It is no text in UTF-8, so no order can be read.") from error


def _read(text: str, line: int) -> OrderRecord | Unreadable:
    """`line` is its place in a file, 0 for an order that came by itself."""
    before = f"line {line}: " if line else ""
    number = ""
    try:
        plain = _json(text)
        fields = Fields(plain, "the order", _ORDER)
        number = fields.text("order", longest=LONGEST_NUMBER, required=True)
        return _order(number, fields)
    except UnfitError as error:
        return Unreadable(line, f"{before}{error}", number, FactKind.ORDER)


def _json(text: str) -> Any:
    try:
        return json.loads(
            text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnfitError):
            raise
        raise UnfitError("it is no JSON") from error


def _no_number(text: str) -> Any:
    raise UnfitError(f"{text} is no number")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one name nobody knows which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnfitError(f"the name “{twice[:40]}” stands there twice")
    return found


def _order(number: str, fields: Fields) -> OrderRecord:
    currency = fields.currency("currency")
    lines = fields.rows("lines", _LINE, "line", MOST_LINES)
    if not lines:
        raise UnfitError("the order has no lines")
    return OrderRecord(
        external_id=number,
        ordered_on=fields.day("ordered_on"),
        currency=currency,
        customer_ref=fields.text("customer", longest=60),
        payer=_payer(fields.part("payer", _PAYER, "the payer")),
        payment_ref=fields.text("payment", longest=60),
        lines=tuple(_line(n, row, currency) for n, row in enumerate(lines, 1)),
        shipping=fields.money("shipping", currency, required=False),
        discount=fields.money("discount", currency, required=False),
        taxes=tuple(_tax(row, currency) for row in fields.rows("taxes", _TAX, "tax", MOST_TAXES)),
        total=fields.money("total", currency),
        revision=fields.count("revision"),
    )


def _line(position: int, row: Fields, currency: str) -> OrderLineRecord:
    return OrderLineRecord(
        position=position,
        item=row.text("item", longest=60),
        description=row.text("description", longest=200),
        quantity=row.quantity("quantity"),
        unit_price=row.price("unit_price"),
        amount=row.money("amount", currency),
        category=row.text("category", longest=60),
        department=row.text("department", longest=60),
    )


def _tax(row: Fields, currency: str) -> OrderTaxRecord:
    return OrderTaxRecord(
        component=row.text("component", longest=60, required=True),
        jurisdiction=row.text("jurisdiction", longest=60),
        taxable=row.money("taxable", currency),
        charged=row.money("charged", currency),
    )


def _payer(row: Fields | None) -> PartyRecord:
    if row is None:
        return PartyRecord()
    texts = {name: row.text(name, longest=200) for name in _PAYER if name != "lines"}
    return PartyRecord(lines=row.texts("lines", most=5, longest=200), **texts)
