"""The census that is taken by itself after the database came back from a backup."""

from __future__ import annotations

import logging
from typing import Final

from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.services import restored
from reconciliation.models import Census
from reconciliation.services import census

logger = logging.getLogger(__name__)

#: The newest of each action by itself, from its index: asked for both at once, PostgreSQL reads the
#: whole log backwards, at every look.
WAITING: Final = """EXISTS (
    SELECT 1 FROM (SELECT id, recorded_at FROM audit_entry WHERE action = 'hub.restored'
                    ORDER BY id DESC LIMIT 1) a
     WHERE a.id > coalesce((SELECT max(b.id) FROM audit_entry b
                             WHERE b.action = 'hub.resumed'), 0)
       AND EXISTS (
           SELECT 1 FROM integrations_pair p
            WHERE p.is_active AND NOT EXISTS (
                  SELECT 1 FROM reconciliation_census c
                   WHERE c.pair_id = p.id AND c.started_at >= a.recorded_at)))"""


def drain() -> int:
    """Take the censuses that are missing; answers how many were taken."""
    taken = 0
    for pair in without_census():
        try:
            census.take(pair, actor="worker")
            taken += 1
        except EdgeError as error:
            logger.warning("No census of %s after the restore yet: %s", pair, error.message)
        except census.CensusBusyError:
            logger.info("A census of %s is under way.", pair)
    return taken


def without_census() -> list[Pair]:
    """Active pairs of which no census has begun since the restore was noticed."""
    note = restored.noticed()
    if note is None:
        return []
    done = Census.objects.filter(started_at__gte=note.recorded_at).values("pair_id")
    pairs = Pair.objects.select_related("gateway", "erp", "bank").filter(is_active=True)
    return list(pairs.exclude(pk__in=done).order_by("slug"))
