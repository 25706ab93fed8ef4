#!/usr/bin/env python
"""Entry for Django's commands. A wrong setting or a missing database ends in one sentence."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError

from config.embedded import EmbeddedServerError
from config.environment import SettingsError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingsError as error:
        sys.exit(f"Tieout does not start: {error}")
    except OperationalError as error:
        if not isinstance(error.__cause__, EmbeddedServerError):
            raise
        sys.exit(f"Tieout does not start: {error}")


if __name__ == "__main__":
    main()
