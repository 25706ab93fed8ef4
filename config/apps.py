from django.apps import AppConfig


class ConfigConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    label = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (importing registers them)
        from console.formats import use_minor_units
        from integrations.money import minor_units

        use_minor_units(minor_units)
