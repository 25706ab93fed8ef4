"""What the list of orders can be filtered by. Only what an index answers."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from console.filters import ListFilter, choice, exact, from_day, search, to_day
from reconciliation.choices import OrderState
from reconciliation.filters import amount_in


class OrderFilter(ListFilter):
    q = search("Search", "Number, payment or amount", "by_words")
    state = choice("State", OrderState.choices)
    since = from_day("ordered_on")
    until = to_day("ordered_on")
    customer = exact("Customer", field_name="customer_id")

    def by_words(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        value = value.strip()
        wanted = Q(number__startswith=value) | (Q(payment_ref=value) & ~Q(payment_ref=""))
        amount = amount_in(value)
        return queryset.filter(wanted if amount is None else wanted | Q(total_amount=amount))
