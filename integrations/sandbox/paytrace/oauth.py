"""Tokens of the password grant. Their expiry is wall time, unlike everything else here."""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from integrations.sandbox.database import Database
from integrations.sandbox.paytrace.answers import unauthorized
from integrations.sandbox.wire import Answer, Request


class Tokens:
    """Issues and checks tokens; only their hashes are stored."""

    def __init__(self, database: Database, username: str, password: str, seconds: int) -> None:
        self._database = database
        self._username = username
        self._password = password
        self._seconds = seconds
        self._known: dict[str, tuple[str, datetime]] = {}

    def issue(self, request: Request) -> Answer:
        given = _credentials(request)
        if given.get("grant_type") != "password":
            return unauthorized("unsupported_grant_type", "The grant type must be password.")
        names = (given.get("username"), given.get("password"))
        if names != (self._username, self._password):
            return unauthorized("invalid_grant", "The user name or the password is not valid.")
        token = ":".join(secrets.token_hex(size) for size in (40, 20, 20))
        now = datetime.now(UTC)
        expires_at = now + timedelta(seconds=self._seconds)
        with self._database.connection() as connection:
            connection.execute("DELETE FROM paytrace_token WHERE expires_at < %s", (now,))
            connection.execute(
                "INSERT INTO paytrace_token VALUES (%s, %s, %s)",
                (_hash(token), self._username, expires_at),
            )
        payload = {"access_token": token, "token_type": "bearer", "expires_in": self._seconds}
        return Answer(200, payload)

    def user(self, request: Request) -> str | None:
        """The user of a request's bearer, or None when it is missing, unknown or expired."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        key = _hash(token.strip())
        known = self._known.get(key) or self._look_up(key)
        if known is None:
            return None
        if known[1] <= datetime.now(UTC):
            self._known.pop(key, None)
            return None
        return known[0]

    def _look_up(self, key: str) -> tuple[str, datetime] | None:
        with self._database.connection() as connection:
            row = connection.execute(
                "SELECT username, expires_at FROM paytrace_token WHERE token_hash = %s", (key,)
            ).fetchone()
        if row is None:
            return None
        self._known[key] = (row[0], row[1])
        return self._known[key]


def _credentials(request: Request) -> dict[str, str]:
    """Form fields, or the same as a JSON object."""
    if "json" in request.headers.get("content-type", ""):
        try:
            values = json.loads(request.body)
        except ValueError:
            return {}
        if not isinstance(values, dict):
            return {}
        return {key: value for key, value in values.items() if isinstance(value, str)}
    form = parse_qs(request.body.decode("utf-8", "replace"))
    return {key: values[-1] for key, values in form.items()}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
