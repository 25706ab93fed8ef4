"""Censuses: what the ERP holds against what is owed, and the rows behind each number."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from audit.roles import Duty, may, require
from console.keyset import CursorError, Order, fetch_page
from console.views import ListPage
from console.views.addresses import address
from integrations.models import Pair
from integrations.pages import DutyPage
from integrations.standing import LABELS
from reconciliation import words
from reconciliation.census_table import CENSUSES
from reconciliation.choices import FindingKind
from reconciliation.filters import CensusFilter
from reconciliation.models import Census, CensusFinding
from reconciliation.services.census import nightly

FINDINGS_PER_PAGE: Final = 50


class CensusList(DutyPage, ListPage):
    title = "ERP checks"
    table = CENSUSES
    filter_class = CensusFilter
    template_name = "reconciliation/censuses.html"
    empty = "The ERP is checked each night; check it now for the first time."

    def rows(self) -> QuerySet[Census]:
        return Census.objects.select_related("pair")

    def render(self, request: HttpRequest, context: dict[str, object], status: int) -> HttpResponse:
        context["pairs"] = _pairs_to_count(request)
        return super().render(request, context, status)


class CensusDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        census = get_object_or_404(Census.objects.select_related("pair"), pk=pk)
        kind = request.GET.get("kind", "")
        found = census.findings.select_related("posting__effect")
        if kind == "accepted":
            found = found.filter(is_accepted=True)
        elif kind:
            found = found.filter(kind=kind, is_accepted=False)
        order = Order("id", descending=False)
        try:
            page = fetch_page(found, order, request.GET.get("page", ""), FINDINGS_PER_PAGE)
        except CursorError:
            page = fetch_page(found, order, "", FINDINGS_PER_PAGE)
        context = {
            "title": f"ERP check {census.number}",
            "census": census,
            "kind": kind,
            "kind_words": _kind_words(kind),
            "findings": [(row, _sides(row)) for row in page.rows],
            "on_the_way": sorted(census.on_the_way.items()),
            "pairs": _pairs_to_count(request, census.pair),
            "next_url": page.next_cursor and address(request.GET, page=page.next_cursor),
            "previous_url": page.previous_cursor
            and address(request.GET, page=page.previous_cursor),
        }
        return render(request, "reconciliation/census.html", context)


class CensusNow(DutyPage):
    """Queue a census of a pair. It shows in the list when it has been taken."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, slug: str) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        pair = get_object_or_404(Pair, slug=slug)
        nightly.ask(self.user, pair)
        messages.success(request, f"{pair.name} is being checked; reload this page in a moment.")
        return redirect("censuses")


def _pairs_to_count(request: HttpRequest, *only: Pair) -> list[Pair]:
    """The pairs that this person may have counted now."""
    if not may(request.user, Duty.WORK_EXCEPTIONS):
        return []
    return list(only) or list(Pair.objects.filter(is_active=True).order_by("name"))


def _kind_words(kind: str) -> str:
    return "Accepted by a person" if kind == "accepted" else words.label(FindingKind, kind)


def _sides(row: CensusFinding) -> list[tuple[str, str, str, bool]]:
    """Each field with what is owed, what was found, and whether they differ."""
    names = [name for name in LABELS if name in row.owed or name in row.found]
    return [
        (LABELS[name], row.owed.get(name, ""), row.found.get(name, ""), name in row.differing)
        for name in names
    ]
