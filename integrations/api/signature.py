"""What a signed webhook's headers say, and whether its signature fits: pure."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Final

from integrations.webhook_signature import PREFIX, secret_bytes, sign

__all__ = [
    "PREFIX",
    "HeadersError",
    "SignatureError",
    "SignedHeaders",
    "check",
    "read_headers",
    "secret_bytes",
    "sign",
]

PRINTABLE: Final = re.compile(r"[ -~]+").fullmatch


class HeadersError(ValueError):
    """A header is missing or cannot be read."""


class SignatureError(ValueError):
    """The signature does not fit, or its time is outside the tolerance."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    message_id: str
    timestamp: int
    signatures: tuple[str, ...]


def read_headers(message_id: str, timestamp: str, signature: str) -> SignedHeaders:
    """The three headers; raises HeadersError naming the one that is wrong."""
    if not message_id or len(message_id) > 100 or not PRINTABLE(message_id):
        raise HeadersError(
            "The header webhook-id is missing, longer than 100 characters, or not plain ASCII."
        )
    if not (timestamp.isascii() and timestamp.isdecimal()) or len(timestamp) > 12:
        raise HeadersError("The header webhook-timestamp is missing or not a Unix time in seconds.")
    if not signature:
        raise HeadersError("The header webhook-signature is missing.")
    return SignedHeaders(message_id, int(timestamp), tuple(signature.split(" ")[:10]))


def check(headers: SignedHeaders, body: bytes, secrets: list[str], now: float, within: int) -> None:
    """Raises SignatureError unless one secret made one of the signatures, in time."""
    if abs(now - headers.timestamp) > within:
        raise SignatureError(f"The timestamp is more than {within} seconds off.")
    for secret in secrets:
        wanted = sign(secret, headers.message_id, headers.timestamp, body).encode()
        # As bytes: a header may hold anything, and texts are only compared when they are ASCII.
        if any(hmac.compare_digest(wanted, given.encode()) for given in headers.signatures):
            return
    raise SignatureError("No signature fits.")
