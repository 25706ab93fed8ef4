import os
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.demo.director import ALL_WELL, IMPOSSIBLE, PROBLEMS
from config.demo.errors import DemoError
from config.demo.run import described
from config.demo.stage import prepare
from config.demo.story import play


class Command(BaseCommand):
    """A part of the demo, in the environment that `manage.py demo` gives it; not for people."""

    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=["prepare", "play"])
        parser.add_argument("--run", required=True)
        parser.add_argument("--pace", type=float, default=0.0)

    def handle(self, *_: Any, **options: Any) -> None:
        if settings.TIEOUT_MODE != "demo":
            raise CommandError("Only `manage.py demo` starts its parts.")
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        code = ALL_WELL
        try:
            run = described(
                settings.TIEOUT_HOME, options["run"], os.environ.get("DATABASE_URL", "").strip()
            )
            if options["part"] == "prepare":
                prepare(run, self.stdout.write)
            elif not play(run, options["pace"], self.stdout.write):
                code = PROBLEMS
        except DemoError as error:
            self.stderr.write(str(error))
            code = IMPOSSIBLE
        sys.exit(code)
