"""The queue in the stock admin, to read. A schedule names code that a worker runs: whoever could
write one there would need neither a role nor a second person.
"""

from __future__ import annotations

import django_q.admin  # noqa: F401  (all four are registered before they are taken off)
from django.contrib import admin
from django_q.admin import FailAdmin, QueueAdmin, ScheduleAdmin, TaskAdmin
from django_q.models import Failure, OrmQ, Schedule, Success

from audit.read_only_admin import ReadOnlyAdmin

for _model in (Failure, OrmQ, Schedule, Success):
    admin.site.unregister(_model)


@admin.register(Schedule)
class ScheduleList(ReadOnlyAdmin, ScheduleAdmin):  # type: ignore[misc]
    """What wakes the workers, and when."""


@admin.register(Success)
class SuccessList(ReadOnlyAdmin, TaskAdmin):  # type: ignore[misc]
    """Wake-ups that ended well."""


@admin.register(Failure)
class FailureList(ReadOnlyAdmin, FailAdmin):  # type: ignore[misc]
    """Wake-ups that failed; nothing is sent again from here."""


@admin.register(OrmQ)
class QueueList(ReadOnlyAdmin, QueueAdmin):  # type: ignore[misc]
    """Wake-ups that wait."""
