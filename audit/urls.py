"""Addresses of the audit log."""

from django.urls import path

from audit import views

urlpatterns = [
    path("audit/", views.EntryList.as_view(), name="audit"),
    path("audit/<int:pk>/", views.EntryDetail.as_view(), name="audit-entry"),
]
