"""Where each app's addresses begin."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path

from config import views

urlpatterns = [
    path("", views.Dashboard.as_view(), name="dashboard"),
    path("accounts/login/", views.LogIn.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("", include("console.urls")),
    path("", include("reconciliation.urls")),
    path("api/v1/", include("reconciliation.api.urls")),
    path("", include("integrations.urls")),
    path("", include("audit.urls")),
    path("system/", admin.site.urls),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
