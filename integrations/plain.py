"""One text for one content: plain JSON of records, drafts, money and times. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from integrations.money import Money

#: Plain as they are, and most of what there is: asked first.
_PLAIN_ALREADY: Final = frozenset({str, int, bool, type(None)})
_names: dict[type[Any], tuple[str, ...]] = {}


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a record or draft as plain JSON values."""
    return {name: _plain(getattr(value, name)) for name in _names_of(type(value))}


def _names_of(kind: type[Any]) -> tuple[str, ...]:
    if kind not in _names:
        _names[kind] = tuple(field.name for field in fields(kind))
    return _names[kind]


def _plain(value: object) -> object:
    if type(value) in _PLAIN_ALREADY:
        return value
    if isinstance(value, Money):
        return value.text + " " + value.currency
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat()  # one moment, one text, whatever its zone
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return fields_of(value)
    return value


def canonical_json(value: object) -> str:
    """Sorted, compact JSON of plain values, Money, Decimal and times: equal things, equal text."""
    return _text(_plain(value))


def plain_hash(plain: Mapping[str, Any]) -> str:
    """SHA-256 of what `fields_of` made: the hash of its `canonical_json`."""
    return hashlib.sha256(_text(plain).encode()).hexdigest()


def _text(plain: object) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
