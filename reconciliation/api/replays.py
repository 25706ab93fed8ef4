"""Replays of rule sets: asked for, followed, read, and approved as what puts a version in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from audit.api.views import DetailView, ListView, WriteView
from audit.roles import Duty
from console.api.problems import ProblemError
from console.keyset import Order
from mapping.api.serializers import StartBody
from mapping.models import RuleSetVersion
from mapping.services.rulesets import RuleSetError
from reconciliation.api.replay_serializers import (
    PeriodBody,
    ReplayDetailSerializer,
    ReplayRowSerializer,
    ReplaySerializer,
)
from reconciliation.filters import ReplayFilter, ReplayRowFilter
from reconciliation.models import Impact, ImpactRow
from reconciliation.services import impact as replays
from reconciliation.services import impact_approval


def _replays() -> QuerySet[Impact]:
    return Impact.objects.select_related("pair", "version__pair__erp")


class ReplayList(ListView):
    """Replays of rule sets over past periods, the newest first."""

    filter_class = ReplayFilter
    order = Order("id")
    serializer_class = ReplaySerializer

    def rows(self) -> QuerySet[Impact]:
        return Impact.objects.select_related("pair")


class ReplayDetail(DetailView):
    """How far a replay is, and what would be different: by account, month and customer."""

    serializer_class = ReplayDetailSerializer

    def rows(self) -> QuerySet[Impact]:
        return _replays()


class ReplayRows(ListView):
    """The documents that would be others under the replayed version, in order."""

    filter_class = ReplayRowFilter
    order = Order("id", descending=False)
    serializer_class = ReplayRowSerializer

    def rows(self) -> QuerySet[ImpactRow]:
        return get_object_or_404(Impact, pk=self.kwargs["pk"]).rows.all()


class StartReplay(WriteView):
    """Replay a version over business days of the past; a worker does it, in portions.

    Nothing is posted. While a replay of the version runs, that one is answered.
    """

    duty = Duty.REPLAY_RULES
    operation_id = "rule_sets_replay"
    body_class = PeriodBody
    answer_class = ReplayDetailSerializer
    status = 202

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(RuleSetVersion, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        version = RuleSetVersion.objects.select_related("pair").get(pk=kwargs["pk"])
        asked = replays.ask_for(self.caller, version, given["first_on"], given["last_on"])
        return ReplayDetailSerializer(_replays().get(pk=asked.pk)).data


class ApproveReplay(WriteView):
    """Put the replayed version in force, as the second person, having seen what it would do.

    Refused for a key whose owner had a part in making the version, and after it was edited.
    """

    duty = Duty.APPROVE_RULES
    operation_id = "replays_approve"
    body_class = StartBody
    answer_class = ReplayDetailSerializer

    def look(self, request: Request, **kwargs: Any) -> None:
        get_object_or_404(Impact, pk=kwargs["pk"])

    def work(self, given: Mapping[str, Any], actor: str, **kwargs: Any) -> Mapping[str, Any]:
        impact = _replays().get(pk=kwargs["pk"])
        try:
            impact_approval.approve(impact, given["active_from"], self.caller)
        except RuleSetError as error:
            raise ProblemError("refused", str(error)) from error
        return ReplayDetailSerializer(_replays().get(pk=impact.pk)).data
