"""What the lists of customers can be filtered by."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from console.filters import ListFilter, choice, exact, search
from mapping.choices import Band, LinkGround, LinkSystem
from mapping.models import CustomerMerge


class LinkFilter(ListFilter):
    q = search("Search", "Number there, or in the ERP", "by_words")
    system = choice("System", LinkSystem.choices)
    ground = choice("Linked by", LinkGround.choices)
    customer = exact("Customer in the ERP", field_name="customer_id")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        return queryset.filter(Q(ref__startswith=value) | Q(customer_id=value))


class ReviewFilter(ListFilter):
    """Suggestions are looked at by customer: one row for each that has any."""

    q = search("Search", "Number", "by_words")
    system = choice("System", LinkSystem.choices)
    band = choice("Best suggestion", (Band.choices[0], Band.choices[1]), method="by_band")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(ref__startswith=value.strip())

    def by_band(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        linkable = Q(candidates__state="open", candidates__band=Band.LINK)
        found = queryset.filter(linkable) if value == Band.LINK else queryset.exclude(linkable)
        return found.distinct()


class MergeFilter(ListFilter):
    state = choice("State", CustomerMerge.State.choices)
    customer = exact("Customer", method="by_customer")

    def by_customer(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(Q(kept_id=value.strip()) | Q(merged_id=value.strip()))
