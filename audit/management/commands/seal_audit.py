"""manage.py seal_audit: chain what was recorded and is not yet sealed."""

from typing import Any

from django.core.management.base import BaseCommand

from audit import services


class Command(BaseCommand):
    """Seals everything that is committed, late commits of the last day included."""

    help = "Give every audit entry that is not yet sealed its place in the chain."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seal and say how many."""
        self.stdout.write(f"{services.seal_all()} entries sealed.")
