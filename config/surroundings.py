"""What a worker's watch sees around it: the database gone, the disk nearly full.

An alert is a row, and without its database there are none. So the watch mails what concerns the
database itself straight to TIEOUT_ALERT_EMAILS, once for each outage, and notes it afterwards.
"""

from __future__ import annotations

import logging
import smtplib
from typing import Final

import psutil
from django.conf import settings
from django.core.mail import send_mail
from django.db import DatabaseError, InterfaceError

from integrations.choices import AlertKind
from integrations.services import alerts

logger = logging.getLogger(__name__)

#: How often the disk is looked at, and how long a database may restart, in seconds.
DISK_EVERY: Final = 60.0
RESTART_TAKES: Final = 30.0
DISK: Final = "disk:home"


class Surroundings:
    """`now` is a clock that only goes forward, in seconds."""

    def __init__(self) -> None:
        self._disk_looked: float | None = None
        self._disk_mailed = False
        self._lost_at: float | None = None
        self._lost_mailed = False

    def look(self, now: float) -> None:
        """Look at the disk, if it is time. Raises what the database raises."""
        if self._disk_looked is not None and now - self._disk_looked < DISK_EVERY:
            return
        self._disk_looked = now
        free = free_percent()
        if free >= settings.TIEOUT_DISK_FREE_PERCENT:
            self._disk_mailed = False
            alerts.clear(AlertKind.DISK_FULL, DISK)
            return
        title = f"Only {free:.1f} % of the disk that holds {settings.TIEOUT_HOME} are free."
        try:
            alerts.raise_alert(AlertKind.DISK_FULL, DISK, title, "Make room, or work will stop.")
        except (DatabaseError, InterfaceError):
            if not self._disk_mailed:
                self._disk_mailed = mail_directly(title, "It cannot even be noted any more.")
            raise

    def lost(self, now: float, error: Exception) -> None:
        """The database did not answer."""
        if self._lost_at is None:
            self._lost_at = now
        if now - self._lost_at >= RESTART_TAKES and not self._lost_mailed:
            self._lost_mailed = True
            mail_directly(
                "The database cannot be reached.",
                f"For {now - self._lost_at:.0f} seconds; work goes on by itself when it is back. "
                f"{type(error).__name__}: {error}",
            )

    def found(self, now: float) -> None:
        """The database answers. Raises what it raises after all."""
        if self._lost_at is None:
            return
        lasted, was_mailed = now - self._lost_at, self._lost_mailed
        title = f"The database could not be reached for {lasted:.0f} seconds; it is back."
        alerts.raise_alert(AlertKind.DATABASE_UNREACHABLE, "database:default", title)
        self._lost_at, self._lost_mailed = None, False
        if was_mailed:
            mail_directly(title, "")

    def wedged(self) -> None:
        """The queue's lock was lost with a worker: all workers end and are started again."""
        title = "No worker took tasks from the queue; all of them were ended to begin anew."
        try:
            alerts.raise_alert(AlertKind.WORKERS_STOPPED, "workers:queue", title)
        except (DatabaseError, InterfaceError):
            logger.exception("%s It could not be noted.", title)


def free_percent() -> float:
    return 100.0 - float(psutil.disk_usage(str(settings.TIEOUT_HOME)).percent)


def mail_directly(title: str, detail: str) -> bool:
    """Mail past the database; answers whether it left. Whoever watches must not fall over it."""
    if not settings.TIEOUT_ALERT_EMAILS:
        logger.error("%s %s TIEOUT_ALERT_EMAILS names nobody to mail.", title, detail)
        return False
    try:
        send_mail(
            f"[Tieout] Urgent, Operations: {title}"[:140],
            f"{title}\n{detail}\n",
            settings.DEFAULT_FROM_EMAIL,
            list(settings.TIEOUT_ALERT_EMAILS),
        )
    except (smtplib.SMTPException, OSError):
        logger.exception("%s And it could not be mailed.", title)
        return False
    return True
