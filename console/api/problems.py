"""Errors of the API as problem details (RFC 9457): one shape for all of them.

`type` is a URN that software can compare; `title` is the same for every problem of a type and
`detail` is about this one. `errors` names what was wrong by field, where fields were.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.views import set_rollback

_log = logging.getLogger(__name__)

CONTENT_TYPE: Final = "application/problem+json"
URN: Final = "urn:tieout:problem:"
#: Where the API begins: what is answered below it is never a page.
API_ROOT: Final = "/api/"

Errors = Mapping[str, list[str]]


class ProblemError(exceptions.APIException):
    """A refusal with its own kind, for views. `kind` is one of KINDS."""

    def __init__(
        self, kind: str, detail: str, errors: Errors | None = None, retry_after: int | None = None
    ) -> None:
        self.kind, self.errors, self.wait = kind, errors or {}, retry_after
        self.status_code = KINDS[kind][0]
        super().__init__(detail)


#: kind -> status and title.
KINDS: Final[dict[str, tuple[int, str]]] = {
    "bad-request": (400, "The request cannot be read"),
    "invalid-query": (400, "A query parameter is wrong"),
    "invalid-header": (400, "A header is missing or wrong"),
    "unauthenticated": (401, "Not authenticated"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "There is nothing here"),
    "method-not-allowed": (405, "This method is not possible here"),
    "not-acceptable": (406, "No such representation"),
    "refused": (409, "It cannot be done as things stand"),
    "key-reused": (409, "The idempotency key was used for something else"),
    "in-progress": (409, "A call with this idempotency key is being carried out"),
    "length-required": (411, "The length of the body is missing"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body's media type is not taken here"),
    "invalid-values": (422, "A value is wrong"),
    "too-many-requests": (429, "Too many calls"),
    "internal": (500, "A fault of ours"),
    "unavailable": (503, "Not now"),
}
_BY_STATUS: Final = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    411: "length-required",
    413: "too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
    503: "unavailable",
}


@dataclass(frozen=True)
class Problem:
    kind: str
    detail: str
    errors: Errors = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, instance: str) -> dict[str, Any]:
        status, title = KINDS[self.kind]
        found: dict[str, Any] = {
            "type": URN + self.kind,
            "title": title,
            "status": status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors:
            found["errors"] = dict(self.errors)
        return found

    def response(self, instance: str) -> HttpResponse:
        body = json.dumps(self.body(instance), ensure_ascii=False).encode()
        headers = {"Cache-Control": "no-store", **self.headers}
        status = KINDS[self.kind][0]
        return HttpResponse(body, content_type=CONTENT_TYPE, status=status, headers=headers)


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API_ROOT)


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is told as. What we did not foresee says nothing of itself."""
    if isinstance(error, exceptions.APIException):
        return _of_api_exception(error)
    if isinstance(error, Http404):
        return Problem("not-found", "No row or address of this name exists.")
    if isinstance(error, PermissionDenied):
        return Problem("forbidden", str(error) or "Your duties do not allow this.")
    if isinstance(error, RequestDataTooBig):
        return Problem("too-large", "The body is larger than this address takes.")
    if isinstance(
        error, SuspiciousOperation | MultiPartParserError | UnicodeError | RecursionError
    ):
        return Problem("bad-request", "The request cannot be read.")
    if isinstance(error, OperationalError | InterfaceError):
        detail = "The database cannot be reached. Nothing was done; try again."
        return Problem("unavailable", detail, headers={"Retry-After": "5"})
    return Problem("internal", "It was logged with its time. Nothing was half done.")


def _of_api_exception(error: exceptions.APIException) -> Problem:
    headers: dict[str, str] = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(math.ceil(wait))
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if isinstance(error, ProblemError):
        return Problem(error.kind, str(error.detail), error.errors, headers)
    if isinstance(error, exceptions.ValidationError):
        return Problem("invalid-values", "Nothing was done.", errors_in(error.detail), headers)
    kind = _BY_STATUS.get(error.status_code, "internal")
    return Problem(kind, str(error.detail), headers=headers)


def errors_in(detail: Any, name: str = "") -> dict[str, list[str]]:
    """The serializer's errors by field; what lies deeper is `outer.inner`."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for key, value in detail.items():
            found |= errors_in(value, f"{name}.{key}" if name else str(key))
        return found
    texts = detail if isinstance(detail, list) else [detail]
    return {name or "body": [str(text) for text in texts]}


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """DRF's exception handler for everything below the API's root."""
    set_rollback()
    problem = problem_of(error)
    request = context["request"]
    if KINDS[problem.kind][0] >= 500:
        _log.error("%s %s failed.", request.method, request.path, exc_info=error)
    return problem.response(request.path)
