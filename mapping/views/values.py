"""A rule set tried on values that are typed: which row fires, and what follows step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from integrations.money import Money
from integrations.pages import DutyPage
from mapping.kinds import Kind
from mapping.models import ExchangeRate, RuleSetVersion
from mapping.rule_set_table import name_of, standing_tag
from mapping.rules.currencies import CurrencyRow, Rate
from mapping.rules.taxes import TaxComponent
from mapping.trial import try_rules
from mapping.value_forms import TRIED, value_form
from mapping.value_steps import Worked, of_amount, of_tax

INVALID: Final = 422
NONE_TYPED: Final = "none was typed"


class ValueTrial(DutyPage):
    """`slug` is the kind's; the values stand in the address, so that a trial can be shown."""

    def get(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        kind = TRIED.get(slug)
        if kind is None:
            raise Http404
        version = get_object_or_404(RuleSetVersion.objects.select_related("pair"), pk=pk)
        form = value_form(kind)(request.GET or None)
        context: dict[str, Any] = {
            "title": f"Try {name_of(version)} on values",
            "version": version,
            "standing": standing_tag(version),
            "kind": kind,
            "kinds": TRIED.values(),
            "form": form,
        }
        if form.is_valid():
            typed = form.cleaned_data
            rows = kind.read(version)
            facts = {name: typed[name] for name in kind.conditions}
            [question] = try_rules(kind, rows, facts, NONE_TYPED)
            context |= {"question": question, "worked": _worked(kind, rows, typed, version)}
        status = INVALID if form.errors else 200
        return render(request, "mapping/rule_values.html", context, status=status)


def _worked(
    kind: Kind, rows: Sequence[Any], typed: Mapping[str, Any], version: RuleSetVersion
) -> Worked:
    if kind.slug == "taxes":
        currency = version.pair.currency
        component = TaxComponent(
            typed["component"],
            Money(typed["taxable"], currency).rounded(),
            Money(typed["charged"], currency).rounded(),
            typed["jurisdiction"],
            typed["category"],
        )
        return of_tax(rows, component)
    if kind.slug == "currencies":
        amount = Money(typed["amount"], typed["currency"].upper())
        return of_amount(rows, amount, _rates(rows, typed["on"]), typed["on"])
    return Worked()


def _rates(rows: Sequence[CurrencyRow], day: date) -> list[Rate]:
    """Those that any of the rows may ask for on that day."""
    oldest = day - timedelta(days=max((row.max_age_days for row in rows), default=0))
    tables = {row.rate_table for row in rows}
    found = ExchangeRate.objects.filter(table__in=tables, valid_on__range=(oldest, day))
    return [rate.as_rate() for rate in found]
