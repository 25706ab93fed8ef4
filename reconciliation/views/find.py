"""Find by any identifier: from every page, and straight to it when there is only one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from console.asked import asked
from integrations.pages import DutyPage
from reconciliation.find import LEAST, find, searched


class Find(DutyPage):
    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = asked(request, "q")
        groups = find(wanted)
        if len(groups) == 1 and len(groups[0].hits) == 1:
            return redirect(groups[0].hits[0].url)
        context = {
            "title": f"Find {wanted}" if wanted else "Find",
            "asked": wanted,
            "groups": groups,
            "searched": searched(wanted) if len(wanted) >= LEAST else [],
            "is_short": 0 < len(wanted) < LEAST,
        }
        return render(request, "reconciliation/find.html", context)
