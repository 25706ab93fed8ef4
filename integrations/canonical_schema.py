"""The canonical records as JSON Schema, made of their classes: what every connector speaks. Pure.

`VERSION` goes up with every change of a field; a test holds it against what the classes say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from inspect import getdoc
from types import NoneType, UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from integrations.canonical import (
    BatchRecord,
    CustomerRecord,
    HintRecord,
    LedgerLineRecord,
    OpenItemRecord,
    OrderRecord,
    SalesOrderRecord,
    StatementLineRecord,
    StockLevel,
    TransactionRecord,
)
from integrations.money import Money

VERSION: Final = 3
#: What comes in, and what the ERP is read for.
RECORDS: Final[tuple[type[Any], ...]] = (
    TransactionRecord,
    BatchRecord,
    StatementLineRecord,
    HintRecord,
    OrderRecord,
    CustomerRecord,
    OpenItemRecord,
    LedgerLineRecord,
    SalesOrderRecord,
    StockLevel,
)
_PLAIN: Final[Mapping[Any, Mapping[str, str]]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {
        "type": "string",
        "pattern": r"^-?\d+(\.\d+)?$",
        "description": "An exact number without zeros at its end, such as 2.5.",
    },
    Money: {
        "type": "string",
        "pattern": r"^-?\d+(\.\d+)? [A-Z]{3}$",
        "description": "An exact amount in major units with its currency, such as 139.12 USD.",
    },
}


def canonical_schema() -> dict[str, Any]:
    """Every record by its name, with all of its fields; a record leaves none out."""
    definitions: dict[str, Any] = {}
    for record in RECORDS:
        _define(record, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Canonical records",
        "version": VERSION,
        "$defs": definitions,
    }


def _define(kind: type[Any], definitions: dict[str, Any]) -> None:
    if kind.__name__ in definitions:
        return
    described: dict[str, Any] = {
        "type": "object",
        "description": " ".join((getdoc(kind) or "").split()),
    }
    definitions[kind.__name__] = described
    hints = get_type_hints(kind)
    named = [field.name for field in fields(kind)]
    described["properties"] = {name: _type(hints[name], definitions) for name in named}
    described["required"] = named
    described["additionalProperties"] = False


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if get_origin(hint) is UnionType:
        known = [each for each in get_args(hint) if each is not NoneType]
        return {"anyOf": [*(_type(each, definitions) for each in known), {"type": "null"}]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0], definitions)}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": [each.value for each in hint]}
    if is_dataclass(hint) and isinstance(hint, type):
        _define(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    raise TypeError(f"{hint} has no place in a canonical record.")
