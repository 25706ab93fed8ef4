"""The vault: AES-256-GCM with key ids, for envelopes' bytes and connections' secrets.

The first key of TIEOUT_VAULT_KEYS encrypts, every key there decrypts; the key's id is stored
beside what it encrypted, so that keys can rotate. What is encrypted is bound to its place by
`context`: a ciphertext moved to another row does not decrypt.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from integrations.models import Connection, Credential

NONCE_BYTES = 12
#: The secret with which relays sign what they announce to us: ours, not the connector's.
WEBHOOK_SECRET = "webhook_secret"


class VaultError(RuntimeError):
    """Something cannot be decrypted: its key is gone, or it was altered."""


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    ciphertext: bytes


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _keys() -> Mapping[str, bytes]:
    keys: Mapping[str, bytes] = settings.TIEOUT_VAULT_KEYS
    return keys


@cache
def _newest() -> tuple[str, AESGCM]:
    """The key that encrypts."""
    key_id, key = next(iter(_keys().items()))
    return key_id, _cipher(key)


@receiver(setting_changed)
def _look_again(**kwargs: Any) -> None:
    """Settings only change under tests."""
    _newest.cache_clear()
    _hash_key.cache_clear()


def encrypt(plain: bytes, context: str) -> Sealed:
    key_id, cipher = _newest()
    nonce = os.urandom(NONCE_BYTES)
    return Sealed(key_id, nonce + cipher.encrypt(nonce, plain, context.encode()))


def decrypt(sealed: Sealed, context: str) -> bytes:
    """The plain bytes; raises VaultError in words when they cannot be had."""
    key = _keys().get(sealed.key_id)
    if key is None:
        raise VaultError(
            f"The vault key {sealed.key_id!r} is not among TIEOUT_VAULT_KEYS; add it to read this."
        )
    data = bytes(sealed.ciphertext)
    try:
        return _cipher(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
    except InvalidTag as error:
        raise VaultError("This has been altered since it was encrypted.") from error


def keyed_hash(data: bytes) -> str:
    """HMAC-SHA256 under a key derived from the oldest vault key: the same bytes, the same hash."""
    return hmac.digest(_hash_key(), data, "sha256").hex()


@cache
def _hash_key() -> bytes:
    *_, oldest = _keys().values()
    return sha256(b"tieout original" + oldest).digest()


def _credential_context(connection: Connection, name: str) -> str:
    return f"credential:{connection.slug}:{name}"


def set_credential(
    connection: Connection, name: str, secret: str, *, by: str = "", keep_old: bool = False
) -> None:
    """Keep a secret of a connection. What stood there before is gone, or kept as the old one."""
    sealed = encrypt(secret.encode(), _credential_context(connection, name))
    values: dict[str, Any] = {
        "key_id": sealed.key_id,
        "ciphertext": sealed.ciphertext,
        "set_by": by[:160],
    }
    now = Credential.objects.filter(connection=connection, name=name).first()
    if keep_old and now is not None:
        values |= {
            "old_key_id": now.key_id,
            "old_ciphertext": bytes(now.ciphertext),
            "old_set_at": now.set_at,
        }
    Credential.objects.update_or_create(connection=connection, name=name, defaults=values)


def retire_old(row: Credential) -> None:
    """Forget the secret before the one in use."""
    row.old_key_id, row.old_ciphertext, row.old_set_at = "", b"", None
    # Not `set_at`: the one in use is no newer for it.
    row.save(update_fields=["old_key_id", "old_ciphertext", "old_set_at"])


def connector_secrets(connection: Connection) -> dict[str, str]:
    """The secrets that the connection's connector asks for, in clear: never for a page or a log."""
    found = secrets_of(connection)
    found.pop(WEBHOOK_SECRET, None)
    return found


def secrets_of(connection: Connection) -> dict[str, str]:
    """All secrets of a connection in clear: never for a page or a log."""
    return {
        row.name: _open(row, _credential_context(connection, row.name))
        for row in connection.credentials.all()
    }


def open_credential(row: Credential) -> str:
    """One secret in clear: never for a page or a log. Raises VaultError."""
    return _open(row, _credential_context(row.connection, row.name))


def open_old_credential(row: Credential) -> str:
    """The secret before the one in use, in clear, or empty. Raises VaultError."""
    if not row.old_key_id:
        return ""
    sealed = Sealed(row.old_key_id, bytes(row.old_ciphertext))
    return decrypt(sealed, _credential_context(row.connection, row.name)).decode()


def seal_secrets(secrets: Mapping[str, str], context: str) -> Sealed:
    """Several secrets as one sealed text; an empty seal for none."""
    if not secrets:
        return Sealed("", b"")
    return encrypt(json.dumps(dict(secrets)).encode(), context)


def open_secrets(key_id: str, ciphertext: bytes, context: str) -> dict[str, str]:
    """What `seal_secrets` sealed, in clear: never for a page or a log. Raises VaultError."""
    if not key_id:
        return {}
    found: dict[str, str] = json.loads(decrypt(Sealed(key_id, bytes(ciphertext)), context))
    return found


def _open(row: Credential, context: str) -> str:
    return decrypt(Sealed(row.key_id, bytes(row.ciphertext)), context).decode()
