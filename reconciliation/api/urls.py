"""Addresses below /api/v1/."""

from django.urls import path

from reconciliation.api import views

urlpatterns = [
    path("censuses/", views.LastCensuses.as_view(), name="api-censuses"),
    path("censuses/<slug:slug>/", views.LastCensus.as_view(), name="api-census"),
    path(
        "nothing-missing/<slug:slug>/<str:day>/",
        views.NothingMissing.as_view(),
        name="api-nothing-missing",
    ),
]
