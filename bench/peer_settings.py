"""django-q2 by itself, one task an event: as it comes, or (BENCH_BEST=1) with its best settings."""

import os
from typing import Any

from config.settings import DATABASES as OURS
from config.settings import SECRET_KEY  # noqa: F401

USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_q"]
IS_BEST = os.environ.get("BENCH_BEST") == "1"
DATABASES: dict[str, Any] = {
    "default": {**OURS["default"], "CONN_MAX_AGE": None if IS_BEST else 0},
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
Q_CLUSTER: dict[str, Any] = {"name": "peer", "orm": "default"}
if IS_BEST:
    Q_CLUSTER |= {
        "workers": 2,
        "bulk": 50,
        "save_limit": -1,
        "queue_limit": 500,
        "recycle": 1_000_000,
        "catch_up": False,
        "scheduler": False,
        "log_level": "ERROR",
    }
