"""What the list of rule sets can be filtered by."""

from __future__ import annotations

import django_filters

from console.filters import ListFilter, choice, from_day, to_day
from integrations.models import Pair
from mapping.choices import VersionState


class RuleSetFilter(ListFilter):
    pair = django_filters.ModelChoiceFilter(
        label="Payment route", queryset=Pair.objects.order_by("name"), empty_label="All"
    )
    state = choice("State", VersionState.choices)
    since = from_day("active_from")
    until = to_day("active_from")
