"""The webhook intake below /api/v1/: as at /hooks/, with the API's problem details."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from console.api import problems
from integrations.api.webhook import WebhookView
from integrations.api.webhook_schema import HEADERS, Announcement, Stored


class ApiWebhookView(WebhookView):
    """Senders that count every microsecond use /hooks/<connection>/, which is leaner."""

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle

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
