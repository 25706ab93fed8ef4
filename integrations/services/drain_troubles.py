"""Drains that keep failing: counted in each worker, told when it is no accident any more."""

from __future__ import annotations

import logging
from typing import Final

from django.db import DatabaseError

from integrations.choices import AlertKind
from integrations.services import alerts

logger = logging.getLogger(__name__)

#: So many failures in a row of one drain in one worker.
TOLD_AFTER: Final = 3
#: Failures in a row by drain. A drain that is not in here has not been looked at in this process.
_in_a_row: dict[str, int] = {}


def failed(path: str, error: Exception) -> None:
    """Count it; never raises, for the lane goes on with its other drains."""
    _in_a_row[path] = _in_a_row.get(path, 0) + 1
    if _in_a_row[path] < TOLD_AFTER:
        return
    title = f"{name_of(path)} keeps failing; its rows wait."
    detail = f"{path}: {type(error).__name__}: {error}"
    try:
        alerts.raise_alert(AlertKind.DRAIN_FAILING, f"drain:{path}", title, detail)
    except DatabaseError:
        logger.exception("The failing drain %s could not be noted.", path)


def worked(path: str) -> None:
    """It runs. Costs nothing while it does; the first time it ends what another worker noted."""
    if _in_a_row.get(path) == 0:
        return
    _in_a_row[path] = 0
    alerts.clear(AlertKind.DRAIN_FAILING, f"drain:{path}")


def name_of(path: str) -> str:
    """`reconciliation.services.adding_up.drain` as `Adding up`."""
    return path.split(".")[-2].replace("_", " ").capitalize()
