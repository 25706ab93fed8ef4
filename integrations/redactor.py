"""Taking secrets out of text before it becomes a message, a log line or an exception."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "***"
#: Shorter values would blacken ordinary text; a password that short protects nothing either.
SHORTEST_SECRET: Final = 4
EXCERPT: Final = 200

_NAMED = re.compile(
    r"(?i)(\"?(?:password|passwd|pwd|secret|client_secret|access_token|refresh_token|csc|"
    r"authorization|api[_-]?key)\"?\s*[:=]\s*\"?)(?:bearer\s+|basic\s+)?[^\s\"&,;}]+"
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/:=-]{8,}")
_URL_USER = re.compile(r"(://[^/\s:@]+:)[^@\s/]+(@)")
_CARD = re.compile(r"(?<!\d)(?:\d[ -]?){9,15}(\d{4})(?!\d)")


class Redactor:
    """Knows the secrets of one connection and removes them, and what looks like one, from text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        for secret in secrets:
            self.hide(secret)

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} values)"

    def hide(self, secret: str) -> None:
        """Remember one more secret, a token for example, in the forms a wire may show it."""
        if len(secret) >= SHORTEST_SECRET:
            self._secrets.update({secret, quote(secret, safe=""), quote_plus(secret)})

    def clean(self, text: str) -> str:
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        text = _NAMED.sub(rf"\1{HIDDEN}", text)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        text = _URL_USER.sub(rf"\1{HIDDEN}\2", text)
        return _CARD.sub(rf"{HIDDEN}\1", text)

    def excerpt(self, body: bytes) -> str:
        """The beginning of a body as one clean line, for a person to recognise."""
        text = self.clean(body[: EXCERPT * 8].decode("utf-8", "replace"))
        shown = "".join(character if character.isprintable() else " " for character in text)
        line = " ".join(shown.split())
        return line[:EXCERPT] + ("…" if len(line) > EXCERPT else "")
