"""The field map: fields of real payments left, fields of the ERP's documents right, lines between.

Everything it does is done to rows of the draft, by the services of the rule table.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from audit.roles import Duty, may
from console.asked import all_asked, asked
from console.fragments import answer, wanted_fragment
from console.whole_numbers import whole
from integrations.pages import DutyPage
from mapping.choices import VersionState
from mapping.decide.texts import DEFAULTS
from mapping.field_steps import FIELD_CHOICES, STEPS, Step, step_forms
from mapping.fields.building import joined, taken_back
from mapping.fields.formula import Field, FormulaError, write
from mapping.fields.sources import SOURCES
from mapping.fields.working import checked
from mapping.models import FieldRule, Rule, RuleSetVersion
from mapping.rule_set_table import name_of, standing_tag
from mapping.services import editing
from mapping.services.rulesets import RuleSetError
from mapping.targets import open_fields_of
from reconciliation.field_map_page import KIND, MapRow, MapTarget, map_of, rules_by_pk
from reconciliation.field_map_results import (
    MOST_SAMPLES,
    Sample,
    chosen,
    latest,
    proposed_formulas,
    rows_of,
)

INVALID = 422
TEMPLATE = "reconciliation/field_map.html"
FRAGMENT = "field-map"


class FieldMapPage(DutyPage):
    """`tx` are the payments it is shown on, `add` another one, `target` the field in hand."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = whole(request.GET.get("row", "")) or 0
        return show(request, _version(pk), target=request.GET.get("target", ""), row=row)


class AddToField(DutyPage):
    """Put a field of the payment into a field of the ERP: behind what its last row for every
    payment says, or as a new row. `begin`: with what stands there without a rule."""

    duty = Duty.EDIT_RULES
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = _version(pk)
        target, source = request.POST.get("target", ""), request.POST.get("source", "")
        if target not in open_fields_of(version.pair.erp.connector) or source not in ("", *SOURCES):
            raise Http404
        rules = [rule for rule in rules_by_pk(version).values() if rule.target == target]
        open_rules = [
            rule for rule in rules if not (rule.method or rule.currency or rule.customer_ref)
        ]
        try:
            if open_rules and source:
                rule = open_rules[-1]
                text = write(joined(checked(rule.formula), Field(source), " "))
                _change(self, version, rule, text, editing.mark_of(KIND, rule))
                return done(request, version, rule, "The field was added.")
            text = request.POST.get("formula", "") or source or DEFAULTS[target]
            added = editing.add(self.user, version, KIND, {"target": target, "formula": text})
        except (RuleSetError, FormulaError) as error:
            return show(request, version, target=target, problem=str(error), status=INVALID)
        return done(request, version, added, "The field is mapped.")


class ChangeField(DutyPage):
    """One step at a row: a step of STEPS, `undo` for the last one, `remove` for the row."""

    duty = Duty.EDIT_RULES
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int, row: int, step: str) -> HttpResponse:
        version = _version(pk)
        rule = rules_by_pk(version).get(row)
        if rule is None or step not in (*STEPS, "undo", "remove"):
            raise Http404
        seen = request.POST.get("seen", "")
        form: Step | None = None
        try:
            if step == "remove":
                editing.remove(self.user, version, KIND, rule.pk, seen)
                return done(request, version, rule, "The row was removed.", is_gone=True)
            if step == "undo":
                before = taken_back(checked(rule.formula))
                text = write(before) if before else rule.formula
            else:
                form = STEPS[step](request.POST, formula=_formula(rule), slug=step)
                if not form.is_valid():
                    return show(
                        request, version, rule.target, rule.pk, (step, form), status=INVALID
                    )
                text = write(form.changed())
                checked(text)
            _change(self, version, rule, text, seen)
        except (RuleSetError, FormulaError) as error:
            bound = (step, form) if form else None
            if form:
                form.add_error(None, str(error))
            problem = "" if form else str(error)
            return show(request, version, rule.target, rule.pk, bound, problem, status=INVALID)
        return done(request, version, rule, "The row was changed.")


