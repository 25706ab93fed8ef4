"""Another session of the same database, which holds a lock."""

from contextlib import contextmanager

import psycopg
from django.db import connection

from integrations.locks import lock_number


@contextmanager
def holding(name):
    parameters = connection.get_connection_params() | {"cursor_factory": None}
    with psycopg.connect(**parameters) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [lock_number(name)])
        yield
