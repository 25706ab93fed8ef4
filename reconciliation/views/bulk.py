"""One action for all that a filter selects: shown first, then a run that can be left and found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Max, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, duties_of, may, require
from audit.services import user_actor
from console.fragments import answer, wanted_fragment
from console.views import ListPage
from console.whole_numbers import whole
from integrations.pages import DutyPage
from reconciliation import effects_of, run_tables, tables, words
from reconciliation.actions import ACTIONS, Action
from reconciliation.bulk_selection import FOR_ONE, asked, in_words, selected
from reconciliation.choices import UNFINISHED, RunItemState, RunOrigin, RunState
from reconciliation.filters import RunFilter, RunItemFilter
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.bulk import runs
from reconciliation.services.bulk.alike import Cause, cause_of
from reconciliation.services.bulk.picking import MOST, Preview, Tally, preview
from reconciliation.services.desk import limits
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.undo import undo

INVALID = 422
PAGE = "reconciliation/bulk.html"


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


class _ManyPage(DutyPage):
    """Shows what each action would do to a selection; posting begins a run over it."""

    origin: ClassVar[RunOrigin]

    def chosen_by(self, query: QueryDict) -> str:
        """The selection in words."""
        raise NotImplementedError

    def selection(self, query: QueryDict) -> tuple[QuerySet[ExceptionItem], list[str]]:
        """What is selected, and what is wrong with the wish, in sentences."""
        raise NotImplementedError

    def rows(self, query: QueryDict, upto: int, action: str, values: Any) -> list[runs.Row]:
        return runs.rows_of(self.selection(query)[0], upto, action, values)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self._show(request, request.GET)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        action = ACTIONS.get(request.POST.get("action", ""))
        if action is None:
            require(request.user, Duty.WORK_EXCEPTIONS)
            raise Http404
        require(request.user, action.duty)
        form = action.form_class(request.POST, auto_id=f"id_{action.name}_%s")
        upto = whole(request.POST.get("upto", ""))
        if self.selection(request.POST)[1] or upto is None or not form.is_valid():
            return self._show(request, request.POST, (action.name, form), INVALID)
        try:
            run = runs.begin(
                self.rows(request.POST, upto, action.name, form.cleaned_data),
                action=action.name,
                values=form.cleaned_data,
                origin=self.origin,
                chosen_by=self.chosen_by(request.POST),
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
        rows, problems = self.selection(query)
        found = Preview() if problems else preview(rows)
        context = self.context(query, found) | {
            "problems": problems,
            "found": found,
            "post_url": request.path,
            "money": run_tables.money_of({n: str(held) for n, held in found.all.amounts.items()}),
            "reasons": [(words.reason(n), count) for n, count in found.all.reasons.most_common()],
            "choices": choices(request, found, refused, query),
            "most": MOST,
        }
        return render(request, PAGE, context, status=INVALID if problems else status)

    def context(self, query: QueryDict, found: Preview) -> dict[str, Any]:
        raise NotImplementedError


class BulkPage(_ManyPage):
    """The selection is the list's filter, over all pages."""

    origin = RunOrigin.FILTER

    def chosen_by(self, query: QueryDict) -> str:
        return in_words(query)

    def selection(self, query: QueryDict) -> tuple[QuerySet[ExceptionItem], list[str]]:
        found = selected(query)
        return found.selected(), found.problems

    def context(self, query: QueryDict, found: Preview) -> dict[str, Any]:
        return {
            "title": "Many at once",
            "filter": selected(query),
            "chosen": [(name, str(text)) for name, text in asked(query).dict().items()],
            "list_url": reverse("exceptions") + "?" + asked(query).urlencode(),
        }


#: Exceptions of a cause that its page lists; the counts are of all of them.
SHOWN = 20
#: Closed ones are opened again for these, which move their money.
FOR_THE_PAST = ("link_customer", "link_invoice")


class AlikePage(_ManyPage):
    """The selection is what has the same cause; on a wish also what was closed and still stands."""

    origin = RunOrigin.ALIKE

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.item_pk = kwargs["pk"]

    @cached_property
    def item(self) -> ExceptionItem:
        related = ("transaction", "batch", "line", "posting", "connection")
        return get_object_or_404(ExceptionItem.objects.select_related(*related), pk=self.item_pk)

    @cached_property
    def cause(self) -> Cause:
        return cause_of(self.item)

    def chosen_by(self, query: QueryDict) -> str:
        return f"what is alike to exception {self.item_pk}: {self.cause.words}"

    def selection(self, query: QueryDict) -> tuple[QuerySet[ExceptionItem], list[str]]:
        return self.cause.open(), []

    def rows(self, query: QueryDict, upto: int, action: str, values: Any) -> list[runs.Row]:
        found = super().rows(query, upto, action, values)
        if not query.get("with_past") or action not in FOR_THE_PAST:
            return found
        past = self.cause.past().filter(pk__lte=upto).order_by("pk")[: MOST - len(found)]
        wanted = past.values_list("pk", "amount", "currency")
        return found + [runs.Row(*row, action, values) for row in wanted]

    def context(self, query: QueryDict, found: Preview) -> dict[str, Any]:
        past = self.cause.past()
        newest = past.aggregate(newest=Max("pk"))["newest"] or 0
        found.upto = max(found.upto, newest)
        rows = [*self.cause.open().order_by("pk")[:SHOWN], *past.order_by("pk")[:SHOWN]]
        sums = past.order_by().values_list("currency").annotate(held=Sum("amount"))
        return {
            "title": "What is alike",
            "item": self.item,
            "subject": tables.subject(self.item),
            "cause": self.cause.words,
            "rows": [(row, effects_of.effect_in_words(row, query)) for row in rows],
            "past": past.count(),
            "past_money": run_tables.money_of({name: str(held) for name, held in sums if name}),
            "shown": SHOWN,
            "for_the_past": FOR_THE_PAST,
            "list_url": reverse("exception", args=[self.item_pk]),
        }


