"""Webhook intake: check the signature over the raw bytes, store them, answer 202.

The schema is Tieout's own: {"connection": slug, "kind": "transaction", "vendor_id": id}. It is a
hint, confirmed by the vendor's own read; nothing in it is believed.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.api import signature
from integrations.choices import EnvelopeSource
from integrations.models import Connection
from integrations.services import intake, vault


class Announcement(serializers.Serializer[Any]):
    """What a webhook's body holds."""

    connection = serializers.SlugField()
    kind = serializers.ChoiceField(choices=["transaction"])
    vendor_id = serializers.CharField(max_length=60)


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


class SignedByConnection(BaseAuthentication):
    """Authenticates the connection by its signature over the raw body."""

    def authenticate(self, request: Request) -> tuple[Connection, signature.SignedHeaders]:
        raw = request._request
        try:
            headers = signature.read_headers(
                raw.headers.get("webhook-id", ""),
                raw.headers.get("webhook-timestamp", ""),
                raw.headers.get("webhook-signature", ""),
            )
        except signature.HeadersError as error:
            raise ParseError(str(error)) from error
        slug = raw.resolver_match.kwargs["slug"] if raw.resolver_match else ""
        connection = Connection.objects.filter(slug=slug).first()
        secret = vault.secrets_of(connection).get(vault.WEBHOOK_SECRET) if connection else None
        try:
            signature.check(
                headers,
                raw.body,
                [secret] if secret else [],
                time.time(),
                settings.TIEOUT_WEBHOOK_TOLERANCE_SECONDS,
            )
        except signature.SignatureError as error:
            raise AuthenticationFailed(str(error)) from error
        if connection is None:
            raise AuthenticationFailed("No signature fits.")
        return connection, headers

    def authenticate_header(self, request: Request) -> str:
        return "Webhook-Signature"


class WebhookView(APIView):
    authentication_classes = (SignedByConnection,)
    permission_classes = ()
    throttle_classes = ()
    parser_classes = (RawBytes,)
    content_negotiation_class = OnlyJSON

    @extend_schema(
        request=Announcement,
        responses={
            202: OpenApiResponse(description="Stored, or known already."),
            400: OpenApiResponse(description="A header is missing or malformed."),
            401: OpenApiResponse(description="No signature fits, or its time is too far off."),
            413: OpenApiResponse(description="The body is too large."),
        },
    )
    def post(self, request: Request, slug: str) -> Response:
        """Announce that something happened at the gateway."""
        headers: signature.SignedHeaders = request.auth  # type: ignore[assignment]
        connection: Connection = request.user  # type: ignore[assignment]
        intake.receive(
            connection,
            intake.Arrival(
                kind="hint",
                body=request._request.body,
                source=EnvelopeSource.WEBHOOK,
                identity=f"webhook:{headers.message_id}",
                headers={"webhook-id": headers.message_id},
            ),
        )
        return Response({"stored": True}, status=202)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        length = request._request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.TIEOUT_MAX_WEBHOOK_BYTES:
            raise TooLarge
        super().initial(request, *args, **kwargs)


class TooLarge(ParseError):
    status_code = 413
    default_detail = "The body is larger than a webhook may be."
    default_code = "too_large"
