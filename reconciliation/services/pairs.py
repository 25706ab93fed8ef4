"""Work that is done for one pair after the other, by one worker at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date

from django.db import transaction

from integrations.clock import business_day, business_now
from integrations.locks import session_lock
from integrations.models import Pair
from reconciliation.choices import Reason
from reconciliation.services.apart import DATABASE_GONE, why
from reconciliation.services.desk_open import Wanted, open_exceptions

logger = logging.getLogger(__name__)


def for_each_pair(lock: str, step: Callable[[Pair], int]) -> int:
    """Do a step for every active pair that nobody else is doing it for; the sum of its answers.

    A pair for which it breaks is shown to a person and does not stop the others.
    """
    moved = 0
    for pair in Pair.objects.filter(is_active=True).select_related("gateway", "erp", "bank"):
        with session_lock(f"{lock}:{pair.pk}") as is_ours:
            if is_ours:
                moved += _apart(lock, step, pair)
    return moved


def _apart(lock: str, step: Callable[[Pair], int], pair: Pair) -> int:
    try:
        return step(pair)
    except DATABASE_GONE:
        raise
    except Exception as error:
        logger.exception("The step %s failed for %s.", lock, pair)
        with transaction.atomic():
            return open_exceptions([_broken(lock, pair, error)])


def _broken(lock: str, pair: Pair, error: Exception) -> Wanted:
    return Wanted(
        reason=Reason.SET_ASIDE,
        subject=f"pair:{pair.pk}:{lock}",
        connection=pair.gateway,
        message=f"{pair.name}, step “{lock}”: {why(error)}"[:400],
        business_on=today(pair),
        details={"step": lock},
    )


def of_gateway(gateway_id: int) -> Pair | None:
    """The pair that books what the gateway takes: the active one, where there are several."""
    return Pair.objects.filter(gateway=gateway_id).order_by("-is_active", "pk").first()


def today(pair: Pair) -> date:
    """The business day it is where the pair keeps its books."""
    return business_day(business_now(), pair.time_zone)
