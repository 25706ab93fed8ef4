"""Lists of the API: the console's filters, pages by keyset, and no parameter that is not known."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict

from console.api.problems import ProblemError
from console.filters import ListFilter
from console.keyset import CursorError, Order, fetch_page
from console.keyset import Page as KeysetPage

MOST: Final = 200
USUAL: Final = 50
PAGING: Final = ("cursor", "limit")


def require_known(query: QueryDict, names: Collection[str]) -> None:
    """Raises a problem that names each parameter that is not known here, or given twice."""
    errors = {name: ["There is no such parameter here."] for name in query if name not in names}
    errors |= {
        name: ["Give it once."] for name, texts in query.lists() if name in names and len(texts) > 1
    }
    if errors:
        raise ProblemError("invalid-query", _named(errors), errors)


def _named(errors: dict[str, list[str]]) -> str:
    return "Wrong: " + ", ".join(sorted(name[:60] for name in errors)) + "."


def limit_of(query: QueryDict) -> int:
    text = query.get("limit")
    if text is None:
        return USUAL
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST):
        errors = {"limit": [f"A whole number from 1 to {MOST}."]}
        raise ProblemError("invalid-query", _named(errors), errors)
    return int(text)


def selected(
    query: QueryDict, filter_class: type[ListFilter] | None, rows: QuerySet[Any]
) -> QuerySet[Any]:
    """What the filter selects; raises a problem that names each wrong value."""
    if filter_class is None:
        return rows
    asked = QueryDict(mutable=True)
    asked.update({name: query[name] for name in filter_class.base_filters if name in query})
    empty = {name: ["Give it a value, or leave it away."] for name in asked if not asked[name]}
    found = filter_class(asked or None, queryset=rows)
    if empty or not found.is_clean:
        errors = empty or {name: list(map(str, texts)) for name, texts in found.form.errors.items()}
        raise ProblemError("invalid-query", _named(errors), errors)
    return found.selected()


def page_of(query: QueryDict, rows: QuerySet[Any], order: Order) -> KeysetPage[Any]:
    """One page; raises a problem for a cursor that was not made for this list."""
    try:
        return fetch_page(rows, order, query.get("cursor", ""), limit_of(query))
    except CursorError as error:
        errors = {"cursor": ["Take it from an answer of this list, unchanged."]}
        raise ProblemError("invalid-query", _named(errors), errors) from error
