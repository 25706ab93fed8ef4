import pytest
from django.db import connection, connections

from config.database import plan_for_pages

pytestmark = pytest.mark.django_db


def joins_by_merging(asked):
    with asked.cursor() as cursor:
        cursor.execute("SHOW enable_mergejoin")
        return cursor.fetchone()[0]


def test_a_web_server_joins_row_by_row_and_workers_as_they_like():
    assert joins_by_merging(connection) == "on"
    plan_for_pages()
    mine = connections.create_connection("default")
    try:
        assert joins_by_merging(mine) == "off"
    finally:
        mine.close()
        from django.db.backends.signals import connection_created

        connection_created.disconnect(dispatch_uid="plan_for_pages")
