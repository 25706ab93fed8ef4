from collections.abc import Iterable
from typing import Any

from django.core.management.color import Style
from django.db.backends.postgresql.operations import DatabaseOperations

from config.embedded.backend import base


class FilledTables(DatabaseOperations):
    """Emptying a hundred tables costs as many new files; a test fills a few of them."""

    def sql_flush(
        self,
        style: Style,
        tables: Iterable[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        filled = self._filled(list(tables))
        # Tables that refer to a filled one have to be named with it, empty or not.
        return super().sql_flush(style, filled, reset_sequences=reset_sequences, allow_cascade=True)

    def _filled(self, tables: list[str]) -> list[str]:
        asked = [f"SELECT '{each}' WHERE EXISTS (SELECT FROM \"{each}\")" for each in tables]
        if not asked:
            return []
        with self.connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            return [name for (name,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class: Any = FilledTables