def choices(
    request: HttpRequest,
    found: Preview,
    refused: tuple[str, forms.Form] | None,
    query: QueryDict,
) -> list[Choice]:
    """The actions that fit any of the selection and are among the person's duties."""
    duties = duties_of(request.user)
    offered = []
    for name, action in ACTIONS.items():
        tally = found.by_action.get(name)
        if tally is None or action.duty not in duties or name in FOR_ONE:
            continue
        was_refused = refused is not None and refused[0] == name
        form = (
            refused[1]
            if refused is not None and was_refused
            else action.form_class(auto_id=f"id_{name}_%s", initial=_begun(query, name))
        )
        is_open = was_refused or query.get("action") == name
        left = found.all.number - tally.number
        needs_second = limits.needs_second(name, tally.amounts)
        offered.append(Choice(action, form, tally, left, is_open, needs_second))
    return offered


def _begun(query: QueryDict, name: str) -> dict[str, Any]:
    """What was done to one just before, as the beginning of the form for the others."""
    return dict(query.items()) if query.get("action") == name else {}


class RunList(DutyPage, ListPage):
    title = "Bulk runs"
    table = run_tables.RUNS
    filter_class = RunFilter
    template_name = "reconciliation/runs.html"
    empty = "What is done to many exceptions at once appears here, also while it goes on."

    def rows(self) -> QuerySet[BulkRun]:
        return runs.listed()


class RunDetail(DutyPage, ListPage):
    """How far a run is; asks for itself again while it goes on. Its rows are the list below."""

    title = "Bulk run"
    table = run_tables.RUN_ITEMS
    filter_class = RunItemFilter
    template_name = "reconciliation/run.html"
    empty = "The run has no rows."

    def rows(self) -> QuerySet[BulkItem]:
        return (
            BulkItem.objects.filter(run=self.kwargs["pk"])
            .select_related(
                "item__transaction",
                "item__batch",
                "item__line",
                "item__posting",
                "item__connection",
            )
            .prefetch_related("item__order")
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
    may_work = may(request.user, Duty.WORK_EXCEPTIONS)
    return {
        "run": run,
        "title": run_tables.run_title(run),
        "money": run_tables.money_of(run.amounts),
        "ended": run.done + run.refused,
        "waits": run.total - run.done - run.refused if run.state in UNFINISHED else 0,
        "is_going": run.state == RunState.RUNNING,
        "said": runs.why_not_done(run),
        "values": [(name.replace("_", " "), text) for name, text in run.values.items() if text],
        "may_undo": may_work
        and run.state not in UNFINISHED
        and run.origin != RunOrigin.UNDO
        and run.items.filter(state=RunItemState.DONE).exists(),
        "may_stop": may_work and run.state in UNFINISHED,
        "may_approve": run.state == RunState.ASKED
        and may(request.user, Duty.APPROVE_POSTINGS)
        and user_actor(request.user) != run.actor,
    }


class UndoOne(DutyPage):
    """Take back what was done to one exception, alone or in a run."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        row = get_object_or_404(BulkItem.objects.select_related("item", "run"), pk=pk)
        try:
            messages.success(request, f"Undone. {undo(row, user_actor(request.user))}")
        except DeskError as error:
            messages.error(request, f"Not undone: {error}")
        return HttpResponseRedirect(reverse("exception", args=[row.item_id]))


class RunStep(DutyPage):
    """Stop a run, undo one, or approve or decline one as the second person."""

    http_method_names = ["post"]
    STEPS: ClassVar[dict[str, tuple[Duty, Callable[[BulkRun, str], BulkRun | None], str]]] = {
        "stop": (Duty.WORK_EXCEPTIONS, runs.stop, "Stopped; what was done stays done."),
        "approve": (Duty.APPROVE_POSTINGS, runs.approve, "Approved; it goes on now."),
        "undo": (Duty.WORK_EXCEPTIONS, runs.undo_all, "It is being undone, row by row."),
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
            new = do(run, user_actor(request.user))
        except DeskError as error:
            messages.error(request, str(error))
        else:
            pk = new.pk if new is not None else pk
            messages.success(request, words_of_it)
        return HttpResponseRedirect(reverse("run", args=[pk]))
