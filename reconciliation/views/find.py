"""Find by any identifier: from every page, and straight to it when there is only one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from integrations.pages import DutyPage
from reconciliation.find import LEAST, find

MOST_CHARACTERS = 60


class Find(DutyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        asked = request.GET.get("q", "").replace("\0", "").strip()[:MOST_CHARACTERS]
        groups = find(asked)
        if len(groups) == 1 and len(groups[0].hits) == 1:
            return redirect(groups[0].hits[0].url)
        context = {
            "title": f"Find {asked}" if asked else "Find",
            "asked": asked,
            "groups": groups,
            "is_short": 0 < len(asked) < LEAST,
        }
        return render(request, "reconciliation/find.html", context)
