"""API keys: made, shown once, taken, recognised, revoked. Every change leaves its entry.

A key is `tk_<prefix>_<secret>`. Of the secret (32 random bytes) only HMAC-SHA256 under the
installation's secret key is kept: whoever reads the table can neither use a key nor try guesses.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from audit import services as audit
from audit.holders import KeyHolder
from audit.models import ApiKey
from audit.roles import Duty, deny, duties_of, require
from audit.scopes import Scope, duties_of_scopes
from console.rate import Rates

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PREFIX: Final = "tk_"
#: How exactly it is known when a key was last used: a busy key is not a busy row.
USED_EVERY: Final = timedelta(minutes=1)
#: How often an entry tells of a refused key: whoever knows its name must not fill the log.
REFUSALS_A_SECOND: Final = 1 / 60
_SHAPE: Final = re.compile(r"tk_([a-z0-9]{10})_([A-Za-z0-9_-]{43})\Z")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"
_refusals = Rates()


class KeyRefusedError(Exception):
    """The key does not open anything; the sentence does not say more than the caller may know."""


def secret_hash(secret: str) -> str:
    return salted_hmac("audit.api_key", secret, algorithm="sha256").hexdigest()


def issue(
    maker: User, name: str, owner: User, scopes: Iterable[Scope], expires_at: datetime
) -> tuple[ApiKey, str]:
    """A new key, and its text where its maker may see it; "" where the owner has to take it.

    Nobody gets by a key at what others are trusted with: with an approver's key in hand, one
    administrator could put in force alone what takes two.
    """
    require(maker, Duty.MANAGE_KEYS, ("api_key", name))
    wanted = list(scopes)
    no_more = duties_of_scopes([scope.value for scope in wanted]) <= duties_of(maker)
    for_owner = not no_more and owner.pk != maker.pk
    actor = audit.user_actor(maker)
    return create(name, owner, wanted, expires_at, actor, for_owner=for_owner)


def create(
    name: str,
    owner: User,
    scopes: Iterable[Scope],
    expires_at: datetime,
    actor: str,
    *,
    for_owner: bool = False,
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody sees again; `for_owner`: none before it is taken."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(10))
    secret = "" if for_owner else secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name,
            prefix=prefix,
            secret_hash=secret and secret_hash(secret),
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
    return key, secret and f"{PREFIX}{prefix}_{secret}"


def waiting_for(owner: User) -> QuerySet[ApiKey]:
    """Keys that this person has to take."""
    found = ApiKey.objects.filter(owner=owner, secret_hash="", revoked_at__isnull=True)
    return found.filter(expires_at__gt=timezone.now()).order_by("name")


def take(owner: User, key: ApiKey) -> str:
    """The text of a key that waits for its owner, this once. Raises KeyRefusedError."""
    if key.owner_id != owner.pk:
        deny(owner, "take_key", "A key is its owner's to take.", ("api_key", str(key.pk)))
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        taken = waiting_for(owner).filter(pk=key.pk).update(secret_hash=secret_hash(secret))
        if not taken:
            raise KeyRefusedError("This key does not wait for you any more.")
        audit.record(
            "api_key.taken",
            ("api_key", str(key.pk)),
            actor=audit.user_actor(owner),
            summary=f"{owner.get_username()} took the API key {key.name}.",
        )
    return f"{PREFIX}{key.prefix}_{secret}"


def withdraw(who: User, key: ApiKey) -> bool:
    """As `revoke`, for whoever is trusted with keys."""
    require(who, Duty.MANAGE_KEYS, ("api_key", str(key.pk)))
    return revoke(key, audit.user_actor(who))


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
    if not shape or not key:
        raise KeyRefusedError("This key is not known here.")
    if not constant_time_compare(key.secret_hash, secret_hash(shape[2])):
        _note_refused(key, "The secret behind its name is wrong.")
        raise KeyRefusedError("This key is not known here.")
    now = timezone.now()
    if why := _why_over(key, now):
        _note_refused(key, why)
        raise KeyRefusedError(why)
    if key.last_used_at is None or now - key.last_used_at >= USED_EVERY:
        long_ago = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - USED_EVERY)
        ApiKey.objects.filter(long_ago, pk=key.pk).update(last_used_at=now)
    return holder_of(key)


def _why_over(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return "This key has been revoked."
    if now >= key.expires_at:
        return "This key has expired."
    return "" if key.owner.is_active else "The owner of this key is no active user any more."


def _note_refused(key: ApiKey, why: str) -> None:
    """A denied attempt is recorded; of many with one key, one a minute in each process."""
    if _refusals.take((key.pk, why), REFUSALS_A_SECOND, time.monotonic()):
        return
    with transaction.atomic():
        audit.record(
            "api_key.refused", ("api_key", str(key.pk)), actor="anonymous", summary=f"{key}: {why}"
        )


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
