"""What stands below /api/v1/."""

from typing import Any

from django.urls import include, path
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularAPIView

from audit.api.views import ApiView
from config import health


class SchemaView(ApiView, SpectacularAPIView):
    """This schema, as YAML or, where `Accept` asks for it, as JSON."""

    renderer_classes: Any = (OpenApiYamlRenderer2, OpenApiJsonRenderer2)


urlpatterns = [
    path("health/live", health.Live.as_view()),
    path("health/ready", health.Ready.as_view()),
    path("schema", SchemaView.as_view()),
    path("", include("audit.api.urls")),
    path("", include("integrations.api.urls")),
    path("", include("mapping.api.urls")),
    path("", include("reconciliation.api.urls")),
]
