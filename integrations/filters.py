"""What the list of envelopes can be filtered by. Only what an index answers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from console.filters import ListFilter, choice, from_moment, search, to_moment
from integrations.canonical import FactKind
from integrations.choices import CAME_BY, EnvelopeState
from integrations.models import Connection, Envelope, Fact


class EnvelopeFilter(ListFilter):
    q = search("Search", "Name, or vendor id of a fact in it", "by_words")
    connection = choice("Connection", ())
    source = choice("Came by", tuple(CAME_BY.items()))
    state = choice("State", EnvelopeState.choices)
    since = from_moment("received_at")
    until = to_moment("received_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = Connection.objects.order_by("name").values_list("pk", "name")
        self.filters["connection"].extra["choices"] = list(named)

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Facts by all columns of their index: a vendor id alone would be a scan.

        Names and facts are two indexes: asked with OR, neither would be used.
        """
        value = value.strip()
        facts = Fact.objects.filter(
            connection__in=Connection.objects.all(), kind__in=list(FactKind), vendor_id=value
        )
        named = Envelope.objects.filter(name=value).order_by()
        return queryset.filter(pk__in=named.values("pk").union(facts.values("envelope")))
