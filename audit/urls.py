"""Addresses of the audit log and of the API keys."""

from django.urls import path

from audit import key_views, views

urlpatterns = [
    path("audit/", views.EntryList.as_view(), name="audit"),
    path("audit/<int:pk>/", views.EntryDetail.as_view(), name="audit-entry"),
    path("keys/", key_views.ApiKeys.as_view(), name="api-keys"),
    path("keys/<int:pk>/revoke/", key_views.RevokeApiKey.as_view(), name="api-key-revoke"),
]
