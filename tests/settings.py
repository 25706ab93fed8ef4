"""config.settings for tests: nothing of the developer's shell, a data folder of this checkout.

Processes that a test starts read config.settings themselves, with the variables set here.
"""

import os
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent / ".tieout" / "test"

if os.environ.get("TIEOUT_HOME") != str(HOME):
    for name in list(os.environ):
        if name.startswith("TIEOUT_") or name == "DATABASE_URL":
            del os.environ[name]
    os.environ["TIEOUT_HOME"] = str(HOME)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES  # noqa: E402

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

# Kept connections outlive the live server's threads and block the removal of the test database.
DATABASES["default"]["CONN_MAX_AGE"] = 0

# Between tests only those tables are emptied that have rows.
DATABASES["default"]["ENGINE"] = "tests.backend"

# Two runs in one checkout must not drop each other's database.
DATABASES["default"]["TEST"] = {"NAME": f"test_tieout_{os.getpid()}"}

# Argon2 is slow on purpose; a test that is about it names it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
