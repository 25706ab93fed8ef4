"""manage.py export_audit --to DIR: the audit log as files to be verified elsewhere."""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.export import export_audit


class Command(BaseCommand):
    """Writes JSON lines and the stand-alone verifier into a folder of their own."""

    help = "Export the audit log with a verifier that needs neither hub nor database."

    def add_arguments(self, parser: CommandParser) -> None:
        """--to names the folder."""
        parser.add_argument("--to", type=Path, required=True, help="a new or empty folder")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export and say what and how to verify it."""
        folder: Path = options["to"]
        try:
            done = export_audit(folder, actor=f"shell:{getpass.getuser()}")
        except OSError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.entries} entries, {done.links} links, {done.checkpoints} checkpoints and "
            f"{done.heads} heads written to {folder}."
        )
        self.stdout.write(f"Verify them with: python {folder}/verifier.py {folder}")
