"""Which rows of a draft fired lately, in whichever version they stood then.

What fired is known to the books above; they hand in how to ask for it (`count_with`).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from datetime import date, timedelta

from integrations.clock import business_now
from integrations.models import Pair
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rules.rows import Row
from mapping.services.rulesets import load

#: Version and name of each rule that fired for a pair since a business day, and how often.
Fired = Iterable[tuple[int, str, int]]
_counters: list[Callable[[Pair, date], Fired]] = []


def count_with(counter: Callable[[Pair, date], Fired]) -> None:
    """Called once, at start, by the app that knows."""
    _counters[:] = [counter]


def times_fired(version: RuleSetVersion, days: int) -> dict[tuple[str, int], int]:
    """How often each row of a version, by kind and position, fired in the last business days.

    A row is the same one in another version if it asks for and says the same.
    """
    since = business_now().date() - timedelta(days=days)
    counts: dict[tuple[str, tuple[object, ...]], int] = {}
    for version_id, names in _by_version(version.pair, since).items():
        fired_in = load(RuleSetVersion.objects.get(pk=version_id))
        for slug in KINDS:
            for row in getattr(fired_in, slug):
                key = (slug, _content(row))
                counts[key] = counts.get(key, 0) + names.get(row.name, 0)
    return {
        (slug, row.position): counts.get((slug, _content(row)), 0)
        for slug, kind in KINDS.items()
        for row in kind.read(version)
    }


def _by_version(pair: Pair, since: date) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for counter in _counters:
        for version_id, name, times in counter(pair, since):
            names = found.setdefault(version_id, {})
            names[name] = names.get(name, 0) + times
    return found


def _content(row: Row) -> tuple[object, ...]:
    fields = dataclasses.fields(row)
    return tuple(getattr(row, field.name) for field in fields if field.name != "position")
