"""Exchange rates: every table, and files of them that are checked before they are taken."""

from __future__ import annotations

from typing import Any, Final

import django_filters
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from audit.roles import Duty, may
from console import formats
from console.filters import ListFilter, from_day, to_day
from console.keyset import Order
from console.tables import Column, Table
from console.views import ListPage
from integrations.pages import DutyPage
from mapping.models import ExchangeRate
from mapping.rule_set_table import who
from mapping.services import rates
from mapping.services.rulesets import RuleSetError

INVALID: Final = 422
SHOWN: Final = 300


class RateFilter(ListFilter):
    table = django_filters.CharFilter(label="Table", lookup_expr="iexact")
    source = django_filters.CharFilter(label="From currency", lookup_expr="iexact")
    since = from_day("valid_on")
    until = to_day("valid_on")


RATES: Final = Table[ExchangeRate](
    caption="Exchange rates",
    order=Order("id", descending=True),
    card=("source", "target", "valid_on", "rate"),
    columns=(
        Column("table", "Table", lambda row: row.table),
        Column("source", "From", lambda row: row.source),
        Column("target", "To", lambda row: row.target),
        Column(
            "valid_on",
            "Valid from",
            lambda row: row.valid_on,
            lambda row: formats.day(row.valid_on),
        ),
        Column(
            "rate",
            "Rate",
            lambda row: row.rate,
            lambda row: formats.text(f"{row.rate.normalize():f}"),
            is_number=True,
        ),
        Column("origin", "Where it is from", lambda row: row.origin, css="clip"),
        Column("added_by", "Added by", lambda row: who(row.added_by)),
        Column(
            "added_at",
            "Added",
            lambda row: row.added_at,
            lambda row: formats.moment(row.added_at),
            sort="id",
        ),
    ),
)


class RateList(DutyPage, ListPage):
    title = "Exchange rates"
    table = RATES
    filter_class = RateFilter
    empty = "Rates are loaded from a file; a conversion never guesses one."
    template_name = "mapping/rates.html"

    def rows(self) -> QuerySet[ExchangeRate]:
        return ExchangeRate.objects.all()

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        context = super().context(request, selection, current)
        return {**context, "may_edit": may(request.user, Duty.EDIT_RULES)}


class RateFileForm(forms.Form):
    """Rates as text; a file is put into it, so that what was checked is what is taken."""

    origin = forms.CharField(
        label="Where they are from", max_length=120, help_text="Such as ECB reference rates."
    )
    file = forms.FileField(
        label="File",
        required=False,
        help_text=f"CSV with the columns {', '.join(rates.COLUMNS)}; 1 MB at most.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": "This file is empty."},
    )
    text = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        file = given.get("file")
        if file is not None:
            try:
                given["text"] = file.read(rates.LARGEST + 1).decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", "The file is no text in UTF-8.")
        elif not given.get("text"):
            self.add_error("file", "Choose a file.")
        return given


class RateUpload(DutyPage):
    """Shows what each line would do; the same lines are taken when they are handed in again."""

    duty = Duty.EDIT_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        return _upload_page(request, RateFileForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RateFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return _upload_page(request, form, INVALID)
        text, origin = form.cleaned_data["text"], form.cleaned_data["origin"]
        try:
            if request.POST.get("step") != "take":
                return _upload_page(request, form, 200, rates.check(text), text)
            count = rates.load(self.user, text, origin)
        except RuleSetError as error:
            form.add_error("file", str(error))
            return _upload_page(request, form, INVALID, _lines(text), text)
        if count:
            messages.success(
                request, f"{count} {'rate was' if count == 1 else 'rates were'} added."
            )
        else:
            messages.info(request, "Every rate of the file is there already; nothing was added.")
        return HttpResponseRedirect(reverse("rates"))


def _lines(text: str) -> list[rates.RateLine] | None:
    """What each line would do as things stand now; None for a file that is none of rates."""
    try:
        return rates.check(text)
    except RuleSetError:
        return None


def _upload_page(
    request: HttpRequest,
    form: RateFileForm,
    status: int = 200,
    lines: list[rates.RateLine] | None = None,
    text: str = "",
) -> HttpResponse:
    counts = {
        word: sum(line.word == word for line in lines or ()) for word in ("New", "Known", "Refused")
    }
    context = {
        "title": "Load exchange rates",
        "form": form,
        "lines": sorted(lines or (), key=lambda line: line.word != "Refused")[:SHOWN],
        "is_checked": lines is not None,
        "counts": counts,
        "text": text,
        "origin": form["origin"].value() or "",
    }
    return render(request, "mapping/rate_upload.html", context, status=status)
