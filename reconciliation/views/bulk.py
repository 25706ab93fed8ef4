"""One action for all that a filter selects: shown first, then a run that can be left and found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, duties_of, may, require
from audit.services import user_actor
from console.fragments import answer, wanted_fragment
from console.views import ListPage
from integrations.pages import DutyPage
from reconciliation import run_tables, words
from reconciliation.actions import ACTIONS, Action
from reconciliation.choices import UNFINISHED, RunItemState, RunOrigin, RunState
from reconciliation.filters import ExceptionFilter, RunFilter, RunItemFilter
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.bulk import runs
from reconciliation.services.bulk.picking import MOST, Preview, Tally, preview
from reconciliation.services.desk import limits
from reconciliation.services.desk.errors import DeskError

INVALID = 422
PAGE = "reconciliation/bulk.html"
#: Reasons why rows were not done that the page of a run lists.
SAID_SHOWN = 12


@dataclass(frozen=True)
class Choice:
    """An action with the part of the selection that it fits, and its form."""

    action: Action
    form: forms.Form
    tally: Tally
    left: int
    is_open: bool
    needs_second: bool

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return [(words.reason(name), number) for name, number in self.tally.reasons.most_common()]

    @property
    def money(self) -> str:
        return run_tables.money_of({name: str(held) for name, held in self.tally.amounts.items()})


class BulkPage(DutyPage):
    """The selection is the filter, over all pages: what each action would do to it, then do it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        action = ACTIONS.get(request.POST.get("action", ""))
        if action is None:
            require(request.user, Duty.WORK_EXCEPTIONS)
            raise Http404
        require(request.user, action.duty)
        form = action.form_class(request.POST, auto_id=f"id_{action.name}_%s")
        selection = selected(request.POST)
        upto = request.POST.get("upto", "")
        if not selection.is_clean or not upto.isdecimal() or not form.is_valid():
            return self._show(request, request.POST, (action.name, form), INVALID)
        try:
            run = runs.begin(
                runs.rows_of(selection.selected(), int(upto), action.name, form.cleaned_data),
                action=action.name,
                values=form.cleaned_data,
                origin=RunOrigin.FILTER,
                chosen_by=in_words(request.POST),
                actor=user_actor(request.user),
            )
        except DeskError as error:
            form.add_error(None, str(error))
            return self._show(request, request.POST, (action.name, form), INVALID)
        return HttpResponseRedirect(reverse("run", args=[run.pk]))

    def _show(
        self,
        request: HttpRequest,
        query: QueryDict,
        refused: tuple[str, forms.Form] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        selection = selected(query)
        found = preview(selection.selected()) if selection.is_clean else Preview()
        context = {
            "title": "Many at once",
            "filter": selection,
            "problems": selection.problems,
            "found": found,
            "money": run_tables.money_of({n: str(held) for n, held in found.all.amounts.items()}),
            "reasons": [(words.reason(n), count) for n, count in found.all.reasons.most_common()],
            "choices": choices(request, found, refused),
            "most": MOST,
            "chosen": [
                (name, text) for name, texts in asked(query).lists() for text in texts if text
            ],
            "list_url": reverse("exceptions") + "?" + asked(query).urlencode(),
        }
        return render(request, PAGE, context, status=INVALID if selection.problems else status)


def choices(
    request: HttpRequest, found: Preview, refused: tuple[str, forms.Form] | None
) -> list[Choice]:
    """The actions that fit any of the selection and are among the person's duties."""
    duties = duties_of(request.user)
    offered = []
    for name, action in ACTIONS.items():
        tally = found.by_action.get(name)
        if tally is None or action.duty not in duties:
            continue
        was_refused = refused is not None and refused[0] == name
        form = (
            refused[1]
            if refused is not None and was_refused
            else action.form_class(auto_id=f"id_{name}_%s")
        )
        left = found.all.number - tally.number
        needs_second = limits.needs_second(name, tally.amounts)
        offered.append(Choice(action, form, tally, left, was_refused, needs_second))
    return offered


def selected(query: QueryDict) -> ExceptionFilter:
    """What the list's own filter selects."""
    return ExceptionFilter(asked(query) or None, queryset=ExceptionItem.objects.all())


def asked(query: QueryDict) -> QueryDict:
    """The filter's own parameters, without those of forms and pages."""
    kept = QueryDict(mutable=True)
    for name in ExceptionFilter.base_filters:
        text = query.get(name)
        if isinstance(text, str) and text:
            kept[name] = text
    return kept


def in_words(query: QueryDict) -> str:
    """A filter as people read it."""
    found = asked(query)
    if not found:
        return "all that is open"
    labels = ExceptionFilter.base_filters
    told = {"reason": words.reason, "state": str.capitalize}
    said = {name: told.get(name, str)(str(found[name])) for name in found}
    return ", ".join(f"{labels[name].label}: {text}" for name, text in said.items())


class RunList(DutyPage, ListPage):
    title = "Bulk runs"
    table = run_tables.RUNS
    filter_class = RunFilter
    template_name = "reconciliation/runs.html"
    empty = "What is done to many exceptions at once appears here, also while it goes on."

    def rows(self) -> QuerySet[BulkRun]:
        return BulkRun.objects.all()


class RunDetail(DutyPage, ListPage):
    """How far a run is; asks for itself again while it goes on. Its rows are the list below."""

    title = "Bulk run"
    table = run_tables.RUN_ITEMS
    filter_class = RunItemFilter
    template_name = "reconciliation/run.html"
    empty = "The run has no rows."

    def rows(self) -> QuerySet[BulkItem]:
        return BulkItem.objects.filter(run=self.kwargs["pk"]).select_related(
            "item__transaction", "item__batch", "item__line", "item__posting", "item__connection"
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.run = get_object_or_404(BulkRun, pk=kwargs["pk"])
        if wanted_fragment(request, "progress"):
            return answer(request, self.template_name, progress(request, self.run), "progress")
        return super().get(request, *args, **kwargs)

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        found = super().context(request, selection, current)
        return found | progress(request, self.run)


def progress(request: HttpRequest, run: BulkRun) -> dict[str, Any]:
    """How far it is, why rows were not done, and what this person may do about it."""
    said = (
        run.items.filter(state=RunItemState.REFUSED)
        .order_by()
        .values_list("said")
        .annotate(number=Count("pk"))
        .order_by("-number")[:SAID_SHOWN]
    )
    may_work = may(request.user, Duty.WORK_EXCEPTIONS)
    return {
        "run": run,
        "title": run_tables.run_title(run),
        "money": run_tables.money_of(run.amounts),
        "ended": run.done + run.refused,
        "waits": run.total - run.done - run.refused if run.state in UNFINISHED else 0,
        "is_going": run.state == RunState.RUNNING,
        "said": list(said),
        "values": [(name.replace("_", " "), text) for name, text in run.values.items() if text],
        "may_stop": may_work and run.state in UNFINISHED,
        "may_approve": run.state == RunState.ASKED
        and may(request.user, Duty.APPROVE_POSTINGS)
        and user_actor(request.user) != run.actor,
    }


class RunStep(DutyPage):
    """Stop a run, or approve or decline one as the second person."""

    http_method_names = ["post"]
    STEPS = {
        "stop": (Duty.WORK_EXCEPTIONS, runs.stop, "Stopped; what was done stays done."),
        "approve": (Duty.APPROVE_POSTINGS, runs.approve, "Approved; it goes on now."),
        "decline": (Duty.APPROVE_POSTINGS, runs.decline, "Declined; nothing was done."),
    }

    def post(self, request: HttpRequest, pk: int, step: str) -> HttpResponse:
        if step not in self.STEPS:
            require(request.user, Duty.WORK_EXCEPTIONS)
            raise Http404
        duty, do, words_of_it = self.STEPS[step]
        require(request.user, duty)
        run = get_object_or_404(BulkRun, pk=pk)
        try:
            do(run, user_actor(request.user))
        except DeskError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, words_of_it)
        return HttpResponseRedirect(reverse("run", args=[pk]))
