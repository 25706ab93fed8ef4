"""What is known of a session beside Django's own row: whose, since when, from where."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SignedIn(models.Model):
    """One session of a person who logged in.

    key_hash is SHA-256 of the session's key, which stands nowhere here. seen_at is wall time, at
    most a minute old. A trigger removes the row with the session's own.
    """

    key_hash = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="signed_in"
    )
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    agent = models.CharField(max_length=400, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        verbose_name = "session"

    def __str__(self) -> str:
        return f"session {self.pk} of user {self.user_id}"
