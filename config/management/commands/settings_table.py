from typing import Any

from django.core.management.base import BaseCommand

from config.environment import as_markdown


class Command(BaseCommand):
    help = "Print the table of settings that docs/configuration.md holds."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(as_markdown(), ending="")
