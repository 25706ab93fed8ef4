from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "audit"
    label = "audit"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from audit import sessions
        from audit.roles import create_groups

        user_logged_in.connect(sessions.begin, dispatch_uid="audit.sessions")
        post_migrate.connect(create_groups, sender=self, dispatch_uid="audit.roles")
