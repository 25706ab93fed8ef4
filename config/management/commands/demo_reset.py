from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Forgets the data of a demo run; the next `demo` begins anew."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", default="demo", help="name of the run")

    def handle(self, *_: Any, **options: Any) -> None:
        call_command("demo", "--reset", "--run", options["run"])
