"""Addresses of a list: the same filter, another page, order or file."""

from __future__ import annotations

from django.http import QueryDict


def address(query: QueryDict, **changes: str) -> str:
    """This page's address with a parameter changed; another order begins at the first page."""
    changed = query.copy()
    if "sort" in changes:
        changed.pop("page", None)
    for name, value in changes.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    return "?" + changed.urlencode()
