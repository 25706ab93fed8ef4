"""The console's own addresses."""

from django.urls import path

from console.views import ThemeView

urlpatterns = [path("theme/", ThemeView.as_view(), name="theme")]
