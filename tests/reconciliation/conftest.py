import os
from datetime import date

import psycopg
import pytest

from config.embedded import ensure_running
from integrations.sandbox.sage500.build import build
from tests.clock import business_day  # noqa: F401
from tests.reconciliation.desk_world import DAY, Hub
from tests.settings import HOME
from tests.world import operator


@pytest.fixture
def desk(client, db):
    """A client that an operator has logged in with."""
    client.force_login(operator())
    return client


@pytest.fixture(scope="session")
def desk_erp_url():
    server = ensure_running(HOME)
    name = f"desk_sage500_{os.getpid()}"
    server.drop_database(name)
    server.ensure_database(name)
    url = server.url(name)
    build(url, periods_from=date(2010, 11, 1), periods_to=date(2011, 3, 31))
    yield url
    server.drop_database(name)


@pytest.fixture
def hub(db, desk_erp_url, tmp_path, settings):
    """A hub before a Sage 500 sandbox, on a Monday of December 2010."""
    settings.TIEOUT_CLOCK_FILE = tmp_path / "clock"
    with psycopg.connect(desk_erp_url, autocommit=True) as erp:
        made = Hub(erp, desk_erp_url, tmp_path / "clock")
        made.at(DAY)
        yield made
