"""The migration operation for history tables of any app."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.migrations.state import ProjectState

from audit.append_only import AppendOnly


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_table_takes_rows_but_no_changes_until_the_operation_is_reversed() -> None:
    run("CREATE TABLE some_history (n int)")
    operation, state = AppendOnly("some_history"), ProjectState()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("audit", editor, state, state)
    run("INSERT INTO some_history VALUES (1)")
    for statement in (
        "UPDATE some_history SET n = 2",
        "DELETE FROM some_history",
        "TRUNCATE some_history",
    ):
        with pytest.raises(DatabaseError, match="the rows of table some_history are history"):
            run(statement)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("audit", editor, state, state)
    run("DELETE FROM some_history")


def test_a_name_that_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="is no table name"):
        AppendOnly('x"; DROP TABLE y; --')
