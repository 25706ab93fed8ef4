"""System checks: what a changed setting must not break, and what production refuses."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Advice
from django.db import connections

from config import production
from integrations.services import lanes


@register(Tags.security)
def production_settings(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> Iterable[CheckMessage]:
    if settings.TIEOUT_MODE != "production":
        return []
    reasons = production.refusals(
        secret_key=settings.SECRET_KEY,
        vault_key_ids=settings.TIEOUT_VAULT_KEYS,
        allowed_hosts=settings.ALLOWED_HOSTS,
        clock_file=settings.TIEOUT_CLOCK_FILE,
        allow_sandbox=settings.TIEOUT_ALLOW_SANDBOX,
        debug=settings.DEBUG,
    )
    return [Error(reason, id="config.E001") for reason in reasons]


@register(Tags.database)
def demo_users(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> Iterable[CheckMessage]:
    if settings.TIEOUT_MODE != "production" or "default" not in (databases or ()):
        return []
    hint = "Use a database of its own, or remove these users."
    return [
        Error(f"The demo's user {name} exists in production.", hint=hint, id="config.E002")
        for name in demo_users_present()
    ]


@register()
def queue(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> Iterable[CheckMessage]:
    """A task that is delivered twice, or for ever, would be noise in the best case."""
    cluster = settings.Q_CLUSTER
    timeout, retry = cluster.get("timeout"), cluster.get("retry", 60)
    cases = (
        (
            timeout is None or retry <= timeout,
            "Q_CLUSTER['retry'] must be above its 'timeout', or a task runs twice at once.",
            "config.E003",
        ),
        (
            cluster.get("max_attempts") != 1,
            "Q_CLUSTER['max_attempts'] must be 1: the drains repeat, the queue must not.",
            "config.E004",
        ),
        (
            cluster.get("ack_failures") is not True,
            "Q_CLUSTER['ack_failures'] must be on, or a failed task comes back for ever.",
            "config.E005",
        ),
        (
            timeout is not None and timeout < lanes.LONGEST.total_seconds(),
            "Q_CLUSTER['timeout'] is too short for a lane, whose worker would be killed at work.",
            "config.E006",
        ),
    )
    refused = [Error(sentence, id=number) for applies, sentence, number in cases if applies]
    return [*refused, *_slow_queue(cluster)]


def _slow_queue(cluster: Mapping[str, Any]) -> list[CheckMessage]:
    """What works and is slow."""
    staying = set(settings.TIEOUT_LANES) - settings.TIEOUT_BRIEF_LANES
    cases = (
        (
            len(staying) >= settings.TIEOUT_WORKERS,
            f"TIEOUT_WORKERS should be above {len(staying)}: so many lanes listen all the time.",
            "config.W001",
        ),
        (
            cluster.get("save_limit", 250) >= 0,
            "Q_CLUSTER['save_limit'] should be -1, or each task that ends locks all that are kept.",
            "config.W002",
        ),
        (
            cluster.get("poll", 0.2) > 0.2,
            "Q_CLUSTER['poll'] should be 0.2 seconds at most: a wake-up waits for it.",
            "config.W003",
        ),
    )
    return [Advice(sentence, id=number) for applies, sentence, number in cases if applies]


def demo_users_present() -> list[str]:
    """The demo's users in the database, [] before the first migration."""
    users = get_user_model()
    with connections["default"].cursor() as cursor:
        tables = connections["default"].introspection.table_names(cursor)
    if users._meta.db_table not in tables:
        return []
    found = users.objects.filter(username__in=production.DEMO_USERS).order_by("username")
    return list(found.values_list("username", flat=True))


def refuse_demo_users() -> None:
    """For the start of a server or a worker: production does not run beside a demo's users."""
    if settings.TIEOUT_MODE == "production" and (present := demo_users_present()):
        sys.exit(
            f"Tieout does not start: the demo's users {', '.join(present)} exist in this database;"
            " production needs a database of its own."
        )
