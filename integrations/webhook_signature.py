"""How Standard Webhooks sign: pure. `v1,` + base64(HMAC-SHA256(secret, id.timestamp.body))."""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import lru_cache

PREFIX = "whsec_"


@lru_cache(maxsize=256)
def secret_bytes(secret: str) -> bytes:
    """The key behind `whsec_` + base64; any other text is taken as it is."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(secret_bytes(secret), signed, "sha256")
    return "v1," + base64.b64encode(digest).decode()
