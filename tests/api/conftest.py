import itertools

import pytest
from django.test import Client

from audit.api import views
from audit.roles import Role
from tests.builders import ApiKeyFactory, text_of
from tests.clock import business_day  # noqa: F401
from tests.world import World, person

EVERYTHING = ["read", "write:connections", "write:exceptions", "write:statements"]
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


@pytest.fixture(autouse=True)
def no_rates():
    """Each test begins with an unused rate."""
    views._rates.__init__()


@pytest.fixture
def world(db, business_day):  # noqa: F811
    return World(days=6, per_day=2)


@pytest.fixture
def key(db):
    owner = person("owner", Role.OPERATOR, Role.ADMIN)
    return ApiKeyFactory(name="reporting", owner=owner, scopes=EVERYTHING)


@pytest.fixture
def api(key):
    return Caller(text_of(key))
