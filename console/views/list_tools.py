"""What stands beside a list's pager: files, the choice of columns, views of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from console import export
from console.tables import Column
from console.views.addresses import address


@dataclass(frozen=True)
class Choice:
    """A column that may be shown; the first of a table always is and stands in no choice."""

    key: str
    label: str
    is_shown: bool


@dataclass(frozen=True)
class ListTools:
    """`hidden` is what the choice of columns carries along."""

    hidden: list[tuple[str, str]]
    exports: list[tuple[str, str]]
    columns: list[Choice]
    views_url: str


def list_tools(
    request: HttpRequest,
    *,
    every: Sequence[Column[Any]],
    shown: Sequence[Column[Any]],
    may_export: bool,
) -> ListTools:
    query = request.GET.copy()
    query.pop("page", None)
    query.pop("count", None)
    kept = [(key, text) for key, texts in query.lists() for text in texts if key != "cols"]
    asked = query.urlencode()
    keys = {column.key for column in shown}
    kinds = export.KINDS if may_export else ()
    return ListTools(
        hidden=kept,
        exports=[(kind.upper(), address(query, export=kind)) for kind in kinds],
        columns=[Choice(c.key, c.label, c.key in keys) for c in every[1:]],
        # Asked for when the menu opens: a list's own page pays nothing for it.
        views_url=f"{reverse('views')}?{urlencode({'path': request.path, 'query': asked})}",
    )
