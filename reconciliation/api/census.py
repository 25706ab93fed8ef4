"""The last censuses, and whether anything is missing of a day."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.views import ApiView
from integrations.models import Connection, Pair
from reconciliation.api.census_serializers import CensusSerializer, NothingMissingSerializer
from reconciliation.models import Census
from reconciliation.services import completeness
from reconciliation.statement_plain import as_plain


class LastCensuses(ApiView):
    @extend_schema(operation_id="censuses_list", responses=CensusSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The last census of each active pair."""
        newest = Census.objects.filter(pair=OuterRef("pk")).order_by("-number").values("pk")[:1]
        last = Pair.objects.filter(is_active=True).annotate(last=Subquery(newest))
        rows = (
            Census.objects.filter(pk__in=last.values("last"))
            .order_by("pair_id")
            .select_related("pair")
        )
        return Response(CensusSerializer(rows, many=True).data)


class LastCensus(ApiView):
    @extend_schema(responses=CensusSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The last census of a pair."""
        pair = get_object_or_404(Pair, slug=slug)
        census = Census.objects.filter(pair=pair).select_related("pair").order_by("-number").first()
        if census is None:
            raise NotFound(f"No census of {slug} has been taken yet.")
        return Response(CensusSerializer(census).data)


class NothingMissing(ApiView):
    @extend_schema(responses=NothingMissingSerializer)
    def get(self, request: Request, slug: str, day: str) -> Response:
        """The nothing-missing statement of a gateway's business day (YYYY-MM-DD)."""
        gateway = get_object_or_404(Connection, slug=slug, connector__in=completeness.GATEWAYS)
        try:
            wanted = completeness.day_named(day)
        except ValueError as error:
            raise NotFound(f"{day[:20]} is no day such as 2011-02-14.") from error
        plain = as_plain(gateway, completeness.statement(gateway, wanted))
        return Response(NothingMissingSerializer(plain).data)
