"""Addresses of the audit log below /api/v1/."""

from django.urls import path

from audit.api import log

urlpatterns = [
    path("audit-entries", log.EntryList.as_view()),
    path("audit-entries/<int:pk>", log.EntryDetail.as_view()),
]
