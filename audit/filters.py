"""What the audit log can be filtered by. Only what an index answers."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from console.filters import ListFilter, exact, from_moment, search, to_moment


class EntryFilter(ListFilter):
    q = search("Search", "Action, or subject such as posting:12", "by_words")
    actor = exact("Who", method="by_actor")
    since = from_moment("recorded_at")
    until = to_moment("recorded_at")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        subject, colon, number = value.partition(":")
        wanted = Q(action__startswith=value)
        if colon and number:
            wanted |= Q(subject_type=subject.strip(), subject_id=number.strip())
        return queryset.filter(wanted)

    def by_actor(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """A person by their name; the worker and the system by theirs."""
        value = value.strip()
        return queryset.filter(actor__in=(value, f"user:{value}", f"key:{value}"))
