"""The webhook intake below /api/v1/: as at /hooks/, with the API's problem details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from audit.api.schema import Schema
from console.api.problems import handle
from integrations.api.webhook import WebhookView
from integrations.api.webhook_schema import HEADERS, Announcement, Stored


class ApiWebhookView(WebhookView):
    """Senders that count every microsecond use /hooks/<connection>/, which is leaner."""

    schema: Any = Schema()
    #: What it can be refused with: nothing is negotiated, and its headers say who sends.
    problems = (400, 401, 403, 404, 406, 411, 413, 429, 500, 503)

    def get_exception_handler(self) -> Callable[..., Any]:
        return handle

    @extend_schema(
        operation_id="hooks_receive",
        tags=["hooks"],
        request={"application/json": Announcement},
        parameters=[*HEADERS],
        responses={
            202: OpenApiResponse(Stored, description="Stored for good, or known already."),
        },
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Announce that something happened at the gateway."""
        return super().post(request, slug)
