from typing import Any

from django.core.management.commands import migrate
from django.db import connections

MIGRATION_LOCK = 7_316_853
"""Any number that nothing else in this database uses as an advisory lock."""


class Command(migrate.Command):
    """Django's migrate, one at a time: two at once collide half-way through a migration."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            super().handle(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
