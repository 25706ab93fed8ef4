import pytest

from integrations.services import connectors


@pytest.fixture(autouse=True)
def no_connector_is_kept():
    yield
    connectors._kept.clear()
