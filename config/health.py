"""Whether this process lives and the installation can work: without log-in and secrets."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import Final

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django_q.models import Schedule
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.views import ApiView
from integrations.clock import wall_now
from integrations.models import Lane
from integrations.services.lanes import DEAD_AFTER, lane_names

#: The schedule wakes every lane each minute; so late, nobody is there to be woken.
SCHEDULE_LATE: Final = timedelta(minutes=3)
OK: Final = "ok"

_live = inline_serializer("Live", {"status": serializers.ChoiceField([OK])})
_ready = inline_serializer(
    "Ready",
    {
        "status": serializers.ChoiceField([OK, "not_ready"]),
        "checks": serializers.DictField(child=serializers.CharField()),
    },
)


class HealthView(ApiView):
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()


class Live(HealthView):
    """This process answers. Asks nobody else."""

    @extend_schema(operation_id="health_live", responses={200: _live})
    def get(self, request: Request) -> Response:
        return Response({"status": OK})


class Ready(HealthView):
    """The database answers, its tables are those of this version, and workers are there."""

    @extend_schema(operation_id="health_ready", responses={200: _ready, 503: _ready})
    def get(self, request: Request) -> Response:
        checks = readiness()
        is_ready = all(said == OK for said in checks.values())
        body = {"status": OK if is_ready else "not_ready", "checks": checks}
        return Response(body, status=200 if is_ready else 503)


def readiness() -> dict[str, str]:
    try:
        return {"database": OK, "migrations": _migrations(), "workers": _workers()}
    except Error:
        return {"database": "does not answer"}


@lru_cache(maxsize=1)
def _known() -> frozenset[tuple[str, str]]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations)


def _migrations() -> str:
    missing = _known() - set(MigrationRecorder(connection).applied_migrations())
    return OK if not missing else "not all applied"


def _workers() -> str:
    """A lane at work has a fresh sign of life; one at rest is woken by the schedule in time."""
    now = wall_now()
    fresh = set(Lane.objects.filter(beat_at__gt=now - DEAD_AFTER).values_list("name", flat=True))
    if fresh >= set(lane_names()):
        return OK
    due = Schedule.objects.filter(name="sweep").values_list("next_run", flat=True).first()
    if due is None or now - due > SCHEDULE_LATE:
        return "not at work"
    lost = Lane.objects.filter(queued_at__lt=now - SCHEDULE_LATE).exists()
    return "behind" if lost else OK
