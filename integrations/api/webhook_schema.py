"""The webhook endpoint in the OpenAPI schema: its body, headers, answers and signature."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers


class Announcement(serializers.Serializer[Any]):
    """What a webhook's body holds."""

    connection = serializers.SlugField()
    kind = serializers.ChoiceField(choices=["transaction"])
    vendor_id = serializers.CharField(max_length=60)


class Stored(serializers.Serializer[Any]):
    stored = serializers.BooleanField()


class Refused(serializers.Serializer[Any]):
    detail = serializers.CharField()


RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    int,
    OpenApiParameter.HEADER,
    description="Seconds to wait before sending it again.",
    response=[429, 503],
)
HEADERS: Final = (
    OpenApiParameter(
        "webhook-id",
        str,
        OpenApiParameter.HEADER,
        required=True,
        description="The message's own id, up to 100 characters; the same one for a repeat.",
    ),
    OpenApiParameter(
        "webhook-timestamp",
        int,
        OpenApiParameter.HEADER,
        required=True,
        description="When it was signed, Unix time in seconds.",
    ),
)


class SignatureScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "integrations.api.webhook.SignedByConnection"
    name = "webhookSignature"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": (
                "Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over"
                " `{webhook-id}.{webhook-timestamp}.{body}` with the connection's webhook secret."
                " Several signatures may stand there with blanks between."
            ),
        }


def _refused(why: str) -> OpenApiResponse:
    return OpenApiResponse(Refused, description=why)


describe = extend_schema(
    operation_id="webhook_receive",
    request={"application/json": Announcement},
    parameters=[*HEADERS, RETRY_AFTER],
    responses={
        202: OpenApiResponse(Stored, description="Stored for good, or known already."),
        400: _refused("A header is missing or malformed, or the body is cut short."),
        401: _refused("No signature fits, or its time is too far off."),
        403: _refused("It did not come over HTTPS."),
        404: _refused("The address names no connection as one could be named."),
        411: _refused("The body has neither a length nor chunks that the server can follow."),
        413: _refused("The body is too large."),
        429: _refused("The connection sends more than it may. Nothing is stored."),
        503: _refused("The database cannot be reached. Nothing is stored."),
    },
)
