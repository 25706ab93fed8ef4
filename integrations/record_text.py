"""One record inside a stored document: its fields, and the document with some of them changed.

Pure. A JSON page holds its records in the first list of objects at its top; a CSV file holds them
as its lines that are not empty, below the first, which names them. All else stays byte by byte.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from integrations.statement_formats import format_of

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


class NotFoundError(ValueError):
    """The document holds no such record that could be corrected; the text says why."""


def corrected(
    body: bytes,
    position: int,
    changes: Mapping[str, str],
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> bytes:
    """The document with fields of its record at `position` changed.

    Raises NotFoundError for a record or a field that is not there.
    """
    if banks_own := format_of(body):
        raise NotFoundError(
            f"Only the bank corrects its {banks_own} files: upload the one that it gives anew."
        )
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        said = f"The document is not text in {encoding}; correct it at its source."
        raise NotFoundError(said) from error
    is_json = text.lstrip("\ufeff \r\n\t").startswith(("{", "["))
    changed = (
        _in_json(text, position, changes)
        if is_json
        else _in_lines(text, position, changes, delimiter)
    )
    try:
        return changed.encode(encoding)
    except UnicodeEncodeError as error:
        raise NotFoundError(f"The document's {encoding} has no such character.") from error


def json_record(body: bytes, position: int) -> dict[str, Any]:
    """The fields of a JSON page's record, numbers as they are written. Raises NotFoundError."""
    try:
        text = body.decode()
        start = _record_at(text, position)
        end = _value(text, start).end
        found: dict[str, Any] = json.loads(text[start:end], parse_float=str, parse_int=str)
    except NotFoundError:
        raise
    except (ValueError, IndexError, RecursionError) as error:
        raise NotFoundError("The document cannot be read as a whole.") from error
    return found


def _require_known(changes: Mapping[str, str], names: list[str]) -> None:
    unknown = [name for name in changes if name not in names]
    if unknown:
        raise NotFoundError(
            f"The record has no field {unknown[0][:40]}; it has {', '.join(names)[:240]}."
        )


class _Value(NamedTuple):
    """A value and the place of its text."""

    start: int
    end: int
    value: Any


# --- JSON -------------------------------------------------------------------------------------


def _in_json(text: str, position: int, changes: Mapping[str, str]) -> str:
    try:
        members = _members(text, _record_at(text, position))
    except NotFoundError:
        raise
    except (ValueError, IndexError, RecursionError) as error:
        raise NotFoundError("The document cannot be read as a whole.") from error
    _require_known(changes, list(members))
    for name, value in sorted(changes.items(), key=lambda each: -members[each[0]].start):
        was = members[name]
        if isinstance(was.value, dict | list):
            raise NotFoundError(f"{name} holds fields of its own; correct it at its source.")
        is_number = isinstance(was.value, int | float) and _NUMBER.fullmatch(value)
        text = text[: was.start] + (value if is_number else json.dumps(value)) + text[was.end :]
    return text


def _record_at(text: str, position: int) -> int:
    """Where the record begins."""
    at = _skip(text, 0)
    if text[at] == "[":
        elements = _elements(text, at)
    else:
        lists = (each for each in _members(text, at).values() if isinstance(each.value, list))
        elements = next((_elements(text, each.start) for each in lists if each.value), [])
    if position >= len(elements):
        raise NotFoundError("The document holds no such record; it cannot be read as a whole.")
    if not isinstance(elements[position].value, dict):
        raise NotFoundError("It is no record with fields; correct it at its source.")
    return elements[position].start


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int) -> _Value:
    value, end = _DECODER.raw_decode(text, at)
    return _Value(at, end, value)


def _members(text: str, at: int) -> dict[str, _Value]:
    """The members of the object that begins at a place, each with where its value stands."""
    found: dict[str, _Value] = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        name = _value(text, at)
        colon = _skip(text, name.end)
        found[str(name.value)] = one = _value(text, _skip(text, colon + 1))
        at = _skip(text, one.end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return found


def _elements(text: str, at: int) -> list[_Value]:
    found: list[_Value] = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        found.append(_value(text, at))
        at = _skip(text, found[-1].end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return found


# --- lines ------------------------------------------------------------------------------------


def _in_lines(text: str, position: int, changes: Mapping[str, str], delimiter: str) -> str:
    lines = text.split("\n")
    full = [place for place, line in enumerate(lines) if line.strip("\ufeff\r \t" + delimiter)]
    if position + 1 >= len(full):
        raise NotFoundError("The file has no such line.")
    names = [name.strip() for name in _cells(lines[full[0]].lstrip("\ufeff"), delimiter)]
    _require_known(changes, names)
    place = full[position + 1]
    cells = _cells(lines[place], delimiter)
    cells = (cells + [""] * len(names))[: len(names)]
    for name, value in changes.items():
        cells[names.index(name)] = value
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="").writerow(cells)
    lines[place] = line.getvalue() + ("\r" if lines[place].endswith("\r") else "")
    return "\n".join(lines)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r")], delimiter=delimiter, strict=False), [])
    except csv.Error as error:
        raise NotFoundError("The line cannot be taken apart; correct the file.") from error
