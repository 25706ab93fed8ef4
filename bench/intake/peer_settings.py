"""What the peers' Django settings have in common: nothing that costs anything."""

from __future__ import annotations

import json
import os
from typing import Any


def settings(urls: str, *apps: str) -> dict[str, Any]:
    """For `django.conf.settings.configure`. BENCH_DATABASE holds the database entry as JSON."""
    database = json.loads(os.environ["BENCH_DATABASE"])
    return {
        "SECRET_KEY": "only measured with",
        "DEBUG": False,
        "ALLOWED_HOSTS": ["*"],
        "ROOT_URLCONF": urls,
        "USE_TZ": True,
        "LOGGING_CONFIG": None,
        "MIDDLEWARE": [],
        "INSTALLED_APPS": list(apps),
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                **database,
                "CONN_MAX_AGE": None,
            }
        },
    }
