from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IntegrationsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "integrations"
    label = "integrations"

    def ready(self) -> None:
        post_migrate.connect(_schedule_sweep, sender=self)


def _schedule_sweep(**kwargs: Any) -> None:
    """The sweep that finds what a lost wake-up left, each minute; the audit chain, each night."""
    from django_q.models import Schedule

    Schedule.objects.get_or_create(
        name="sweep",
        defaults={
            "func": "integrations.tasks.sweep",
            "schedule_type": Schedule.MINUTES,
            "minutes": 1,
            "repeats": -1,
        },
    )
    Schedule.objects.get_or_create(
        name="verify audit",
        defaults={
            "func": "integrations.tasks.verify_audit",
            "kwargs": "q_options={'timeout': 3600}",
            "schedule_type": Schedule.DAILY,
            "repeats": -1,
        },
    )
