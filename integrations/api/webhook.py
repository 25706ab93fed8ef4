"""Webhook intake: check the signature over the raw bytes, store them, answer 202.

The schema is Tieout's own: {"connection": slug, "kind": "transaction", "vendor_id": id}. It is a
hint, confirmed by the vendor's own read; nothing in it is believed.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.core.signals import setting_changed
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    MethodNotAllowed,
    ParseError,
    PermissionDenied,
)
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from integrations.api import signature
from integrations.api.webhook_schema import describe
from integrations.models import Connection
from integrations.services import webhook_troubles, webhooks

logger = logging.getLogger(__name__)

STORED: Final = b'{"stored":true}'
DATABASE_AWAY: Final = (InterfaceError, OperationalError)


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that every webhook is held against."""

    most_bytes: int
    tolerance_seconds: int
    is_https_only: bool


@cache
def rules() -> Rules:
    """Read once: asking Django's settings takes longer than any of the comparisons."""
    return Rules(
        most_bytes=settings.TIEOUT_MAX_WEBHOOK_BYTES,
        tolerance_seconds=settings.TIEOUT_WEBHOOK_TOLERANCE_SECONDS,
        is_https_only=settings.SECURE_SSL_REDIRECT,
    )


@receiver(setting_changed)
def read_rules_again(**kwargs: Any) -> None:
    """Settings only change under tests."""
    rules.cache_clear()


class TooLarge(ParseError):
    status_code = 413
    default_detail = "The body is larger than a webhook may be."
    default_code = "too_large"


class NotNow(APIException):
    """Not stored; the sender keeps it and comes again."""

    status_code = 503
    default_detail = "Not stored, for a reason on our side. Send it again."
    default_code = "not_now"
    wait = 5


class LengthRequired(ParseError):
    status_code = 411
    default_detail = "The header Content-Length is missing."
    default_code = "length_required"


class OnlyJSON(BaseContentNegotiation):
    """No negotiation: bytes in, JSON out."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser:
        parser: BaseParser = parsers[0]
        return parser

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[JSONRenderer, str]:
        return JSONRenderer(), "application/json"


class RawBytes(BaseParser):
    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


def body_of(request: HttpRequest) -> bytes:
    """The raw body, never more of it than a webhook may have.

    Content-Length is what the sender says: no more than that is read, and less is refused. Without
    one the body ends where its chunks end, if the server says that it sees to that
    (`wsgi.input_terminated`). Raises TooLarge, LengthRequired, ParseError.
    """
    most = rules().most_bytes
    given = request.META.get("CONTENT_LENGTH") or ""
    if given.isascii() and given.isdigit():
        length = int(given)
        if length > most:
            raise TooLarge
        body = read_at_most(request.META["wsgi.input"], length)
        if len(body) < length:
            raise ParseError("The body is shorter than its Content-Length.")
        return body
    if "HTTP_TRANSFER_ENCODING" not in request.META:
        return b""
    if not request.META.get("wsgi.input_terminated"):
        raise LengthRequired
    body = read_at_most(request.META["wsgi.input"], most + 1)
    if len(body) > most:
        raise TooLarge
    return body


def read_at_most(stream: Any, most: int) -> bytes:
    """Up to `most` bytes of a stream that may give less at a time."""
    parts: list[bytes] = []
    while most > 0 and (part := stream.read(most)):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


class SignedByConnection(BaseAuthentication):
    """Authenticates the connection by its signature over the raw body."""

    def authenticate(self, request: Request) -> tuple[Connection, signature.SignedHeaders]:
        raw = request._request
        try:
            headers = signature.read_headers(
                raw.META.get("HTTP_WEBHOOK_ID", ""),
                raw.META.get("HTTP_WEBHOOK_TIMESTAMP", ""),
                raw.META.get("HTTP_WEBHOOK_SIGNATURE", ""),
            )
        except signature.HeadersError as error:
            raise ParseError(str(error)) from error
        raw._body = body = body_of(raw)  # where Django keeps what it has read
        slug = raw.resolver_match.kwargs["slug"] if raw.resolver_match else ""
        for ask in (webhooks.sender, webhooks.sender_now):
            # The second time because the secret may have been set anew a moment ago.
            try:
                return self._sender(headers, body, ask(slug)), headers
            except signature.SignatureError as error:
                refusal = error
            except DATABASE_AWAY as error:
                raise NotNow from error
        webhook_troubles.refused(webhooks.sender(slug), str(refusal))
        raise AuthenticationFailed(str(refusal)) from refusal

    def _sender(
        self, headers: signature.SignedHeaders, body: bytes, sender: webhooks.Sender | None
    ) -> Connection:
        if sender and sender.problem:
            logger.error("The webhook secret of %s: %s", sender.connection, sender.problem)
            raise NotNow
        secrets = [each for each in (sender.secret, sender.old_secret) if each] if sender else []
        signature.check(headers, body, secrets, time.time(), rules().tolerance_seconds)
        if sender is None:
            raise signature.SignatureError("No signature fits.")
        return sender.connection

    def authenticate_header(self, request: Request) -> str:
        return "Webhook-Signature"


class RateOfConnection(BaseThrottle):
    """So many a second of one connection, counted after its signature: strangers use up nothing."""

    _wait = 0.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = webhooks.seconds_to_wait(request.user)  # type: ignore[arg-type]
        return not self._wait

    def wait(self) -> float:
        return math.ceil(self._wait)


PARSERS: Final = (RawBytes(),)
AUTHENTICATORS: Final = (SignedByConnection(),)
NEGOTIATION: Final = OnlyJSON()


class WebhookView(APIView):
    http_method_names = ("post",)
    authentication_classes = (SignedByConnection,)
    permission_classes = ()
    throttle_classes = (RateOfConnection,)
    parser_classes = (RawBytes,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OnlyJSON
    default_response_headers = {"Allow": "POST"}

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """As the framework's, with parts that hold nothing and need not be made for each."""
        return Request(request, PARSERS, AUTHENTICATORS, NEGOTIATION, {"view": self})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """As the framework's, without what nobody here asks for: versions, permissions, and a
        renderer before there is something to render."""
        raw = request._request
        if raw.method != "POST":
            raise MethodNotAllowed(str(raw.method))
        if rules().is_https_only and not raw.is_secure():
            raise PermissionDenied("Webhooks are taken over HTTPS only.")
        self.perform_authentication(request)
        self.check_throttles(request)

    @describe
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Announce that something happened at the gateway."""
        headers: signature.SignedHeaders = request.auth  # type: ignore[assignment]
        connection: Connection = request.user  # type: ignore[assignment]
        try:
            webhooks.store(connection, headers.message_id, request._request.body)
        except DATABASE_AWAY as error:
            logger.exception("A webhook of %s could not be stored.", connection)
            raise NotNow from error
        return HttpResponse(STORED, content_type="application/json", status=202)
