import pytest

from tests.clock import business_day  # noqa: F401
from tests.world import operator


@pytest.fixture
def desk(client, db):
    """A client that an operator has logged in with."""
    client.force_login(operator())
    return client
