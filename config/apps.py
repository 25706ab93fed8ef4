from django.apps import AppConfig


class ConfigConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    label = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (importing registers them)
        from console import formats
        from console.api import fields
        from integrations.money import minor_units

        formats.use_minor_units(minor_units)
        fields.use_minor_units(minor_units)
