"""API keys: made, shown once, recognised, revoked. Every change leaves its entry.

A key is `tk_<prefix>_<secret>`. Of the secret (32 random bytes) only HMAC-SHA256 under the
installation's secret key is kept: whoever reads the table can neither use a key nor try guesses.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from audit import services as audit
from audit.holders import KeyHolder
from audit.models import ApiKey
from audit.roles import duties_of
from audit.scopes import Scope, duties_of_scopes

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PREFIX: Final = "tk_"
#: How exactly it is known when a key was last used: a busy key is not a busy row.
USED_EVERY: Final = timedelta(minutes=1)
_SHAPE: Final = re.compile(r"tk_([a-z0-9]{10})_([A-Za-z0-9_-]{43})\Z")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class KeyRefusedError(Exception):
    """The key does not open anything; the sentence does not say more than the caller may know."""


def secret_hash(secret: str) -> str:
    return salted_hmac("audit.api_key", secret, algorithm="sha256").hexdigest()


def create(
    name: str, owner: User, scopes: Iterable[Scope], expires_at: datetime, actor: str
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody sees again."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(10))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            prefix=prefix,
            secret_hash=secret_hash(secret),
            scopes=sorted(scope.value for scope in scopes),
            owner=owner,
            created_by=actor,
            created_at=timezone.now(),
            expires_at=expires_at,
        )
        audit.record(
            "api_key.created",
            ("api_key", str(key.pk)),
            actor=actor,
            summary=f"API key {name} for {owner.get_username()}.",
            details={"scopes": key.scopes, "expires_at": expires_at, "prefix": prefix},
        )
    return key, f"{PREFIX}{prefix}_{secret}"


def revoke(key: ApiKey, actor: str) -> bool:
    """End a key at once; answers False when it was revoked already."""
    with transaction.atomic():
        changed = ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now(), revoked_by=actor
        )
        if changed:
            audit.record(
                "api_key.revoked",
                ("api_key", str(key.pk)),
                actor=actor,
                summary=f"API key {key.name} is revoked.",
            )
    return bool(changed)


def recognise(text: str) -> KeyHolder:
    """Who holds this key. Raises KeyRefusedError. Two queries, three once a minute."""
    shape = _SHAPE.match(text)
    key = shape and ApiKey.objects.select_related("owner").filter(prefix=shape[1]).first()
    if not shape or not key or not constant_time_compare(key.secret_hash, secret_hash(shape[2])):
        raise KeyRefusedError("This key is not known here.")
    now = timezone.now()
    if key.revoked_at is not None:
        raise KeyRefusedError("This key has been revoked.")
    if now >= key.expires_at:
        raise KeyRefusedError("This key has expired.")
    if not key.owner.is_active:
        raise KeyRefusedError("The owner of this key is no active user any more.")
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
        ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
    return holder_of(key)


def holder_of(key: ApiKey) -> KeyHolder:
    """The key as somebody with duties: those of its scopes that its owner has too."""
    duties = duties_of_scopes(key.scopes) & duties_of(key.owner)
    return KeyHolder(key.name, key.owner_id, duties)


def holder_named(name: str) -> KeyHolder | None:
    """The holder behind "key:<name>" while the key is live and its owner active."""
    key = ApiKey.objects.select_related("owner").filter(name=name).first()
    if key is None or not key.is_live(timezone.now()) or not key.owner.is_active:
        return None
    return holder_of(key)
