"""The head of the desk: how much is open, and what it can be filtered by, with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from integrations.clock import business_now
from reconciliation import words
from reconciliation.choices import Reason
from reconciliation.filters import AGEING, ExceptionFilter, of_age
from reconciliation.models import ExceptionItem
from reconciliation.questions import open_exceptions


@dataclass(frozen=True)
class Standing:
    """How many exceptions are open, and how many of them past their day; all by reason and age."""

    number: int
    late: int
    by_reason: Mapping[str, int]
    by_age: Mapping[str, int]

    @property
    def late_url(self) -> str:
        return f"{reverse('exceptions')}?state=late"


def standing() -> Standing:
    """In two statements: one by reason, one by age."""
    today = business_now().date()
    counts = list(open_exceptions().order_by().values_list("reason").annotate(number=Count("pk")))
    ages = open_exceptions().aggregate(
        late=Count("pk", filter=Q(due_on__lt=today)),
        **{f"of_{name}": Count("pk", filter=of_age(name, today)) for name in AGEING},
    )
    fullest_first = sorted(counts, key=lambda each: (-each[1], each[0]))
    return Standing(
        number=sum(number for _, number in counts),
        late=ages["late"],
        by_reason=dict(fullest_first),
        by_age={name: ages[f"of_{name}"] for name in AGEING},
    )


def say_numbers(form: forms.Form, now: Standing) -> None:
    """Writes behind each choice how many are open: what there is most of stands first."""
    form.fields["reason"].widget.choices = _reasons(now)
    form.fields["age"].widget.choices = [
        ("", "Any age"),
        *((name, _numbered(AGEING[name][0], number)) for name, number in now.by_age.items()),
    ]


def numbered_again(query: QueryDict, now: Standing) -> list[SafeString]:
    """The two fields as they stand in a filter, to be put in place of what is on the page."""
    form = ExceptionFilter(query or None, queryset=ExceptionItem.objects.none()).form
    say_numbers(form, now)
    return [form[name].as_widget(attrs={"hx-swap-oob": "true"}) for name in ("reason", "age")]


def _reasons(now: Standing) -> list[Any]:
    there = [(name, _numbered(words.reason(name), n)) for name, n in now.by_reason.items()]
    others = sorted(
        ((one.value, words.reason(one)) for one in Reason if one.value not in now.by_reason),
        key=lambda each: each[1],
    )
    groups = [("Open now", there)] if there else []
    return [("", _numbered("All", now.number)), *groups, ("Nothing open", others)]


def _numbered(label: str, number: int) -> str:
    return f"{label} ({formats.number_text(number)})"
