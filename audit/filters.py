"""What the audit log can be filtered by. Only what an index answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from audit.models import Entry
from console.filters import ListFilter, exact, from_moment, search, to_moment

WORKER: Final = "worker"


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
        names = _known((value, f"user:{value}", f"key:{value}"))
        # One name is found in the order of time by its index; of several it would be every entry.
        return (
            queryset.filter(actor=names[0]) if len(names) == 1 else queryset.filter(actor__in=names)
        )


def _known(names: Sequence[str]) -> list[str]:
    """Those of the names under which something was done; the worker needs no asking."""
    if WORKER in names:
        return [WORKER]
    asked = [Entry.objects.filter(actor=name).order_by().values_list("actor") for name in names]
    first, *others = (each.exclude(actor=WORKER)[:1] for each in asked)
    return [actor for (actor,) in first.union(*others)]
