"""Bounded and complete: many rows in portions, one portion a round, none left out for good."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from reconciliation.models import Rounds

ModelT = TypeVar("ModelT", bound=Model)


def portion(name: str, rows: QuerySet[ModelT], size: int) -> list[ModelT]:
    """The next `size` rows by primary key after those of the last round; then from the start.

    Fewer rows than that are all in every round, and nothing is written down.
    """
    position = _position(name)
    found = list(rows.filter(pk__gt=position).order_by("pk")[: size + 1])
    if position and len(found) <= size:
        # The end of the round: the next one's first rows fill it up.
        found = found[:size]
        rest = rows.filter(pk__lte=position).order_by("pk")[: size - len(found)]
        found += list(rest)
        _go_on(name, int(found[-1].pk) if rest and len(found) == size else 0)
        return found
    if len(found) > size:
        found = found[:size]
        _go_on(name, int(found[-1].pk))
    return found


def _position(name: str) -> int:
    known = Rounds.objects.filter(name=name).values_list("position", flat=True).first()
    return known or 0


def _go_on(name: str, position: int) -> None:
    Rounds.objects.update_or_create(name=name, defaults={"position": position})
