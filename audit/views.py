"""The audit log: the list, one entry with its place in the chain, and the newest seal."""

from __future__ import annotations

import json

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit import tables
from audit.filters import EntryFilter
from audit.models import Entry
from audit.pages import DutyPage
from audit.places import place_of
from audit.roles import Duty
from console.views import ListPage


class EntryList(DutyPage, ListPage):
    title = "Audit log"
    duty = Duty.VIEW_AUDIT
    table = tables.ENTRIES
    filter_class = EntryFilter
    empty = "Everything a person or a worker does leaves an entry here."

    def rows(self) -> QuerySet[Entry]:
        # The details of one entry may name hundreds of rows.
        return Entry.objects.defer("details")


class EntryDetail(DutyPage):
    """Every field of an entry, and what seals it."""

    duty = Duty.VIEW_AUDIT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        entry = get_object_or_404(Entry, pk=pk)
        link, seal = place_of(entry)
        alike = Entry.objects.filter(
            subject_type=entry.subject_type, subject_id=entry.subject_id
        ).exclude(pk=pk)
        context = {
            "title": f"Entry {entry.pk}",
            "entry": entry,
            "actor": tables.actor(entry),
            "details": json.dumps(entry.details, indent=2, ensure_ascii=False, sort_keys=True),
            "link": link,
            "seal": seal,
            "others": list(alike.order_by("-id")[:20]) if entry.subject_type else [],
        }
        return render(request, "audit/entry.html", context)
