"""Addresses of the desk."""

from django.urls import path

from reconciliation.views import exceptions

urlpatterns = [
    path("exceptions/", exceptions.ExceptionBench.as_view(), name="exceptions"),
    path("exceptions/<int:pk>/", exceptions.ExceptionBench.as_view(), name="exception"),
    path(
        "exceptions/<int:pk>/<slug:name>/",
        exceptions.ExceptionAction.as_view(),
        name="exception-action",
    ),
]
