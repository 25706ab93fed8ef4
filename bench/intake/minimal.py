"""The peers that anybody would write first, each on the same server as Tieout.

`/minimal`: a Django view that checks the signature and inserts, and does nothing else.
`/serializer`: a REST framework view that also reads and validates the event, and stores a model.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import time
from typing import Any

import django
from django.conf import settings

from bench.intake.peer_settings import settings as peer

if not settings.configured:
    settings.configure(
        **peer(__name__, "django.contrib.contenttypes", "django.contrib.auth", "rest_framework"),
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        },
    )
    django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

SECRET = os.environ["BENCH_SECRET"].encode()
INSERT = """
    INSERT INTO inbox (source, event_id, body) VALUES (%s, %s, %s)
    ON CONFLICT (source, event_id) DO NOTHING
"""


def is_signed(meta: dict[str, Any], body: bytes) -> bool:
    """Whether the headers of Standard Webhooks sign this body now."""
    message_id = meta.get("HTTP_WEBHOOK_ID", "")
    at = meta.get("HTTP_WEBHOOK_TIMESTAMP", "0")
    if abs(time.time() - int(at)) > 3600:
        return False
    digest = hmac.new(SECRET, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return hmac.compare_digest(wanted, meta.get("HTTP_WEBHOOK_SIGNATURE", ""))


@csrf_exempt
def minimal(request: HttpRequest) -> HttpResponse:
    if not is_signed(request.META, request.body):
        return HttpResponse(status=401)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, ["shop", request.META["HTTP_WEBHOOK_ID"], request.body])
    return HttpResponse(status=202, headers={"Content-Length": "0"})


class Inbox(models.Model):
    source = models.TextField()
    event_id = models.TextField()
    kind = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)
    is_done = models.BooleanField(default=False)
    body = models.BinaryField()

    class Meta:
        app_label = "peer"
        db_table = "inbox"
        managed = False

    def __str__(self) -> str:
        return self.event_id


class EventSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=255)
    type = serializers.CharField(max_length=255)
    created = serializers.IntegerField()
    livemode = serializers.BooleanField()
    data = serializers.DictField()


class SerializerView(APIView):
    def post(self, request: Request) -> Response:
        body = request._request.body
        if not is_signed(request._request.META, body):
            return Response({"detail": "No signature fits."}, status=401)
        event = EventSerializer(data=request.data)
        event.is_valid(raise_exception=True)
        found = event.validated_data
        row = Inbox(source="shop", event_id=found["id"], kind=found["type"], body=body)
        Inbox.objects.bulk_create([row], ignore_conflicts=True)
        return Response({"stored": True}, status=202)


urlpatterns = [path("minimal", minimal), path("serializer", SerializerView.as_view())]
application = WSGIHandler()
