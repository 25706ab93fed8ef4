"""What a device keeps of a person's taste, for a year: nothing that anybody else could want."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpResponse

YEAR: Final = 365 * 24 * 3600


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
