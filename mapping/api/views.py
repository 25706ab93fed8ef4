"""Rule sets: every version, and the whole of one as its file."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from audit.api.views import ApiView, DetailView, ListView
from audit.roles import Duty
from console.keyset import Order
from mapping.api import examples
from mapping.api.serializers import RuleSetDetailSerializer, RuleSetSerializer
from mapping.filters import RuleSetFilter
from mapping.models import RuleSetVersion
from mapping.rule_set_table import with_ends
from mapping.services.taking import take_away


class RuleSetList(ListView):
    """Versions of rule sets, the newest first."""

    filter_class = RuleSetFilter
    order = Order("id")
    serializer_class = RuleSetSerializer

    def rows(self) -> QuerySet[RuleSetVersion]:
        return with_ends()


class RuleSetDetail(DetailView):
    """One version of a rule set, and who had which part in it. Its rows are in its file."""

    serializer_class = RuleSetDetailSerializer

    def rows(self) -> QuerySet[RuleSetVersion]:
        return with_ends()


class YamlText(BaseRenderer):
    """What the answer is negotiated with; the view writes the text itself."""

    media_type, format, charset = "application/yaml", "yaml", "utf-8"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        return str(data).encode()


class RuleSetFile(ApiView):
    """The whole rule set as the YAML file that can be imported again; the taking is recorded.

    Without the duty `export` the duty `edit_rules` (a key: `write:rules`) does.
    """

    described_duty = Duty.EXPORT
    renderer_classes = (YamlText,)

    @extend_schema(
        operation_id="rule_sets_file",
        examples=[examples.RULE_FILE],
        responses={(200, "application/yaml"): {"description": "A YAML document."}},
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        found = RuleSetVersion.objects.select_related("pair__gateway", "pair__erp")
        taken = take_away(self.caller, get_object_or_404(found, pk=pk))
        response = HttpResponse(taken.body, content_type=taken.content_type)
        response["Content-Disposition"] = f'attachment; filename="{taken.name}"'
        return response
