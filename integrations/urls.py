"""Addresses of the edge's pages, and of its webhook intake."""

from django.urls import path

from integrations.api.webhook import WebhookView
from integrations.views import connections, envelopes, statements

urlpatterns = [
    path("hooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
    path("connections/", connections.ConnectionList.as_view(), name="connections"),
    path("connections/<int:pk>/", connections.ConnectionDetail.as_view(), name="connection"),
    path("envelopes/", envelopes.EnvelopeList.as_view(), name="envelopes"),
    path("envelopes/<int:pk>/", envelopes.EnvelopeDetail.as_view(), name="envelope"),
    path("statements/upload/", statements.StatementUpload.as_view(), name="statement-upload"),
    path("statements/<int:pk>/", statements.StatementDetail.as_view(), name="statement"),
]
