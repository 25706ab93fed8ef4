"""Where each app's addresses begin."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView

from audit.api.views import NotThere
from config import profile, tour_views, views

urlpatterns = [
    path("", views.Dashboard.as_view(), name="dashboard"),
    path("accounts/login/", views.LogIn.as_view(), name="login"),
    path("accounts/login/code/", views.LogInCode.as_view(), name="login-code"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path(
        "accounts/password/<uidb64>/<token>/", profile.PasswordLink.as_view(), name="password-link"
    ),
    path("tour/", tour_views.Tour.as_view(), name="tour"),
    path("profile/", profile.Profile.as_view(), name="profile"),
    path("profile/password/", profile.ChangePassword.as_view(), name="password"),
    path("profile/sessions/end/", profile.EndOthers.as_view(), name="sessions-end"),
    path("profile/second-factor/", profile.SecondFactor.as_view(), name="second-factor"),
    path("profile/second-factor/picture/", profile.Picture.as_view(), name="second-factor-picture"),
    path(
        "profile/second-factor/codes/",
        profile.RecoveryCodes.as_view(),
        name="second-factor-codes",
    ),
    path("", include("console.urls")),
    path("", include("reconciliation.urls")),
    path("", include("mapping.urls")),
    path("", include("integrations.urls")),
    path("", include("audit.urls")),
    path("system/login/", views.SystemDoor.as_view(), name="system-login"),
    path("api/v1/", include("config.api_urls")),
    path("api/<path:rest>", NotThere.as_view()),
    path(
        "system/password_change/",
        RedirectView.as_view(pattern_name="profile"),
        name="system-password",
    ),
    path("system/", admin.site.urls),
]

handler400 = "config.views.bad_request"
handler403 = "config.views.permission_denied"
handler404 = "config.views.not_found"
handler500 = "config.views.server_error"
