"""The second factor of log-in: codes of an authenticator app, and recovery codes beside them.

django-otp checks codes, takes each once and slows down whoever guesses. What it would keep in
clear is not: an app's secret is sealed by the vault, of a recovery code only the hash is kept.
"""

from __future__ import annotations

import base64
import io
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import django_otp
import segno
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from audit import services as audit
from config.models import SealedDevice

SECRET_BYTES: Final = 20
#: 80 bits: nobody finds a code from its hash, so that the hash needs neither salt nor slowness.
RECOVERY_BYTES: Final = 10
RECOVERY_CODES: Final = 10
APP_CODE_DIGITS: Final = 6


class CodeRefused(Exception):
    """The code was not taken; the text says why, in a sentence."""


@dataclass(frozen=True)
class Enrolment:
    """What a person puts into the app: the address that the picture holds, the secret as text."""

    address: str
    secret: str


def device_of(user: User) -> SealedDevice | None:
    """The person's app, once it is confirmed."""
    found: SealedDevice | None = SealedDevice.objects.filter(user=user, confirmed=True).first()
    return found


def is_verified(request: HttpRequest) -> bool:
    """Whether this session passed the second factor. Asks no database.

    Whoever loses the device loses the sessions with it, so that the session's word is enough.
    """
    return django_otp.DEVICE_ID_SESSION_KEY in request.session


def begin(user: User) -> Enrolment:
    """A secret to enrol with, the same until it is confirmed."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        device = SealedDevice.objects.filter(user=user, confirmed=False).first()
        if device is None:
            device = SealedDevice(user=user, name="Authenticator app", confirmed=False)
            device.seal(os.urandom(SECRET_BYTES))
            device.save()
    text = base64.b32encode(device.bin_key).decode()
    return Enrolment(device.config_url, " ".join(text[at : at + 4] for at in range(0, 32, 4)))


def picture(enrolment: Enrolment) -> bytes:
    """The QR code as SVG: attributes only, dark on light in either theme."""
    drawn = io.BytesIO()
    segno.make(enrolment.address, error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False
    )
    return drawn.getvalue()


def confirm(request: HttpRequest, user: User, code: str) -> list[str]:
    """Take the app into use in this session; the recovery codes, which nobody sees again.

    Raises CodeRefused.
    """
    _see_that_it_may_try(SealedDevice, user, confirmed=False)
    with transaction.atomic():
        device = _locked(SealedDevice, user, confirmed=False)
        taken = device is not None and device.verify_token(_app_code(code))
        if taken:
            device.confirmed = True
            device.save()
            codes = _new_codes(user)
            audit.record(
                "second_factor.enrolled",
                ("user", str(user.pk)),
                actor=audit.user_actor(user),
                summary=f"{user.username} set up an authenticator app.",
            )
    if not taken:
        raise CodeRefused("This is not the code that the app shows now. Try the next one.")
    django_otp.login(request, device)
    return codes


def check(user: User, code: str) -> Any:
    """The device that takes the code; it takes it once. Raises CodeRefused, which is recorded."""
    compact = code.replace(" ", "").replace("-", "")
    is_app = compact.isdigit() and len(compact) == APP_CODE_DIGITS
    kind: Any = SealedDevice if is_app else StaticDevice
    _see_that_it_may_try(kind, user, confirmed=True)
    with transaction.atomic():
        device = _locked(kind, user, confirmed=True)
        token = compact if is_app else _kept(compact)
        taken = device is not None and device.verify_token(token)
        audit.record(
            "second_factor.passed" if taken else "second_factor.refused",
            ("user", str(user.pk)),
            actor=audit.user_actor(user),
            summary="" if is_app else "A recovery code.",
        )
    if not taken:
        raise CodeRefused("This code is wrong or was used already.")
    return device


def new_codes(user: User) -> list[str]:
    """Recovery codes in place of those there are."""
    with transaction.atomic():
        codes = _new_codes(user)
        audit.record(
            "second_factor.codes_made",
            ("user", str(user.pk)),
            actor=audit.user_actor(user),
            summary=f"{user.username} made new recovery codes; the old ones are void.",
        )
    return codes


def codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="Recovery codes")
    codes = [
        base64.b32encode(os.urandom(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    StaticToken.objects.bulk_create(
        [StaticToken(device=device, token=_kept(code)) for code in codes]
    )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


def _kept(code: str) -> str:
    """What is kept of a recovery code: 96 bits of its hash, which is what the column holds."""
    digest = sha256(b"tieout recovery code" + code.lower().encode()).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def _app_code(code: str) -> str:
    return code.replace(" ", "")


def _locked(kind: Any, user: User, confirmed: bool) -> Any:
    return kind.objects.select_for_update().filter(user=user, confirmed=confirmed).first()


def _see_that_it_may_try(kind: Any, user: User, confirmed: bool) -> None:
    """Raises CodeRefused while wrong codes have to be waited for."""
    device = kind.objects.filter(user=user, confirmed=confirmed).first()
    if device is None:
        return
    allowed, why = device.verify_is_allowed()
    if not allowed:
        until = (why or {}).get("locked_until", timezone.now())
        seconds = max(1, int((until - timezone.now()).total_seconds()) + 1)
        raise CodeRefused(f"Too many wrong codes. Wait {seconds} seconds, then try again.")
