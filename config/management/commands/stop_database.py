from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.demo import server
from config.embedded import stop


class Command(BaseCommand):
    help = "Stop the embedded PostgreSQL of this data folder. The next query starts it again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop(settings.TIEOUT_HOME)
        server.hand_over(settings.TIEOUT_HOME)
        self.stdout.write(f"The embedded PostgreSQL of {settings.TIEOUT_HOME} is stopped.")
