import os
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

from config.embedded import ensure_running
from integrations.sandbox.sage500.build import build, load_invoices
from tests.integrations.sandbox.sage500.erp import Erp
from tests.settings import HOME

DATABASE = f"sage500_test_{os.getpid()}"
INVOICES = [
    ("536365", "2010-12-01", "17850", "139.12"),
    ("536366", "2010-12-01", "17850", "22.20"),
    ("536367", "2010-12-01", "13047", "278.73"),
]
# Much quicker than a database for each test: the rows as they were are kept beside the tables.
KEEP_ROWS = """
CREATE SCHEMA kept;
DO $$
DECLARE held record;
BEGIN
    FOR held IN SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname IN ('public', 'tieout')
    LOOP
        EXECUTE format('CREATE TABLE kept.%2$I AS TABLE %1$I.%2$I', held.schemaname,
            held.tablename);
    END LOOP;
    CREATE TABLE kept.sequences AS
        SELECT sequencename AS name, COALESCE(last_value, start_value - 1) AS used
        FROM pg_sequences WHERE schemaname = 'surrogate';
END $$;
CREATE PROCEDURE kept.restore() LANGUAGE plpgsql AS $$
DECLARE held record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR held IN SELECT schemaname, tablename FROM pg_tables
        WHERE schemaname IN ('public', 'tieout')
    LOOP
        EXECUTE format('DELETE FROM %I.%I', held.schemaname, held.tablename);
        EXECUTE format('INSERT INTO %1$I.%2$I OVERRIDING SYSTEM VALUE TABLE kept.%2$I',
            held.schemaname, held.tablename);
    END LOOP;
    PERFORM setval(format('surrogate.%I', name), used + 1, false) FROM kept.sequences;
END $$;
"""


@pytest.fixture(scope="session")
def company_database() -> Iterator[str]:
    server = ensure_running(HOME)
    server.drop_database(DATABASE)
    server.ensure_database(DATABASE)
    url = server.url(DATABASE)
    build(url, periods_from=date(2010, 11, 1), periods_to=date(2011, 3, 31))
    load_invoices(url, INVOICES)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(KEEP_ROWS)
    yield url
    server.drop_database(DATABASE)


@pytest.fixture
def url(company_database: str) -> str:
    """A company database with three open invoices of two customers, and nothing else."""
    with psycopg.connect(company_database, autocommit=True) as connection:
        connection.execute("CALL kept.restore()")
    return company_database


@pytest.fixture
def erp(url: str) -> Iterator[Erp]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield Erp(connection, url)
