"""dj-stripe's own webhook view with its signature check; what it does with an event is left out.

python -m bench.intake.djstripe_peer      makes its tables and prints the webhook's path
"""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings

from bench.intake.peer_settings import settings as peer

ENDPOINT = "5f1c6c0e-8f0b-4c3e-9a57-2d6a4f1f7b10"

if not settings.configured:
    settings.configure(
        **peer(
            __name__,
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "djstripe",
        ),
        # The tables as the models have them: its migrations take a minute and end the same.
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "djstripe", "sessions")),
        STRIPE_LIVE_MODE=False,
        STRIPE_TEST_SECRET_KEY="sk_test_measured_only",
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        DJSTRIPE_WEBHOOK_EVENT_CALLBACK=f"{__name__}.leave_to_a_worker",
    )

    def leave_to_a_worker(trigger: Any, api_key: str | None = None) -> None:
        """Nothing: only receiving is measured."""

    django.setup()

from django.core.handlers.wsgi import WSGIHandler
from django.urls import include, path

urlpatterns = [path("stripe/", include("djstripe.urls", namespace="djstripe"))]
application = WSGIHandler()


def prepare() -> str:
    from django.core.management import call_command
    from djstripe.models import WebhookEndpoint

    call_command("migrate", run_syncdb=True, verbosity=0)
    WebhookEndpoint.objects.update_or_create(
        id="we_measured",
        defaults={
            "livemode": False,
            "url": "http://127.0.0.1",
            "secret": os.environ["BENCH_SECRET"],
            "enabled_events": ["*"],
            "status": "enabled",
            "api_version": "2024-06-20",
            "djstripe_uuid": ENDPOINT,
            "djstripe_tolerance": 3600,
            "djstripe_validation_method": "verify_signature",
        },
    )
    return f"/stripe/webhook/{ENDPOINT}/"


if __name__ == "__main__":
    print(prepare())
