"""What a filter of exceptions selects for a run, and the filter in words."""

from __future__ import annotations

from typing import Final

from django.http import QueryDict

from reconciliation import words
from reconciliation.filters import ExceptionFilter
from reconciliation.models import ExceptionItem

#: What only makes sense for one payment; in a spreadsheet each row has its own.
FOR_ONE: Final = frozenset(
    {"split", "link_batch", "link_sale", "give_back", "apply_elsewhere", "correct", "link_existing"}
)


def selected(query: QueryDict) -> ExceptionFilter:
    """What the list's own filter selects."""
    return ExceptionFilter(asked(query) or None, queryset=ExceptionItem.objects.all())


def asked(query: QueryDict) -> QueryDict:
    """The filter's own parameters, without those of forms and pages."""
    kept = QueryDict(mutable=True)
    for name in ExceptionFilter.base_filters:
        text = query.get(name)
        if isinstance(text, str) and text:
            kept[name] = text
    return kept


def in_words(query: QueryDict) -> str:
    """A filter as people read it."""
    found = asked(query)
    if not found:
        return "all that is open"
    labels = ExceptionFilter.base_filters
    told = {"reason": words.reason, "state": str.capitalize}
    said = {name: told.get(name, str)(str(found[name])) for name in found}
    return ", ".join(f"{labels[name].label}: {text}" for name, text in said.items())
