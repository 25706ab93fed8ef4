"""A record as it came beside the record as it was read: what was normalised on the way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from integrations.canonical import Record
from integrations.plain import fields_of

#: The vendor's fields, by dots, that each field of the canonical record is read from.
Sources = Mapping[str, Sequence[str]]


@runtime_checkable
class TellsSources(Protocol):
    """A connector that says which of the vendor's fields it reads."""

    def sources_of(self, kind: str) -> Sources:
        """For documents of a kind; empty for kinds of which it does not say it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field: where it came from and how, and as what it was read."""

    field: str
    source: str
    came: str
    read: str

    @property
    def is_normalised(self) -> bool:
        return self.came != self.read


def steps_of(record: Record, raw: Mapping[str, Any], sources: Sources) -> list[Step]:
    """Every field that came or was read; what is empty on both sides is left out."""
    read = dict(_flat(fields_of(record)))
    steps = []
    for field, names in sources.items():
        came = " / ".join(text for name in names if (text := _text(_at(raw, name))))
        if came or read.get(field, ""):
            steps.append(Step(field, ", ".join(names), came, read.get(field, "")))
    return steps


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _at(raw: Mapping[str, Any], name: str) -> object:
    found: object = raw
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return " / ".join(filter(None, (_text(each) for each in value)))
    return "" if value is None else str(value)
