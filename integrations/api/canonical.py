"""The canonical records, for who writes a connector or reads what came of one."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.views import ApiView
from integrations.canonical_schema import canonical_schema


class CanonicalRecords(ApiView):
    @extend_schema(operation_id="canonical_records", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The shapes into which every gateway, bank and ERP is brought, as JSON Schema."""
        return Response(canonical_schema())
