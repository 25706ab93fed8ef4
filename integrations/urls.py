"""Addresses of the edge's pages, and of its webhook intake."""

from django.urls import path

from integrations.api.webhook import WebhookView
from integrations.views import alert_settings, alerts, connections, envelopes, statements

urlpatterns = [
    path("hooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
    path("connections/", connections.ConnectionList.as_view(), name="connections"),
    path("connections/<int:pk>/", connections.ConnectionDetail.as_view(), name="connection"),
    path("envelopes/", envelopes.EnvelopeList.as_view(), name="envelopes"),
    path("envelopes/<int:pk>/", envelopes.EnvelopeDetail.as_view(), name="envelope"),
    path("alerts/", alerts.AlertList.as_view(), name="alerts"),
    path("alerts/<int:pk>/", alerts.AlertDetail.as_view(), name="alert"),
    path("alerts/<int:pk>/acknowledge/", alerts.Acknowledge.as_view(), name="alert-acknowledge"),
    path("settings/alerts/", alert_settings.AlertSettings.as_view(), name="alert-settings"),
    path("settings/alerts/routes/new/", alert_settings.NewRoute.as_view(), name="alert-route-new"),
    path(
        "settings/alerts/routes/<int:pk>/",
        alert_settings.ChangeRoute.as_view(),
        name="alert-route",
    ),
    path(
        "settings/alerts/routes/<int:pk>/test/",
        alert_settings.TestRoute.as_view(),
        name="alert-route-test",
    ),
    path(
        "settings/alerts/silences/new/", alert_settings.NewSilence.as_view(), name="alert-silence"
    ),
    path(
        "settings/alerts/silences/<int:pk>/end/",
        alert_settings.EndSilence.as_view(),
        name="alert-silence-end",
    ),
    path("settings/alerts/rhythm/<int:pk>/", alert_settings.Rhythm.as_view(), name="alert-rhythm"),
    path("statements/upload/", statements.StatementUpload.as_view(), name="statement-upload"),
    path("statements/<int:pk>/", statements.StatementDetail.as_view(), name="statement"),
]
