from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "audit"
    label = "audit"

    def ready(self) -> None:
        from audit.roles import create_groups

        post_migrate.connect(create_groups, sender=self, dispatch_uid="audit.roles")
