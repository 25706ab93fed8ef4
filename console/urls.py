"""The console's own addresses."""

from django.urls import path

from console.views import ThemeView
from console.views.saved import ForgetView, Views
from console.views.shortcuts import ShortcutsView

urlpatterns = [
    path("shortcuts/", ShortcutsView.as_view(), name="shortcuts"),
    path("theme/", ThemeView.as_view(), name="theme"),
    path("views/", Views.as_view(), name="views"),
    path("views/<int:pk>/forget/", ForgetView.as_view(), name="forget-view"),
]
