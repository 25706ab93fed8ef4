"""Writing calls happen once: the caller's key, bound to the content, and the answer kept.

The row, the work and its answer are one transaction. A call that dies leaves nothing behind and may
come again; two at the same time wait for one another at the unique constraint.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from audit.models import ApiCall
from console.api.problems import CONTENT_TYPE, ProblemError, problem_of

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
#: Answers are kept longer than anybody tries again.
KEPT: Final = timedelta(days=60)
WAIT_SECONDS: Final = 10
_FORGET_EVERY: Final = 3600.0
_FORGET_AT_ONCE: Final = 5_000
_KEY: Final = re.compile(r"[!-~]{1,100}\Z")
_JSON: Final = "application/json"
_forgot: dict[str, float] = {}

Answer = tuple[int, Mapping[str, Any]]


def key_of(request: Request) -> str:
    given = request.headers.get(HEADER, "")
    if not _KEY.match(given):
        wrong = "Send a text of your own, 1 to 100 printable ASCII characters without blanks."
        raise ProblemError(
            "invalid-header", f"The header {HEADER} is missing or wrong.", {HEADER: [wrong]}
        )
    return given


def content_hash(request: Request, content: Mapping[str, Any]) -> str:
    """Keyed, because a content may be short enough to be guessed."""
    said = json.dumps([request.method, request.path, content], sort_keys=True, default=str)
    return salted_hmac("audit.api_call", said, algorithm="sha256").hexdigest()


def file_hash(file: File[Any]) -> str:
    """What stands for a file in the content that a key is bound to; it is read from its start."""
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def once(
    request: Request, caller: str, content: Mapping[str, Any], work: Callable[[], Answer]
) -> HttpResponse:
    """The answer of `work`, which is done at most once for a caller and key.

    `work` leaves nothing half done when it refuses: services are atomic by themselves. What it
    refuses is an answer too and is kept; a fault of ours is not, and the same call may come
    again. Raises ProblemError for the same key with other content.
    """
    key, wanted = key_of(request), content_hash(request, content)
    with transaction.atomic():
        call = _begin(caller, key, wanted)
        if call is None:
            return _again(ApiCall.objects.get(caller=caller, key=key), wanted)
        try:
            status, body = work()
            call.content_type = _JSON
        except (PermissionDenied, APIException) as error:
            problem = problem_of(error)
            body = problem.body(request.path)
            status, call.content_type = body["status"], CONTENT_TYPE
        call.status, call.body = status, json.dumps(body, ensure_ascii=False, default=str)
        call.save(update_fields=["status", "content_type", "body"])
        _forget()
    return _response(call)


def _begin(caller: str, key: str, wanted: str) -> ApiCall | None:
    """The row of a call that is ours to carry out; None when it was carried out before."""
    try:
        with transaction.atomic():
            _wait_for_locks(WAIT_SECONDS)
            call = ApiCall.objects.create(
                caller=caller, key=key, content_hash=wanted, created_at=timezone.now()
            )
            _wait_for_locks(0)
            return call
    except IntegrityError:
        return None
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":  # lock_not_available
            raise
        detail = "The first call with this key has not ended yet. Send it again."
        raise ProblemError("in-progress", detail, retry_after=WAIT_SECONDS) from error


def _wait_for_locks(seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{int(seconds)}s'")


def _again(call: ApiCall, wanted: str) -> HttpResponse:
    if call.content_hash != wanted:
        raise ProblemError(
            "key-reused",
            f"The {HEADER} of this call was used for another one. Nothing was done.",
        )
    response = _response(call)
    response[REPLAYED] = "true"
    return response


def _response(call: ApiCall) -> HttpResponse:
    return HttpResponse(call.body, content_type=call.content_type, status=call.status)


def _forget() -> None:
    """Old rows go, a portion at a time, once an hour in each process."""
    if time.monotonic() - _forgot.get("at", -_FORGET_EVERY) < _FORGET_EVERY:
        return
    _forgot["at"] = time.monotonic()
    old = ApiCall.objects.filter(created_at__lt=timezone.now() - KEPT).order_by("created_at")
    ApiCall.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:_FORGET_AT_ONCE])).delete()
