"""Rules as files: taken away, brought in, and looked at before they change anything."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty
from integrations.clock import business_now
from integrations.models import Pair
from integrations.pages import DutyPage
from integrations.registry import PAIR_TEMPLATES
from mapping import rule_yaml, sheet_files
from mapping.choices import VersionState
from mapping.file_forms import EMPTY, FILE, STANDING, NewSetForm, SheetForm
from mapping.import_page import shown
from mapping.kinds import Kind
from mapping.models import RuleImport, RuleSetVersion
from mapping.rule_set_table import name_of
from mapping.rule_yaml import RuleFile
from mapping.services import approval, imports
from mapping.services.rulesets import RuleSetError, version_in_force
from mapping.services.taking import take_away
from mapping.views.editor import INVALID, kind_of, version_of


class TakeAway(DutyPage):
    """The file of a version, or the spreadsheet of one of its kinds. For who edits or exports."""

    def get(
        self, request: HttpRequest, pk: int, slug: str = "", form: str = "yaml"
    ) -> HttpResponse:
        version = version_of(pk)
        kind = kind_of(slug) if slug else None
        taken = take_away(self.user, version, kind, form)
        response = HttpResponse(taken.body, content_type=taken.content_type)
        response["Content-Disposition"] = f'attachment; filename="{taken.name}"'
        return response


class BringIn(DutyPage):
    """A spreadsheet with the rows of one kind, for a draft."""

    duty = Duty.EDIT_RULES

    def get(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        return self._page(request, version_of(pk), kind_of(slug), SheetForm())

    def post(self, request: HttpRequest, pk: int, slug: str) -> HttpResponse:
        version, kind = version_of(pk), kind_of(slug)
        form = SheetForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, version, kind, form, INVALID)
        file = form.cleaned_data["file"]
        try:
            _require_draft(version)
            body = file.read(sheet_files.LARGEST + 1)
            rows = sheet_files.read_sheet(body, kind)
            waiting = imports.propose_rows(self.user, version, kind, file.name, rows)
        except RuleSetError as error:
            form.add_error("file", str(error))
            return self._page(request, version, kind, form, INVALID)
        return HttpResponseRedirect(reverse("rule-import", args=[waiting.pk]))

    def _page(
        self,
        request: HttpRequest,
        version: RuleSetVersion,
        kind: Kind,
        form: SheetForm,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "title": f"{kind.label} from a spreadsheet",
            "version": version,
            "kind": kind,
            "heads": sheet_files.heads(kind),
            "form": form,
        }
        return render(request, "mapping/rule_upload.html", context, status=status)


class NewSet(DutyPage):
    """A new draft of a pair: from what is in force, from a template, from a file, from nothing."""

    duty = Duty.EDIT_RULES

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, NewSetForm(initial={"pair": request.GET.get("pair", "")}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = NewSetForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._page(request, form, INVALID)
        given = form.cleaned_data
        try:
            return self._begin(given["pair"], given["begin"], given["note"], given["file"])
        except RuleSetError as error:
            form.add_error("file" if given["begin"] == FILE else "begin", str(error))
            return self._page(request, form, INVALID)

    def _begin(self, pair: Pair, begin: str, note: str, upload: object) -> HttpResponse:
        if begin in (EMPTY, STANDING):
            base = version_in_force(pair, business_now().date()) if begin == STANDING else None
            if begin == STANDING and base is None:
                raise RuleSetError(f"No rule set of {pair.name} is in force.")
            draft = approval.begin(self.user, pair, base, note)
            return HttpResponseRedirect(reverse("rule-set-edit", args=[draft.pk]))
        file, name = _file_of(begin, upload)
        waiting = imports.propose_set(self.user, pair, file, name, note)
        return HttpResponseRedirect(reverse("rule-import", args=[waiting.pk]))

    def _page(self, request: HttpRequest, form: NewSetForm, status: int = 200) -> HttpResponse:
        context = {"title": "New draft of a rule set", "form": form}
        return render(request, "mapping/rule_set_new.html", context, status=status)


class CheckFile(DutyPage):
    """What a file would change: added, changed, moved, removed, refused; applied from here."""

    duty = Duty.EDIT_RULES

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self._page(request, _waiting(pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        waiting = _waiting(pk)
        seen, skip = request.POST.get("seen", ""), request.POST.get("skip") == "yes"
        try:
            draft = imports.apply(self.user, waiting, seen, skip)
        except RuleSetError as error:
            return self._page(request, waiting, str(error), INVALID)
        messages.success(request, f"{waiting.name} was applied.")
        return HttpResponseRedirect(reverse("rule-set-edit", args=[draft.pk]))

    def _page(
        self, request: HttpRequest, waiting: RuleImport, problem: str = "", status: int = 200
    ) -> HttpResponse:
        checks = imports.checks_of(waiting)
        base = imports.base_of(waiting)
        context = {
            "title": f"Check {waiting.name}",
            "waiting": waiting,
            "base": base,
            "base_name": name_of(base) if base else "",
            "checks": [shown(check) for check in checks if not check.is_same],
            "pattern": imports.pattern_changed_by(waiting),
            "same": [check.kind.label for check in checks if check.is_same],
            "refused": sum(len(check.refusals) for check in checks),
            "is_nothing": all(check.is_same for check in checks) and waiting.version is not None,
            "seen": imports.seen_mark(checks),
            "problem": problem,
        }
        return render(request, "mapping/rule_import.html", context, status=status)


class DropFile(DutyPage):
    duty = Duty.EDIT_RULES
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        waiting = _waiting(pk)
        version = waiting.version
        imports.drop(self.user, waiting)
        messages.success(request, "Nothing was changed.")
        url = reverse("rule-set-edit", args=[version.pk]) if version else reverse("rule-sets")
        return HttpResponseRedirect(url)


def _waiting(pk: int) -> RuleImport:
    found = RuleImport.objects.select_related("pair", "version", "version__pair")
    return get_object_or_404(found, pk=pk)


def _require_draft(version: RuleSetVersion) -> None:
    if version.state != VersionState.DRAFT:
        state = version.get_state_display().lower()
        raise RuleSetError(f"Version {version.number} is {state}; only drafts change.")


def _file_of(begin: str, upload: object) -> tuple[RuleFile, str]:
    if begin in PAIR_TEMPLATES:
        return rule_yaml.load(PAIR_TEMPLATES[begin].text()), PAIR_TEMPLATES[begin].file
    body: bytes = upload.read(rule_yaml.LARGEST + 1)  # type: ignore[attr-defined]
    return rule_yaml.load_bytes(body), str(upload.name)  # type: ignore[attr-defined]