class FieldPreview(DutyPage):
    """What a formula that is being typed gives in the place of a row; nothing is kept."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = _version(pk)
        target = open_fields_of(version.pair.erp.connector).get(request.GET.get("target", ""))
        row = whole(request.GET.get("row", "0"))
        if target is None or row is None:
            raise Http404
        recent = latest(version)
        samples = chosen(version, recent, all_asked(request, "tx")[:MOST_SAMPLES])
        rules = list(rules_by_pk(version).values())
        rows = rows_of(target, rules, [*samples, *recent])
        shown = rows.preview(request.GET.get("text", ""), row, samples, recent)
        context = {"preview": shown, "target": target}
        return answer(request, "reconciliation/field_map_preview.html", context)


def show(
    request: HttpRequest,
    version: RuleSetVersion,
    target: str = "",
    row: int = 0,
    bound: tuple[str, Step] | None = None,
    problem: str = "",
    said: str = "",
    status: int = 200,
) -> HttpResponse:
    """The map, with the field in hand and its row opened."""
    recent = latest(version)
    samples, unknown = _samples(request, version, recent)
    found = map_of(version, samples, recent)
    here = found.target(target)
    chosen_row = next((each for each in here.rows if each.pk == row), None) if here else None
    if here and here.rows and chosen_row is None:
        chosen_row = here.rows[-1]
    may_edit = version.state == VersionState.DRAFT and may(request.user, Duty.EDIT_RULES)
    is_empty = here is not None and chosen_row is None and may_edit
    context = {
        "title": f"Field map of {name_of(version)}",
        "version": version,
        "standing": standing_tag(version),
        "map": found,
        "may_edit": may_edit,
        "proposed": proposed_formulas(version, here.field, samples) if here and is_empty else [],
        "problem": problem or unknown,
        "said": said,
        "field_choices": FIELD_CHOICES,
        **_panel(here, chosen_row, samples, recent, bound),
    }
    return answer(request, TEMPLATE, context, FRAGMENT, status=status)


def done(
    request: HttpRequest,
    version: RuleSetVersion,
    rule: Rule,
    said: str,
    is_gone: bool = False,
) -> HttpResponse:
    assert isinstance(rule, FieldRule)
    if wanted_fragment(request, FRAGMENT):
        return show(request, version, rule.target, 0 if is_gone else rule.pk, said=said)
    messages.success(request, said)
    numbers = [("tx", number) for number in all_asked(request, "tx")[-MOST_SAMPLES:]]
    query = urlencode([("target", rule.target), ("row", str(rule.pk)), *numbers])
    return HttpResponseRedirect(f"{reverse('field-map', args=[version.pk])}?{query}")


def _panel(
    here: MapTarget | None,
    row: MapRow | None,
    samples: list[Sample],
    recent: list[Sample],
    bound: tuple[str, Step] | None,
) -> dict[str, Any]:
    if here is None:
        return {"target": None}
    text = row.formula if row else DEFAULTS[here.field.name]
    steps = step_forms(text) if row else {}
    if bound:
        steps[bound[0]] = bound[1]
    return {
        "target": here.field,
        "here": here,
        "row": row,
        "steps": steps,
        "open_step": bound[0] if bound else "",
        "preview": here.of_rows.preview(text, row.pk if row else 0, samples, recent),
    }


def _samples(
    request: HttpRequest, version: RuleSetVersion, recent: list[Sample]
) -> tuple[list[Sample], str]:
    """The payments to show, and what is wrong with the number of another one."""
    numbers = all_asked(request, "tx")
    another = asked(request, "add")
    if not another:
        return chosen(version, recent, numbers[-MOST_SAMPLES:]), ""
    if not chosen(version, recent, [another]):
        problem = f"{version.pair.name} has no transaction {another}."
        return chosen(version, recent, numbers[-MOST_SAMPLES:]), problem
    wanted = [*(each for each in numbers if each != another), another]
    return chosen(version, recent, wanted[-MOST_SAMPLES:]), ""


def _version(pk: int) -> RuleSetVersion:
    found = RuleSetVersion.objects.select_related("pair", "pair__gateway", "pair__erp")
    return get_object_or_404(found, pk=pk)


def _formula(rule: FieldRule) -> Any:
    return checked(rule.formula)


def _change(page: DutyPage, version: RuleSetVersion, rule: FieldRule, text: str, seen: str) -> None:
    values = {**editing.values_of(KIND, rule), "formula": text}
    editing.change(page.user, version, KIND, rule.pk, values, seen)
