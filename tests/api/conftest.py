import itertools

import pytest
from django.test import Client

from audit.api import views
from audit.roles import Role
from audit.scopes import Scope
from tests.builders import (
    ApiKeyFactory,
    MethodRuleFactory,
    RuleImportFactory,
    RuleSetVersionFactory,
    text_of,
)
from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.world import person

EVERYTHING = [scope.value for scope in Scope]
ONCE = itertools.count(1)


class Caller:
    """Calls the API as whoever holds the key, or as nobody."""

    def __init__(self, bearer=""):
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}

    def get(self, path, query=None, **headers):
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers | headers)

    def post(self, path, body=None, once="", **more):
        headers = self.headers | {"Idempotency-Key": once or f"once-{next(ONCE)}"}
        more = {"content_type": "application/json"} | more
        return self.client.post(f"/api/v1/{path}", body or {}, headers=headers, **more)

    def send(self, path, form, once=""):
        """A form with a file in it."""
        headers = self.headers | {"Idempotency-Key": once or f"once-{next(ONCE)}"}
        return self.client.post(f"/api/v1/{path}", form, headers=headers)


@pytest.fixture(autouse=True)
def no_rates():
    """Each test begins with an unused rate."""
    views._rates.__init__()


@pytest.fixture
def world(db, business_day):  # noqa: F811
    found = kept_world(days=6, per_day=2)
    handed_in = {"pair": found.pair, "state": "reviewed", "active_from": None}
    found.handed_in = RuleSetVersionFactory(number=3, reviewed_by="user:mara", **handed_in)
    MethodRuleFactory(version=found.handed_in)
    draft = {"version": None, "kind": "", "name": "rules.yaml", "content": {"rules": {}}}
    found.waiting = RuleImportFactory(pair=found.pair, **draft)
    found.row = found.run.items.first()
    return found


@pytest.fixture
def key(db):
    owner = person("owner", Role.OPERATOR, Role.ADMIN)
    return ApiKeyFactory(name="reporting", owner=owner, scopes=EVERYTHING)


def software(name, *roles):
    """Calls with a key of somebody who holds these roles, for everything that a key may do."""
    key = ApiKeyFactory(name=f"{name}-software", owner=person(name, *roles), scopes=EVERYTHING)
    return Caller(text_of(key))


@pytest.fixture
def api(key):
    return Caller(text_of(key))
