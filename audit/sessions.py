"""People's sessions: noted when they begin, listed, and ended. Django's own row stays the truth."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, Func, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from audit import services as audit
from audit.models import SignedIn
from audit.roles import Duty, require

#: When the session was last noted as seen, in the session itself: no query is needed to know.
SEEN: Final = "seen_at"
SEEN_EVERY: Final = 60.0

BROWSERS: Final = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
SYSTEMS: Final = (
    (r"iPhone|iPod", "an iPhone"),
    (r"iPad", "an iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Mac OS X|Macintosh", "a Mac"),
    (r"CrOS", "ChromeOS"),
    (r"Linux|X11", "Linux"),
)


class _KeyHash(Func):
    """The hash of a session's key, made by the database."""

    template = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    output_field = CharField()


def key_hash(key: str | None) -> str:
    return sha256((key or "").encode()).hexdigest()


def device_words(agent: str) -> str:
    """Browser and system of a user agent, such as "Firefox on Windows"."""
    browser = next((name for mark, name in BROWSERS if re.search(mark, agent)), "")
    system = next((name for mark, name in SYSTEMS if re.search(mark, agent)), "")
    if not browser:
        return f"Something on {system}" if system else "Unknown device"
    return f"{browser} on {system}" if system else browser


def address_of(request: HttpRequest) -> str | None:
    """The browser's address; behind a proxy that is trusted, the last one that it added."""
    given = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        given = forwarded or given
    try:
        return str(ipaddress.ip_address(given))
    except ValueError:
        return None


def note(request: HttpRequest, user: User) -> None:
    """Note that this session is this person’s, now; what expired is removed on the way."""
    now = timezone.now()
    request.session[SEEN] = time.time()
    agent = request.META.get("HTTP_USER_AGENT", "")[:400].replace("\0", "")
    with transaction.atomic():
        Session.objects.filter(expire_date__lt=now).delete()
        SignedIn.objects.update_or_create(
            key_hash=key_hash(request.session.session_key),
            defaults={
                "user_id": user.pk,
                "seen_at": now,
                "agent": agent,
                "address": address_of(request),
            },
            create_defaults={
                "user_id": user.pk,
                "began_at": now,
                "seen_at": now,
                "agent": agent,
                "address": address_of(request),
            },
        )


def note_seen(request: HttpRequest) -> None:
    """For each request of somebody who is logged in; writes at most once a minute."""
    if time.time() - request.session.get(SEEN, 0) < SEEN_EVERY:
        return
    if request.user.is_authenticated:
        note(request, request.user)


def begin(sender: Any, request: HttpRequest | None, user: User, **kwargs: Any) -> None:
    """Receiver of Django's signal at log-in."""
    if request is not None:
        note(request, user)


def live(user: User) -> QuerySet[SignedIn]:
    """The sessions that have not run out, the newest sign of life first."""
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + SEEN_EVERY)
    return SignedIn.objects.filter(user=user, seen_at__gt=since).order_by("-seen_at", "-pk")


def end(found: SignedIn, actor: User) -> None:
    """End one session: one's own, or with the duty for it anybody's."""
    if found.user_id != actor.pk:
        require(actor, Duty.MANAGE_USERS, ("user", str(found.user_id)))
    with transaction.atomic():
        _end([found])
        _record(actor, found.user, f"Ended: {device_words(found.agent)}.", 1)


def end_all(user: User, actor: User, why: str, keep: str | None = None) -> int:
    """End a person's sessions, except the one with the key `keep`; how many there were.

    The caller has seen to it that the actor may.
    """
    with transaction.atomic():
        found = list(SignedIn.objects.filter(user=user).exclude(key_hash=key_hash(keep)))
        if found:
            _end(found)
            _record(actor, user, why, len(found))
    return len(found)


def _end(found: Iterable[SignedIn]) -> None:
    hashes = [each.key_hash for each in found]
    Session.objects.annotate(hash=_KeyHash("session_key")).filter(hash__in=hashes).delete()
    SignedIn.objects.filter(key_hash__in=hashes).delete()


def _record(actor: User, user: User, why: str, count: int) -> None:
    audit.record(
        "session.ended",
        ("user", str(user.pk)),
        actor=audit.user_actor(actor),
        summary=why,
        details={"user": user.username, "sessions": count},
    )
