"""The edge's addresses."""

from django.urls import path

from integrations.api.webhook import WebhookView

app_name = "integrations"

urlpatterns = [
    path("hooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
]
