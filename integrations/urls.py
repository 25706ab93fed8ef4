"""Addresses of the edge's pages, and of its webhook intake."""

from django.urls import path

from integrations.api.webhook import WebhookView
from integrations.views import alert_settings, alerts, connections, envelopes, pairs, statements
from integrations.views import connection_changes as changes
from integrations.views import connection_wizard as wizard

CONNECTION_SETUP = [
    path("connections/new/", wizard.NewConnection.as_view(), name="connection-new"),
    path(
        "connections/<int:pk>/change/<slug:step>/",
        wizard.ChangeConnection.as_view(),
        name="connection-edit",
    ),
    path(
        "connections/drafts/<int:pk>/settings/",
        wizard.SettingsStep.as_view(),
        name="connection-draft-settings",
    ),
    path(
        "connections/drafts/<int:pk>/secrets/",
        wizard.SecretsStep.as_view(),
        name="connection-draft-secrets",
    ),
    path(
        "connections/drafts/<int:pk>/test/",
        wizard.TestStep.as_view(),
        name="connection-draft-test",
    ),
    path(
        "connections/drafts/<int:pk>/finish/",
        wizard.FinishStep.as_view(),
        name="connection-draft-finish",
    ),
    path(
        "connections/drafts/<int:pk>/discard/",
        wizard.DiscardDraft.as_view(),
        name="connection-draft-discard",
    ),
    path("connections/<int:pk>/test/", connections.Test.as_view(), name="connection-test"),
    path("connections/<int:pk>/pause/", connections.Pause.as_view(), name="connection-pause"),
    path("connections/<int:pk>/resume/", connections.Resume.as_view(), name="connection-resume"),
    path(
        "connections/<int:pk>/operation/",
        connections.Operation.as_view(),
        name="connection-operation",
    ),
    path(
        "connections/<int:pk>/secrets/<slug:name>/retire/",
        connections.RetireSecret.as_view(),
        name="connection-secret-retire",
    ),
    path("connection-changes/", changes.ChangeList.as_view(), name="connection-changes"),
    path("connection-changes/<int:pk>/", changes.ChangeDetail.as_view(), name="connection-change"),
    path(
        "connection-changes/<int:pk>/approve/",
        changes.Approve.as_view(),
        name="connection-change-approve",
    ),
    path(
        "connection-changes/<int:pk>/refuse/",
        changes.Refuse.as_view(),
        name="connection-change-refuse",
    ),
    path(
        "connection-changes/<int:pk>/withdraw/",
        changes.Withdraw.as_view(),
        name="connection-change-withdraw",
    ),
    path("pairs/new/", pairs.NewPair.as_view(), name="pair-new"),
    path("pairs/<int:pk>/", pairs.PairDetail.as_view(), name="pair"),
]

urlpatterns = [
    path("hooks/<slug:slug>/", WebhookView.as_view(), name="webhook"),
    path("connections/", connections.ConnectionList.as_view(), name="connections"),
    path("connections/<int:pk>/", connections.ConnectionDetail.as_view(), name="connection"),
    *CONNECTION_SETUP,
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
    path("orders/upload/", statements.OrderUpload.as_view(), name="order-upload"),
    path("orders/files/<int:pk>/", statements.OrderFile.as_view(), name="order-file"),
    path("statements/<int:pk>/", statements.StatementDetail.as_view(), name="statement"),
]
