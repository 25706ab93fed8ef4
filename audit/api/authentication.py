"""Authentication of the API: a key as bearer, or the session of somebody who is logged in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.holders import KeyHolder
from audit.keys import KeyRefusedError, recognise


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer tk_…`. Any other header of that name is refused, never passed over."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, str] | None:
        header = get_authorization_header(request)
        if not header:
            return None
        parts = header.decode("latin-1").split()
        if len(parts) != 2 or parts[0].lower() != "bearer":
            raise AuthenticationFailed("The header Authorization must be “Bearer tk_…”.")
        try:
            return recognise(parts[1]), "key"
        except KeyRefusedError as error:
            raise AuthenticationFailed(str(error)) from error

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Tieout"'


class Session(SessionAuthentication):
    """The console's session; a writing call needs the CSRF token, as a form does."""


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "audit.api.authentication.BearerKey"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tk_…",
            "description": "An API key, made by an administrator under “API keys”.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "audit.api.authentication.Session"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The console's session. Writing calls need the header X-CSRFToken.",
        }
