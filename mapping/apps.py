from django.apps import AppConfig


class MappingConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "mapping"
    label = "mapping"

    def ready(self) -> None:
        from integrations.services import setting_changes
        from mapping.services.customers import policies

        setting_changes.register(policies.SETTING)
