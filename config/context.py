"""What every page of the console shows around its content: pages, badge, ribbon, business day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from audit.roles import Duty, duties_of
from config import tour
from console.counting import Count, capped_counts
from console.views.shortcuts import single_keys_of
from console.views.theme import theme_of
from integrations.clock import business_now, wall_now
from integrations.services.alerts import unattended
from integrations.services.connection_changes import waiting
from reconciliation.questions import open_exceptions

SECTIONS: Final = (
    (
        "Observe",
        (
            ("dashboard", "Dashboard", "chart-bar-square", Duty.VIEW),
            ("transactions", "Transactions", "credit-card", Duty.VIEW),
            ("batches", "Settlement batches", "inbox-stack", Duty.VIEW),
            ("bank-lines", "Bank lines", "building-library", Duty.VIEW),
            ("orders", "Orders", "shopping-cart", Duty.VIEW),
            ("postings", "Postings", "paper-airplane", Duty.VIEW),
            ("documents", "ERP documents", "document-text", Duty.VIEW),
            ("censuses", "ERP checks", "scale", Duty.VIEW),
            ("completeness", "Nothing missing", "check-badge", Duty.VIEW),
            ("envelopes", "Envelopes", "envelope", Duty.VIEW_ENVELOPES),
        ),
    ),
    (
        "Work",
        (
            ("exceptions", "Exceptions", "exclamation-triangle", Duty.VIEW),
            ("customers", "Customers", "user-group", Duty.VIEW),
            ("alerts", "Alerts", "bell", Duty.VIEW),
        ),
    ),
    (
        "Set up",
        (
            ("connections", "Connections", "signal", Duty.VIEW),
            ("rule-sets", "Rule sets", "book-open", Duty.VIEW),
            ("rates", "Exchange rates", "arrows-right-left", Duty.VIEW),
            ("connection-changes", "To approve", "hand-raised", Duty.APPROVE_CONNECTIONS),
            ("alert-settings", "Alert routes", "megaphone", Duty.VIEW),
        ),
    ),
    (
        "Govern",
        (
            ("api-keys", "API keys", "key", Duty.MANAGE_KEYS),
            ("people", "People", "users", Duty.MANAGE_USERS),
            ("roles", "Roles", "identification", Duty.VIEW),
            ("audit", "Audit log", "finger-print", Duty.VIEW_AUDIT),
        ),
    ),
)


@dataclass(frozen=True)
class Badge:
    """A number beside a page's name. `id` is where a fragment replaces it."""

    id: str
    number: int
    text: str
    meaning: str


@dataclass(frozen=True)
class NavItem:
    url: str
    label: str
    icon: str
    is_current: bool
    badge: Badge | None


@dataclass(frozen=True)
class Section:
    label: str
    items: list[NavItem]


def _badge(name: str, count: Count, meaning: str) -> Badge:
    return Badge(f"badge-{name}", count.number, str(count), meaning)


class Frame:
    """Read by templates only where they show it: a fragment costs no query for the frame."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def theme(self) -> str:
        return theme_of(self.request)

    @cached_property
    def single_keys(self) -> str:
        return single_keys_of(self.request)

    @cached_property
    def idle_seconds(self) -> int:
        return int(settings.SESSION_COOKIE_AGE)

    @cached_property
    def ribbon(self) -> str:
        return "Demo" if settings.TIEOUT_MODE == "demo" else ""

    @cached_property
    def has_tour(self) -> bool:
        return tour.is_demo()

    @cached_property
    def tour_stop(self) -> tour.Stop | None:
        """The guided demo's note, on a page that it led to; nothing is asked on any other."""
        return tour.stop_at(self.request)

    @cached_property
    def business_day(self) -> date:
        return business_now().date()

    @cached_property
    def _counts(self) -> list[Count]:
        """The frame's numbers in one query: open exceptions, alerts, changes for this person."""
        return capped_counts(open_exceptions(), unattended(), waiting(self.request.user))

    @cached_property
    def made_at(self) -> datetime:
        """When the page was made, in wall time: a printed page says it."""
        return wall_now()

    @cached_property
    def badge(self) -> Badge:
        return _badge("exceptions", self._counts[0], "open")

    @cached_property
    def alerts_badge(self) -> Badge:
        return _badge("alerts", self._counts[1], "nobody looks after")

    @cached_property
    def changes_badge(self) -> Badge:
        return _badge("changes", self._counts[2], "wait for you")

    @cached_property
    def sections(self) -> list[Section]:
        """The pages that this person's roles open; a section without any is left out."""
        duties = duties_of(self.request.user)
        found = (
            Section(label, [self._item(*item) for *item, duty in items if duty in duties])
            for label, items in SECTIONS
        )
        return [section for section in found if section.items]

    def _item(self, name: str, label: str, icon: str) -> NavItem:
        url = reverse(name)
        path = self.request.path
        is_current = path == url if url == "/" else path.startswith(url)
        badges = {
            "exceptions": "badge",
            "alerts": "alerts_badge",
            "connection-changes": "changes_badge",
        }
        badge = getattr(self, badges[name]) if name in badges else None
        return NavItem(url, label, icon, is_current, badge)


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"console": Frame(request)}
