"""One action for all exceptions that a filter selects: looked at first, then a run to follow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.schema import filters_of
from audit.api.views import ApiView, DetailView, ListView, WriteView
from audit.roles import Duty
from console.api import lists
from console.api.problems import ProblemError
from console.keyset import Order
from reconciliation.actions import ACTIONS
from reconciliation.api.bulk_serializers import (
    BeginRunBody,
    PreviewSerializer,
    RunDetailSerializer,
    RunRowSerializer,
    RunSerializer,
    sums,
)
from reconciliation.api.serializers import ExceptionDetailSerializer
from reconciliation.api.views import items
from reconciliation.api.writing import clean_values
from reconciliation.bulk_selection import FOR_ONE, in_words, selected
from reconciliation.choices import RunOrigin
from reconciliation.filters import ExceptionFilter, RunFilter, RunItemFilter
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.bulk import runs
from reconciliation.services.bulk.picking import Tally, preview
from reconciliation.services.desk import limits
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.undo import undo


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "number": tally.number,
        "amounts": sums(tally.amounts),
        "reasons": dict(tally.reasons.most_common()),
    }


class ExceptionsPreview(ApiView):
    """What a filter selects of the exceptions, and which actions fit how many of them."""

    def query_names(self) -> Collection[str]:
        return tuple(ExceptionFilter.base_filters)

    @extend_schema(
        operation_id="exceptions_preview",
        parameters=filters_of(ExceptionFilter),
        responses=PreviewSerializer,
    )
    def get(self, request: Request) -> Response:
        rows = lists.selected(request.query_params, ExceptionFilter, ExceptionItem.objects.all())
        found = preview(rows)
        actions = [
            {"action": name, "needs_second": limits.needs_second(name, tally.amounts)}
            | _tally(tally)
            for name, tally in found.by_action.items()
            if name in ACTIONS and name not in FOR_ONE
        ]
        return Response({**_tally(found.all), "upto": found.upto, "actions": actions})


class BeginRun(WriteView):
    """Begin one action for all open exceptions that a filter selects; a worker does it, row by row.

    Where the sum is more than one person may do alone, it waits (`asked`) until somebody else
    approves it. The action's own duty is asked for.
    """

    duty = Duty.VIEW  # the action's own is asked for by the service
    described_duty = Duty.WORK_EXCEPTIONS
    operation_id = "exceptions_run"
    body_class = BeginRunBody
    answer_class = RunDetailSerializer
    status = 202

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        action = ACTIONS[given["action"]]
        own = {n: v for n, v in given.items() if n not in ("action", "filter", "upto")}
        asked = QueryDict(mutable=True)
        asked.update(given["filter"])
        found = selected(asked)
        if not found.is_clean:
            wrong = {f"filter.{n}": [str(t) for t in ts] for n, ts in found.form.errors.items()}
            raise ProblemError("invalid-values", "Nothing was done.", wrong)
        values = clean_values(action, own)
        try:
            run = runs.begin(
                runs.rows_of(found.selected(), given["upto"], action.name, values),
                action=action.name,
                values=values,
                origin=RunOrigin.FILTER,
                chosen_by=in_words(asked),
                actor=actor,
            )
        except DeskError as error:
            raise ProblemError("refused", str(error)) from error
        return RunDetailSerializer(run).data


class RunList(ListView):
    """Bulk runs, the newest first."""

    filter_class = RunFilter
    order = Order("id")
    serializer_class = RunSerializer

    def rows(self) -> QuerySet[BulkRun]:
        return runs.listed()


class RunDetail(DetailView):
    """How far a run is, and why rows of it were not done."""

    serializer_class = RunDetailSerializer

    def rows(self) -> QuerySet[BulkRun]:
        return BulkRun.objects.all()


class RunRows(ListView):
    """The exceptions of a run, and what came of each."""

    filter_class = RunItemFilter
    order = Order("id", descending=False)
    serializer_class = RunRowSerializer

    def rows(self) -> QuerySet[BulkItem]:
        run = get_object_or_404(BulkRun, pk=self.kwargs["pk"])
        return BulkItem.objects.filter(run=run).select_related("item")


class _RunStep(WriteView):
    answer_class = RunDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(BulkRun, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        run = BulkRun.objects.get(pk=kwargs["pk"])
        try:
            made = self.step(run, actor)
        except DeskError as error:
            raise ProblemError("refused", str(error)) from error
        return RunDetailSerializer(BulkRun.objects.get(pk=made.pk)).data

    def step(self, run: BulkRun, actor: str) -> BulkRun:
        raise NotImplementedError


class StopRun(_RunStep):
    """Stop a run: what was done stays done, what waits is not begun."""

    duty = Duty.WORK_EXCEPTIONS
    operation_id = "runs_stop"

    def step(self, run: BulkRun, actor: str) -> BulkRun:
        runs.stop(run, actor)
        return run


class UndoRun(_RunStep):
    """Take back, row by row, what a run did. Answers the run that does so."""

    duty = Duty.WORK_EXCEPTIONS
    operation_id = "runs_undo"
    status = 202

    def step(self, run: BulkRun, actor: str) -> BulkRun:
        return runs.undo_all(run, actor)


class ApproveRun(_RunStep):
    """Let a run go that waits for a second person: never by whose key, or who, asked for it."""

    duty = Duty.APPROVE_POSTINGS
    operation_id = "runs_approve"

    def step(self, run: BulkRun, actor: str) -> BulkRun:
        runs.approve(run, actor)
        return run


class DeclineRun(_RunStep):
    """End a run that waits for a second person; nothing was done."""

    duty = Duty.APPROVE_POSTINGS
    operation_id = "runs_decline"

    def step(self, run: BulkRun, actor: str) -> BulkRun:
        runs.decline(run, actor)
        return run


class UndoRow(WriteView):
    """Take back what a run did to one exception. Answers the exception."""

    duty = Duty.WORK_EXCEPTIONS
    operation_id = "runs_rows_undo"
    answer_class = ExceptionDetailSerializer

    @extend_schema(parameters=[OpenApiParameter("row", int, OpenApiParameter.PATH)])
    def post(self, request: Request, **kwargs: Any) -> Any:
        return super().post(request, **kwargs)

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(BulkItem, run=kwargs["pk"], pk=kwargs["row"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        row = BulkItem.objects.select_related("item", "run").get(pk=kwargs["row"])
        try:
            undo(row, actor)
        except DeskError as error:
            raise ProblemError("refused", str(error)) from error
        return ExceptionDetailSerializer(items().get(pk=row.item_id)).data
