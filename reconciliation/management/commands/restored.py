from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.services import restored
from reconciliation.services import after_restore


class Command(BaseCommand):
    help = (
        "After the database was restored from a backup: pause every connection and take a census"
        " (workers do so by themselves when TIEOUT_HOME still has the audit heads), then --resume."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resume", action="store_true", help="Let the connections work again.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resume"]:
            self._resume()
            return
        if restored.noticed() is None:
            count = restored.pause_all("command", "Somebody said that the database was restored.")
            self.stdout.write(f"{count} connections are paused.")
        after_restore.drain()
        missing = after_restore.without_census()
        if missing:
            names = ", ".join(pair.slug for pair in missing)
            raise CommandError(f"No census could be taken of {names}; try again.", returncode=2)
        self.stdout.write(
            "A census has been taken: look at it, then `manage.py restored --resume`."
        )

    def _resume(self) -> None:
        if restored.noticed() is None:
            raise CommandError("Nothing waits to be resumed after a restore.")
        missing = after_restore.without_census()
        if missing:
            names = ", ".join(pair.slug for pair in missing)
            raise CommandError(
                f"Of {names} no census has been taken since the restore;"
                " `manage.py restored` takes it."
            )
        count = restored.resume("command")
        self.stdout.write(f"{count} connections work again.")
