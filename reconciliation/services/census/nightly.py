"""The census each night, and the one that somebody asks for: queued, with time enough.

The schedule asks every quarter of an hour which pairs have no census since the hour that is set: a
census that the ERP did not answer is tried again, one that was taken is not.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django_q.tasks import async_task

from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, require
from integrations.choices import AlertKind
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.locks import is_held
from integrations.models import Pair
from integrations.services import alerts
from reconciliation.models import Census
from reconciliation.services.census.taking import CensusBusyError, take

logger = logging.getLogger(__name__)

#: Longer than any census; the queue ends other tasks much sooner.
LONGEST: Final = timedelta(hours=6)


def due_since(now: datetime) -> datetime:
    """The last time that the hour of the census began (UTC)."""
    hour: int = settings.TIEOUT_CENSUS_HOUR
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)


def due(now: datetime) -> list[Pair]:
    """Active pairs without a census since the hour that is set; new ones wait for their first."""
    since = due_since(now)
    taken = Census.objects.filter(pair=OuterRef("pk"), started_at__gte=since)
    pairs = Pair.objects.filter(is_active=True, created_at__lt=since).exclude(Exists(taken))
    return list(pairs.order_by("pk"))


def enqueue_due() -> int:
    """Queue a census for every pair that is due and not being counted."""
    pairs = [pair for pair in due(wall_now()) if not is_held(f"census:{pair.pk}")]
    for pair in pairs:
        enqueue(pair, "worker")
    return len(pairs)


def ask(who: Someone, pair: Pair) -> None:
    """Queue a census for somebody who works on exceptions."""
    require(who, Duty.WORK_EXCEPTIONS, ("pair", str(pair.pk)))
    actor = audit.user_actor(who)
    with transaction.atomic():
        audit.record(
            "census.asked",
            ("pair", str(pair.pk)),
            actor=actor,
            summary=f"An ERP check of {pair.name} was asked for.",
        )
        enqueue(pair, actor)


def enqueue(pair: Pair, actor: str) -> None:
    async_task(
        "reconciliation.tasks.take_census",
        pair.pk,
        actor,
        timeout=int(LONGEST.total_seconds()),
        save=False,
    )


def take_one(pair_id: int, actor: str) -> bool:
    """Take it; answers whether it was. An ERP that does not answer is told, and tried again."""
    pair = Pair.objects.select_related("gateway", "erp", "bank").get(pk=pair_id)
    subject = f"census:{pair.slug}"
    try:
        take(pair, actor)
    except CensusBusyError:
        return False
    except EdgeError as error:
        logger.warning("The census of %s could not be taken: %s", pair, error.message)
        title = f"{pair.name}: the ERP could not be checked"
        alerts.raise_alert(
            AlertKind.DRAIN_FAILING, subject, title, error.message, connection=pair.erp
        )
        return False
    alerts.clear(AlertKind.DRAIN_FAILING, subject)
    return True
