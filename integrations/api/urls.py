"""Addresses of the edge below /api/v1/."""

from django.urls import path

from integrations.api import alerts, canonical, envelopes, hooks, views

urlpatterns = [
    path("connections", views.ConnectionList.as_view()),
    path("connections/<int:pk>", views.ConnectionDetail.as_view()),
    path("connections/<int:pk>/pause", views.PauseConnection.as_view()),
    path("connections/<int:pk>/resume", views.ResumeConnection.as_view()),
    path("statements", views.StatementUpload.as_view()),
    path("statements/<int:pk>", views.StatementDetail.as_view()),
    path("canonical-records", canonical.CanonicalRecords.as_view()),
    path("alerts", alerts.AlertList.as_view()),
    path("alerts/<int:pk>", alerts.AlertDetail.as_view()),
    path("alerts/<int:pk>/acknowledge", alerts.AcknowledgeAlert.as_view()),
    path("envelopes", envelopes.EnvelopeList.as_view()),
    path("envelopes/<int:pk>", envelopes.EnvelopeDetail.as_view()),
    path("hooks/<slug:slug>", hooks.ApiWebhookView.as_view()),
]
