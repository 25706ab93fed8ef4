"""Tables whose rows are written once: the database refuses UPDATE, DELETE and TRUNCATE.

Any app's history table gets this with one operation in the migration that makes it:

    operations = [migrations.CreateModel("TransactionChange", ...),
                  AppendOnly("reconciliation_transactionchange")]

A mistake in code is stopped by it, and so is a person with the application's rights. The owner
of the database can switch triggers off; what they change then, the audit chain shows.
"""

from __future__ import annotations

import re

from django.db.migrations.operations.special import RunSQL

_FUNCTION = """
CREATE OR REPLACE FUNCTION tieout_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: the rows of table % are history, they are added and never '
        'changed or removed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation',
              HINT = 'Correct history with a new row that says what is true now.';
END
$$;
"""
_CHANGE_TRIGGER = "append_only"
_FROZEN_TRIGGER = "frozen_columns"
TRUNCATE_TRIGGER = "append_only_truncate"


class AppendOnly(RunSQL):
    """Migration operation: triggers on a table that refuse every change; reversible."""

    def __init__(self, table: str) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", table):
            raise ValueError(f"{table!r} is no table name")
        self.table = table
        super().__init__(
            sql=f"{_FUNCTION}"
            f'CREATE TRIGGER {_CHANGE_TRIGGER} BEFORE UPDATE OR DELETE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();"
            f'CREATE TRIGGER {TRUNCATE_TRIGGER} BEFORE TRUNCATE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();",
            reverse_sql=f'DROP TRIGGER {_CHANGE_TRIGGER} ON "{table}";'
            f'DROP TRIGGER {TRUNCATE_TRIGGER} ON "{table}";',
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        """The operation as a migration file writes it."""
        return self.__class__.__qualname__, [self.table], {}

    def describe(self) -> str:
        """What `migrate --plan` shows."""
        return f"Refuse changes to the rows of {self.table}"


class FrozenColumns(RunSQL):
    """Migration operation: rows stay, and so do the named columns; the others may change."""

    def __init__(self, table: str, columns: tuple[str, ...]) -> None:
        for name in (table, *columns):
            if not re.fullmatch(r"[a-z_][a-z0-9_]*", name):
                raise ValueError(f"{name!r} is no name of a table or column")
        self.table = table
        self.columns = columns
        named = ", ".join(f'"{column}"' for column in columns)
        super().__init__(
            sql=f"{_FUNCTION}"
            f'CREATE TRIGGER {_FROZEN_TRIGGER} BEFORE UPDATE OF {named} OR DELETE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION tieout_refuse_change();",
            reverse_sql=f'DROP TRIGGER {_FROZEN_TRIGGER} ON "{table}";',
        )

    def deconstruct(self) -> tuple[str, list[object], dict[str, str]]:
        """The operation as a migration file writes it."""
        return self.__class__.__qualname__, [self.table, self.columns], {}

    def describe(self) -> str:
        """What `migrate --plan` shows."""
        return f"Refuse changes to {', '.join(self.columns)} of {self.table}"
