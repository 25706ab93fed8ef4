"""manage.py verify_audit: verify the audit log in the database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from audit import services


class Command(BaseCommand):
    """Prints what was looked at and every fault; exit status 1 if there is any."""

    help = "Verify the audit log: changed, removed, inserted or moved entries and a cut tail."

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and say so."""
        report = services.verify()
        for sentence in report.sentences():
            self.stdout.write(sentence)
        if not report.ok:
            sys.exit(1)
