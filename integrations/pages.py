"""A page that asks for a duty: what every app's pages are built on."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest

from audit.roles import Duty, require
from console.access import Page


class DutyPage(Page):
    """`duty` is what the user must be allowed to do to see the page; posts may ask for more."""

    duty: ClassVar[Duty] = Duty.VIEW

    def check(self, request: HttpRequest) -> None:
        require(request.user, self.duty)
