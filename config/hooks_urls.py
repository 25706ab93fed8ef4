"""The addresses behind the webhook entry: one, and errors as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path

from integrations.api.webhook import WebhookView

urlpatterns = [path("hooks/<slug:slug>/", WebhookView.as_view(), name="webhook")]


def bad_request(request: HttpRequest, exception: Any = None) -> JsonResponse:
    return JsonResponse({"detail": "This request cannot be read."}, status=400)


def not_found(request: HttpRequest, exception: Any = None) -> JsonResponse:
    return JsonResponse({"detail": "There is no such address."}, status=404)


def server_error(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"detail": "Not stored: a fault of ours. Send it again."}, status=500)


handler400 = bad_request
handler404 = not_found
handler500 = server_error
