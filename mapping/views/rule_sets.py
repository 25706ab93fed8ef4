"""Rule sets: every version, what it says in words, and what changed from the one before."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may
from audit.services import user_actor
from console.filters import ListFilter
from console.views import ListPage
from integrations.clock import business_now
from integrations.pages import DutyPage
from mapping.changes import compare
from mapping.filters import RuleSetFilter
from mapping.models import RuleSetVersion
from mapping.row_forms import NoteForm, StartForm
from mapping.rule_set_page import sheets_of_version
from mapping.rule_set_table import (
    RULE_SETS,
    ends_on,
    name_of,
    standing_tag,
    who,
    with_ends,
)
from mapping.services.versions import is_maker


class RuleSetList(DutyPage, ListPage):
    title = "Rule sets"
    table = RULE_SETS
    filter_class = RuleSetFilter
    empty = "A rule set belongs to a payment route; nothing is posted before one is in force."

    template_name = "mapping/rule_sets.html"

    def rows(self) -> QuerySet[RuleSetVersion]:
        return with_ends()

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        context = super().context(request, selection, current)
        return {**context, "may_edit": may(request.user, Duty.EDIT_RULES)}


class RuleSetDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return detail_page(request, version_with_end(pk))


def version_with_end(pk: int) -> RuleSetVersion:
    return get_object_or_404(with_ends(), pk=pk)


def detail_page(
    request: HttpRequest, version: RuleSetVersion, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page of a version; `problem` says why the step that was asked for was not taken."""
    versions = list(with_ends().filter(pair=version.pair).order_by("-number"))
    other = _other(versions, version, request.GET.get("against", ""))
    sheets = sheets_of_version(version)
    context = {
        "title": name_of(version),
        "version": version,
        "standing": standing_tag(version),
        "ends_on": ends_on(version),
        "handed_in_by": who(version.reviewed_by),
        "made_by": who(version.created_by),
        "approved_by": who(version.approved_by),
        "sheets": sheets,
        "other": other,
        "comparison": compare(sheets_of_version(other), sheets) if other else None,
        "versions": [(each, standing_tag(each), ends_on(each)) for each in versions],
        "problem": problem,
        **_steps(request, version),
    }
    return render(request, "mapping/rule_set.html", context, status=status)


def _steps(request: HttpRequest, version: RuleSetVersion) -> dict[str, Any]:
    """What may be done with it by whom, and the forms for that."""
    return {
        "may_edit": may(request.user, Duty.EDIT_RULES),
        "may_approve": may(request.user, Duty.APPROVE_RULES),
        "may_take": may(request.user, Duty.EDIT_RULES) or may(request.user, Duty.EXPORT),
        "is_own": is_maker(version, user_actor(request.user)),
        "start": StartForm(initial={"active_from": business_now().date()}),
        "why_back": NoteForm(label="Why it is given back", auto_id="back_%s"),
        "why_draft": NoteForm(label="What the draft is for", auto_id="draft_%s"),
    }


def _other(
    versions: list[RuleSetVersion], version: RuleSetVersion, asked: str
) -> RuleSetVersion | None:
    """The version of that number, else the one it was made from, else the one made before it."""
    if asked:
        found = [each for each in versions if str(each.number) == asked and each != version]
        if not found:
            raise Http404
        return found[0]
    if version.based_on_id is not None:
        return next((each for each in versions if each.pk == version.based_on_id), None)
    return next((each for each in versions if each.number < version.number), None)
