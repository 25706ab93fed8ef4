"""What the web server runs. Production looks once for a demo's left-overs before it answers."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.environment import SettingsError

try:
    _pages = get_wsgi_application()
except SettingsError as error:
    sys.exit(f"Tieout does not start: {error}")

from config.checks import refuse_demo_users
from config.database import plan_for_pages
from config.entry import HookHandler, by_path

plan_for_pages()

application = by_path(_pages, HookHandler())

refuse_demo_users()
