"""Rule sets: every version, what it says in words, and what changed from the one before."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from console.views import ListPage
from integrations.pages import DutyPage
from mapping.changes import compare
from mapping.filters import RuleSetFilter
from mapping.models import RuleSetVersion
from mapping.rule_set_page import sheets_of_version
from mapping.rule_set_table import (
    RULE_SETS,
    ends_on,
    name_of,
    standing_tag,
    who,
    with_ends,
)


class RuleSetList(DutyPage, ListPage):
    title = "Rule sets"
    table = RULE_SETS
    filter_class = RuleSetFilter
    empty = "A rule set belongs to a pair; nothing is posted before one is in force."

    def rows(self) -> QuerySet[RuleSetVersion]:
        return with_ends()


class RuleSetDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = get_object_or_404(with_ends(), pk=pk)
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
        }
        return render(request, "mapping/rule_set.html", context)


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
