"""Addresses of webhooks that are as good as a password: known as such, shortened to be shown."""

from __future__ import annotations

import hashlib
from typing import Final

import httpx

#: A part of a path this long is nothing that a person would choose: it lets whoever has it in.
TOKEN_FROM: Final = 16
#: Tells two shortened addresses of one host apart, and nothing else.
MARK: Final = 8
LEFT_OUT: Final = "/…"


def holds_secret(address: str) -> bool:
    """Whether an address lets in whoever knows it: by its query, or by a token in its path."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return bool(url.query) or any(len(part) >= TOKEN_FROM for part in url.path.split("/"))


def shortened(address: str) -> str:
    """The address up to its host, with a mark of what is left out."""
    url = httpx.URL(address)
    mark = hashlib.sha256(address.encode()).hexdigest()[:MARK]
    root = str(url.copy_with(raw_path=b"/", fragment=None)).rstrip("/")
    return f"{root}{LEFT_OUT}{mark}"


def is_shortened(address: str) -> bool:
    return LEFT_OUT in address
