"""How a field map says what stands in a field: `concat("Card ", slice(method, 1, 4))`.

Names of fields, texts, numbers, and functions of them, as in a spreadsheet. It is read into a
small tree and written from it; nothing of it is ever run as a program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LONGEST: Final = 500
DEEPEST: Final = 8


class FormulaError(ValueError):
    """A formula that cannot be read or does not fit together; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the payment."""

    name: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Expression, ...]


Expression = Field | Text | Number | Call

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,6})?)(?![0-9.])|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r'|"(?P<text>(?:[^"]|"")*)"|(?P<sign>[(),]))'
)


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    at: int = 0

    def next(self) -> tuple[str, str]:
        kind, value = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return kind, value

    def takes(self, sign: str) -> bool:
        if self.tokens[self.at] == ("sign", sign):
            self.at += 1
            return True
        return False


def parse(text: str) -> Expression:
    """The formula that a text says. Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(f"A formula has at most {LONGEST} characters; this one has {len(text)}.")
    reader = _Reader([*_tokens(text), ("end", "")])
    found = _expression(reader, 1)
    kind, value = reader.next()
    if kind != "end":
        raise FormulaError(f"{value!r} stands behind the end of the formula.")
    return found


def write(formula: Expression) -> str:
    """The one text of a formula: what is stored, shown and put into files."""
    if isinstance(formula, Field):
        return formula.name
    if isinstance(formula, Text):
        quoted = formula.text.replace('"', '""')
        return f'"{quoted}"'
    if isinstance(formula, Number):
        return f"{formula.value:f}"
    return f"{formula.function}({', '.join(write(each) for each in formula.arguments)})"


def fields_in(formula: Expression) -> list[str]:
    """Names of the payment's fields that it uses, each once, in its order."""
    return list(dict.fromkeys(_fields(formula)))


def _fields(formula: Expression) -> Iterator[str]:
    if isinstance(formula, Field):
        yield formula.name
    elif isinstance(formula, Call):
        for each in formula.arguments:
            yield from _fields(each)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    if not end:
        raise FormulaError("Say what stands in the field.")
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            rest = text[at:].strip()
            if rest.startswith('"'):
                raise FormulaError(f"The text {rest[:20]} has no quotation mark at its end.")
            raise FormulaError(f'{rest[:20]!r} cannot be read: texts stand between "…".')
        kind = found.lastgroup or ""
        value = found.group(kind)
        yield kind, value.replace('""', '"') if kind == "text" else value
        at = found.end()


def _expression(reader: _Reader, depth: int) -> Expression:
    if depth > DEEPEST:
        raise FormulaError(f"The formula is nested more than {DEEPEST} deep.")
    kind, value = reader.next()
    if kind == "text":
        return Text(value)
    if kind == "number":
        return Number(Decimal(value))
    if kind != "name":
        raise FormulaError(
            f"Something has to stand before {value!r}." if value else "The formula ends too early."
        )
    if not reader.takes("("):
        return Field(value.lower())
    arguments: list[Expression] = []
    while not reader.takes(")"):
        if arguments and not reader.takes(","):
            raise FormulaError(f"A comma or the closing bracket of {value} is missing.")
        arguments.append(_expression(reader, depth + 1))
    return Call(value.lower(), tuple(arguments))
