"""A page that asks for a duty: what every app's pages are built on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from django.db import transaction
from django.http import HttpRequest

from audit import services as audit
from audit.roles import Duty, may, require
from console.access import Page

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class DutyPage(Page):
    """`duty` is what the user must be allowed to do to see the page; posts may ask for more."""

    duty: ClassVar[Duty] = Duty.VIEW

    @property
    def user(self) -> User:
        """Who is at the page; a page is shown to nobody who has not logged in."""
        return cast("User", self.request.user)

    def check(self, request: HttpRequest) -> None:
        require(request.user, self.duty)

    def may_export(self, request: HttpRequest) -> bool:
        return may(request.user, Duty.EXPORT)

    def require_export(self, request: HttpRequest) -> None:
        require(request.user, Duty.EXPORT, ("list", request.path))

    def record_export(self, request: HttpRequest, kind: str, count: int) -> None:
        """Which rows left, as whose file: the filter says it exactly."""
        asked = {name: texts for name, texts in request.GET.lists() if name != "export"}
        with transaction.atomic():
            audit.record(
                "list.exported",
                ("list", request.path),
                actor=audit.user_actor(request.user),
                summary=f"{count} row(s) of {request.path} taken as {kind.upper()}.",
                details={"kind": kind, "rows": count, "filter": asked},
            )
