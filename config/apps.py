from typing import Any

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    label = "config"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_login_failed

        from config import checks  # noqa: F401  (importing registers them)
        from console import formats
        from console.api import fields
        from integrations.money import minor_units

        formats.use_minor_units(minor_units)
        fields.use_minor_units(minor_units)
        user_login_failed.connect(_log_in_refused, dispatch_uid="config.log_in_refused")


def _log_in_refused(sender: Any, credentials: Any, **kwargs: Any) -> None:
    from config.views import note_refused

    note_refused(sender, credentials)
