"""Filters of a list: a plain GET form. A wrong value shows its error and no rows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from console import formats
from console.asked import LONGEST


def start_of_day(day: date) -> datetime:
    """Midnight in the active time zone: timestamps are compared half-open, or no index serves."""
    return timezone.make_aware(datetime.combine(day, time.min))


def on_or_after(queryset: QuerySet[Any], field: str, day: date) -> QuerySet[Any]:
    return queryset.filter(**{f"{field}__gte": start_of_day(day)})


def on_or_before(queryset: QuerySet[Any], field: str, day: date) -> QuerySet[Any]:
    if day == date.max:
        return queryset
    return queryset.filter(**{f"{field}__lt": start_of_day(day + timedelta(days=1))})


class ListFilter(django_filters.FilterSet):  # type: ignore[misc]  # the library has no types
    """Base of every list's filter. Ask `is_clean` and `problems` before showing `selected()`."""

    @property
    def is_clean(self) -> bool:
        return not self.is_bound or bool(self.form.is_valid())

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered at all, so that an empty list can say why."""
        return self.is_bound and any(self.data.get(name) for name in self.filters)

    @property
    def problems(self) -> list[str]:
        """One sentence per wrong field, with the field's label."""
        if self.is_clean:
            return []
        form = self.form
        return [
            f"{form.fields[name].label if name in form.fields else 'Filter'}: {' '.join(texts)}"
            for name, texts in form.errors.items()
        ]

    @property
    def said(self) -> list[str]:
        """What is filtered by, in words, as a printed list has to say: `Status: Settled`."""
        if not (self.is_narrowed and self.is_clean):
            return []
        given = ((self.form.fields[name], text) for name, text in self.form.cleaned_data.items())
        return [f"{field.label}: {_chosen(field, text)}" for field, text in given if text]

    def selected(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.qs if self.is_clean else self.queryset.none()
        return found


def _chosen(field: forms.Field, value: Any) -> str:
    """A choice by its label; a day as every page writes it."""
    if isinstance(value, date):
        return formats.day_text(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        labels = {str(key): str(label) for key, label in field.widget.choices}
        return labels.get(str(value), str(value))
    return str(value)


def choice(label: str, choices: Any, **kwargs: Any) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(label=label, choices=choices, empty_label="All", **kwargs)


def exact(label: str, **kwargs: Any) -> django_filters.CharFilter:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return django_filters.CharFilter(label=label, widget=widget, max_length=LONGEST, **kwargs)


def search(label: str, hint: str, method: str) -> django_filters.CharFilter:
    widget = forms.TextInput(
        attrs={"type": "search", "placeholder": hint, "autocomplete": "off", "data-search": ""}
    )
    return django_filters.CharFilter(label=label, widget=widget, method=method, max_length=LONGEST)


class AmountField(forms.DecimalField):
    """A number as a person types it; no row of noughts, however long."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONGEST:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class AmountFilter(django_filters.NumberFilter):  # type: ignore[misc]  # the library has no types
    field_class = AmountField


def amount_limit(label: str, field: str, lookup: str) -> django_filters.NumberFilter:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return AmountFilter(
        field_name=field,
        lookup_expr=lookup,
        label=label,
        widget=widget,
        min_value=0,
        max_digits=15,
        decimal_places=3,
        error_messages={"invalid": "Enter an amount such as 1467.41."},
    )


def _day_filter(label: str, field: str, **kwargs: Any) -> django_filters.DateFilter:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    messages = {"invalid": "Enter a day such as 2011-02-14."}
    return django_filters.DateFilter(
        field_name=field, label=label, widget=widget, error_messages=messages, **kwargs
    )


def from_moment(field: str) -> django_filters.DateFilter:
    return _day_filter("From", field, method=on_or_after)


def to_moment(field: str) -> django_filters.DateFilter:
    return _day_filter("To", field, method=on_or_before)


def from_day(field: str) -> django_filters.DateFilter:
    return _day_filter("From", field, lookup_expr="gte")


def to_day(field: str) -> django_filters.DateFilter:
    return _day_filter("To", field, lookup_expr="lte")
