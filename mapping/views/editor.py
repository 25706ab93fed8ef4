"""The editor of a draft: a section for each kind of rule, its rows as sentences, in order.

One view serves the page and a section of it: with the page's script a section is replaced in
place, without it the whole page comes back.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from audit.roles import Duty
from console.fragments import wanted_fragment
from console.whole_numbers import whole
from integrations.pages import DutyPage
from mapping.choices import VersionState
from mapping.kinds import KINDS, Kind
from mapping.models import RuleSetVersion
from mapping.row_forms import AboutForm, RowForm, row_form
from mapping.rule_set_table import name_of, standing_tag
from mapping.sections import Section, section_of
from mapping.services import editing
from mapping.services.editing import InvalidRow
from mapping.services.rulesets import RuleSetError
from mapping.usage import times_fired

INVALID = 422
PERIODS = (30, 90, 365)


class EditorPage(DutyPage):
    """Every page here is a mapper's, about a version of `self.version()`."""

    duty = Duty.EDIT_RULES

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        patch_vary_headers(response, ("HX-Request", "HX-Target"))
        return response


def version_of(pk: int) -> RuleSetVersion:
    found = RuleSetVersion.objects.select_related("pair", "based_on", "pair__gateway", "pair__erp")
    return get_object_or_404(found, pk=pk)


def kind_of(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


class Editor(EditorPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = version_of(pk)
        if version.state != VersionState.DRAFT:
            return _only_drafts(request, version)
        return editor_page(request, version)


class About(EditorPage):
    """What a draft is for, and the text by which deposits are known."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = version_of(pk)
        form = AboutForm(request.POST)
        if not form.is_valid():
            return editor_page(request, version, about=form, status=INVALID)
        given = form.cleaned_data
        try:
            editing.describe(
                self.user, version, given["note"], given["deposit_pattern"], given["seen"]
            )
        except RuleSetError as error:
            form.add_error(None, str(error))
            return editor_page(request, version, about=form, status=INVALID)
        messages.success(request, "Kept.")
        return HttpResponseRedirect(reverse("rule-set-edit", args=[pk]))


class SectionPage(EditorPage):
    """The rows of one kind, another page of them for `?page=`."""

    def get(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        page = whole(request.GET.get("page", "")) or 1
        section = section_of(version, kind, page=page)
        return show(request, section)


class AddRow(EditorPage):
    def get(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        return show(request, _with_form(version, kind, 0, row_form(kind)))

    def post(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        form = row_form(kind, request.POST)
        at = whole(request.POST.get("at", ""))
        if not form.is_valid():
            return show(request, _with_form(version, kind, 0, form), INVALID)
        try:
            row = editing.add(self.user, version, kind, form.values(), at)
        except RuleSetError as error:
            return refused(request, version, kind, 0, form, error)
        return done(request, version, kind, row.pk, f"Row {row.position} was added.")


class ChangeRow(EditorPage):
    def get(self, request: HttpRequest, pk: int, slug: str, row: int) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        found = get_object_or_404(kind.model._default_manager, version=version, pk=row)
        return show(request, _with_form(version, kind, row, row_form(kind, instance=found)))

    def post(self, request: HttpRequest, pk: int, slug: str, row: int) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        form = row_form(kind, request.POST)
        if not form.is_valid():
            return show(request, _with_form(version, kind, row, form), INVALID)
        try:
            seen = request.POST.get("seen", "")
            editing.change(self.user, version, kind, row, form.values(), seen)
        except RuleSetError as error:
            return refused(request, version, kind, row, form, error)
        return done(request, version, kind, row, "The row was changed.")


class RemoveRow(EditorPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, slug: str, row: int) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        try:
            editing.remove(self.user, version, kind, row, request.POST.get("seen", ""))
        except RuleSetError as error:
            return refused(request, version, kind, row, None, error)
        return done(request, version, kind, 0, "The row was removed.")


class MoveRow(EditorPage):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, slug: str, row: int) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        step, seen = request.POST.get("step", ""), request.POST.get("order", "")
        try:
            editing.move(self.user, version, kind, row, step, seen)
        except RuleSetError as error:
            return refused(request, version, kind, row, None, error)
        return done(request, version, kind, row, "The row was moved.", step)


def _with_form(version: RuleSetVersion, kind: Kind, row: int, form: RowForm) -> Section:
    section = section_of(version, kind, around=row)
    section.form, section.open_row = form, row
    return section


def refused(
    request: HttpRequest,
    version: RuleSetVersion,
    kind: Kind,
    row: int,
    form: RowForm | None,
    error: RuleSetError,
) -> HttpResponse:
    """The section as it is now, with the sentence, and what was typed."""
    section = section_of(version, kind, around=row)
    if isinstance(error, InvalidRow) and form is not None:
        form.take(dict(error.problems))
        section.form, section.open_row = form, row
    else:
        section.problem = str(error)
    return show(request, section, INVALID)


def done(
    request: HttpRequest, version: RuleSetVersion, kind: Kind, row: int, word: str, step: str = ""
) -> HttpResponse:
    if wanted_fragment(request, f"rules-{kind.slug}"):
        section = section_of(version, kind, around=row)
        section.done, section.focus = word, (row, step)
        return show(request, section)
    messages.success(request, f"{kind.label}: {word}")
    url = reverse("rule-set-edit", args=[version.pk])
    return HttpResponseRedirect(f"{url}#rules-{kind.slug}")


def show(request: HttpRequest, section: Section, status: int = 200) -> HttpResponse:
    """The section alone where it is to be replaced, else the page with it."""
    version = section.version
    if version.state != VersionState.DRAFT and request.method == "GET":
        return _only_drafts(request, version)
    if wanted_fragment(request, section.key):
        context = {"section": section, "version": version}
        return render(request, "mapping/rule_section.html", context, status=status)
    return editor_page(request, version, section, status=status)


def editor_page(
    request: HttpRequest,
    version: RuleSetVersion,
    section: Section | None = None,
    about: AboutForm | None = None,
    status: int = 200,
) -> HttpResponse:
    period = request.GET.get("fired", "")
    days = int(period) if period in map(str, PERIODS) else 0
    fired = times_fired(version, days) if days else None
    given = {
        "note": version.note,
        "deposit_pattern": version.deposit_pattern,
        "seen": editing.about_mark(version),
    }
    context = {
        "title": f"Edit {name_of(version)}",
        "version": version,
        "standing": standing_tag(version),
        "sections": [
            section
            if section and section.kind.slug == slug
            else section_of(version, kind, fired=fired)
            for slug, kind in KINDS.items()
        ],
        "about": about or AboutForm(initial=given),
        "periods": PERIODS,
        "days": days,
    }
    return render(request, "mapping/rule_editor.html", context, status=status)


def _only_drafts(request: HttpRequest, version: RuleSetVersion) -> HttpResponse:
    state = version.get_state_display().lower()
    messages.warning(request, f"Version {version.number} is {state}; only drafts change.")
    return HttpResponseRedirect(reverse("rule-set", args=[version.pk]))
