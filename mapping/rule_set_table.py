"""How versions of rule sets stand, in words, and the columns of their list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.safestring import SafeString

from console import formats
from console.keyset import Order
from console.tables import Column, Table
from integrations.clock import business_now
from mapping.choices import VersionState
from mapping.models import RuleSetVersion


def with_ends() -> QuerySet[RuleSetVersion]:
    """Versions with `next_from`: the day on which another one of their pair takes over, if any."""
    later = RuleSetVersion.objects.filter(
        pair=OuterRef("pair"), state=VersionState.ACTIVE, active_from__gt=OuterRef("active_from")
    )
    found = RuleSetVersion.objects.select_related("pair")
    return found.annotate(
        next_from=Subquery(later.order_by("active_from").values("active_from")[:1])
    )


def ends_on(version: RuleSetVersion) -> date | None:
    """The last business day that the version decides; None for one without an end, or start."""
    if version.state != VersionState.ACTIVE:
        return None
    next_from: date | None = getattr(version, "next_from", None)
    return next_from - timedelta(days=1) if next_from else None


def standing(version: RuleSetVersion, today: date) -> tuple[str, str]:
    """In words, and a tone: what the state means on a business day."""
    if version.state == VersionState.DRAFT:
        return "Draft", "info"
    if version.state == VersionState.REVIEWED:
        return "Waits for approval", "warn"
    if version.active_from is None:
        return "Set aside", "mute"
    if version.state == VersionState.RETIRED:
        return "Replaced", "mute"
    if version.active_from > today:
        return "Comes into force", "warn"
    end = ends_on(version)
    return ("Was in force", "mute") if end and end < today else ("In force", "good")


def standing_now(version: RuleSetVersion) -> tuple[str, str]:
    return standing(version, business_now().date())


def standing_tag(version: RuleSetVersion) -> SafeString:
    return formats.tag(*standing_now(version))


def name_of(version: RuleSetVersion) -> str:
    return f"{version.pair.name}, version {version.number}"


def who(actor: str) -> str:
    return actor.removeprefix("user:")


RULE_SETS: Final = Table[RuleSetVersion](
    caption="Versions of rule sets",
    order=Order("id"),
    card=("state", "active_from", "note"),
    columns=(
        Column(
            "name",
            "Rule set",
            name_of,
            lambda row: formats.link(reverse("rule-set", args=[row.pk]), name_of(row)),
        ),
        Column("state", "State", lambda row: standing_now(row)[0], standing_tag),
        Column(
            "active_from",
            "Holds from",
            lambda row: row.active_from,
            lambda row: formats.day(row.active_from),
        ),
        Column("until", "To", ends_on, lambda row: formats.day(ends_on(row))),
        Column("note", "Why", lambda row: row.note, css="clip"),
        Column("created_by", "Made by", lambda row: who(row.created_by)),
        Column("approved_by", "Approved by", lambda row: who(row.approved_by)),
        Column(
            "created_at",
            "Made",
            lambda row: row.created_at,
            lambda row: formats.moment(row.created_at),
            sort="id",
        ),
    ),
)
