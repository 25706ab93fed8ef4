"""Rule sets in force, loaded once for each version and kept: a sealed version never changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from integrations.models import Pair
from mapping.choices import VersionState
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rulebook import RuleBook
from mapping.targets import open_fields_of

_loaded: dict[int, RuleBook] = {}


class RuleSetError(Exception):
    """A rule set cannot be changed like that; the message says why."""


def version_in_force(pair: Pair, day: date) -> RuleSetVersion | None:
    """The active version whose start is the newest that is not after `day`."""
    return (
        RuleSetVersion.objects.filter(pair=pair, state=VersionState.ACTIVE, active_from__lte=day)
        .order_by("-active_from")
        .first()
    )


def starts_of(pair: Pair) -> list[tuple[date, int]]:
    """Each active version's first day and id, the newest first: the first that has begun holds."""
    rows = RuleSetVersion.objects.filter(pair=pair, state=VersionState.ACTIVE)
    starts = rows.order_by("-active_from").values_list("active_from", "pk")
    return [(start, pk) for start, pk in starts if start is not None]


def rules_in_force(pair: Pair, day: date) -> RuleBook | None:
    """The rules for a business day, or None where no version covers it."""
    version = version_in_force(pair, day)
    if version is None:
        return None
    if version.pk not in _loaded:
        _loaded[version.pk] = load(version)
    return _loaded[version.pk]


def load(version: RuleSetVersion) -> RuleBook:
    """The rules of a version as plain values; one query for each kind."""
    rows: dict[str, Any] = {slug: kind.read(version) for slug, kind in KINDS.items()}
    return RuleBook(
        version_id=version.pk,
        number=version.number,
        deposit_pattern=version.deposit_pattern,
        targets=open_fields_of(version.pair.erp.connector)
        if rows["fields"] or rows["currencies"]
        else {},
        **rows,
    )
