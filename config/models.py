"""The second factor as it is kept: a device of django-otp whose secret is sealed."""

from __future__ import annotations

import base64
from hashlib import sha256

from django.conf import settings
from django_otp.plugins.otp_totp.models import TOTPDevice

from integrations.services import vault

MARK_LENGTH = 8


class SealedDevice(TOTPDevice):  # type: ignore[misc]  # the library has no types
    """An authenticator app. `key` holds the vault's ciphertext, bound to the person.

    The column is short: the vault key's id stands there as the beginning of its hash.
    """

    class Meta:
        proxy = True
        verbose_name = "authenticator app"

    @property
    def bin_key(self) -> bytes:
        """The secret. Raises vault.VaultError when its vault key is gone."""
        mark, _, text = self.key.partition(":")
        key_id = next((each for each in settings.TIEOUT_VAULT_KEYS if _mark(each) == mark), mark)
        return vault.decrypt(vault.Sealed(key_id, base64.b64decode(text)), _context(self.user_id))

    def seal(self, secret: bytes) -> None:
        """Keep 20 bytes as the secret; the caller saves."""
        sealed = vault.encrypt(secret, _context(self.user_id))
        self.key = f"{_mark(sealed.key_id)}:{base64.b64encode(sealed.ciphertext).decode()}"


def _mark(key_id: str) -> str:
    return sha256(key_id.encode()).hexdigest()[:MARK_LENGTH]


def _context(user_id: int) -> str:
    return f"second factor:{user_id}"
