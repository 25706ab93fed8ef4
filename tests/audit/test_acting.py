"""Services ask for the duty themselves: no way in forgets to, and each refusal is on record."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.acting import acting, require_actor
from audit.models import Entry
from audit.roles import Duty, Role
from integrations.services import alert_routes, alerts
from integrations.services.intake import receive_file
from integrations.services.posting_release import look_now
from reconciliation.services import replay
from tests.builders import (
    AlertFactory,
    AlertRouteFactory,
    AlertSilenceFactory,
    ApiKeyFactory,
    ConnectionFactory,
    PostingFactory,
)
from tests.world import person

pytestmark = pytest.mark.django_db

WHO = ("user:viewer", "user:root", "user:gone", "user:nobody", "key:none", "worker", "")

ATTEMPTS = {
    "replay_one": lambda who: replay.replay_one(PostingFactory(), who),
    "replay": lambda who: replay.replay(PostingFactory._meta.model.objects.all(), 9, who, "all"),
    "look_now": lambda who: look_now(PostingFactory(), who),
    "upload": lambda who: receive_file(ConnectionFactory(), "x.csv", b"date\n", who),
    "acknowledge": lambda who: alerts.acknowledge(AlertFactory(), who),
    "route": lambda who: alert_routes.save_route(AlertRouteFactory(), "", who),
    "test": lambda who: alert_routes.send_test(AlertRouteFactory(), who),
    "silence": lambda who: alert_routes.silence("", None, timezone.now(), "Because.", who),
    "end silence": lambda who: alert_routes.end_silence(AlertSilenceFactory(), who),
    "rhythm": lambda who: alert_routes.set_quiet_after(ConnectionFactory(), 24, who),
}


@pytest.fixture
def people():
    person("viewer", Role.VIEWER)
    root = person("root")
    root.is_superuser = True
    root.save()
    gone = person("gone", *Role)
    gone.is_active = False
    gone.save()


@pytest.mark.parametrize("name", ATTEMPTS)
def test_a_service_refuses_whoever_lacks_the_duty_and_records_it(people, name):
    for who in WHO:
        with pytest.raises(PermissionDenied):
            ATTEMPTS[name](who)
    assert Entry.objects.filter(action="access.denied").count() == len(WHO)
    assert Entry.objects.exclude(action="access.denied").count() == 0


def test_a_person_with_the_duty_and_a_key_with_the_scope_pass(people):
    person("olga", Role.OPERATOR)
    require_actor("user:olga", Duty.WORK_EXCEPTIONS)
    owner = person("owner", Role.OPERATOR)
    key = ApiKeyFactory(name="robot", owner=owner, scopes=["read", "write:exceptions"])
    require_actor(f"key:{key.name}", Duty.WORK_EXCEPTIONS)
    assert acting("user:gone") is None
