"""Rules in force as a test wants them: past the guard that keeps sealed versions as they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from mapping.services import rulesets


@contextmanager
def unsealed() -> Iterator[None]:
    """Inside, the database lets rows of sealed versions be changed; call within a test alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
    rulesets._loaded.clear()
