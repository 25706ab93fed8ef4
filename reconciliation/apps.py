from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReconciliationConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "reconciliation"
    label = "reconciliation"

    def ready(self) -> None:
        from integrations.services import setting_changes
        from mapping import usage
        from mapping.services.versions import CONDITIONS
        from reconciliation.services.desk import limit_changes
        from reconciliation.services.fired_rules import fired_rules
        from reconciliation.services.impact_approval import require_seen

        post_migrate.connect(_schedule_census, sender=self)
        CONDITIONS.append(require_seen)
        setting_changes.register(limit_changes.SETTING)
        usage.count_with(fired_rules)


def _schedule_census(**kwargs: Any) -> None:
    """Ask every quarter of an hour whether a census is due."""
    from django_q.models import Schedule

    Schedule.objects.get_or_create(
        name="census",
        defaults={
            "func": "reconciliation.tasks.census_if_due",
            "schedule_type": Schedule.MINUTES,
            "minutes": 15,
            "repeats": -1,
        },
    )
