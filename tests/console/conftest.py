import pytest

from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.world import operator


@pytest.fixture
def world(db, business_day):  # noqa: F811
    return kept_world(days=6, per_day=2)


@pytest.fixture
def desk(client, db):
    """A client that an operator has logged in with."""
    client.force_login(operator())
    return client
