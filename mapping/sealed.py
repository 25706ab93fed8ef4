"""Rows of a sealed version stay as they are: the database refuses every change to them."""

from __future__ import annotations

import re

from django.db.migrations.operations.special import RunSQL

_FUNCTION = """
CREATE OR REPLACE FUNCTION tieout_refuse_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN touched := ARRAY[NEW.version_id];
    ELSIF TG_OP = 'DELETE' THEN touched := ARRAY[OLD.version_id];
    ELSE touched := ARRAY[OLD.version_id, NEW.version_id];
    END IF;
    IF EXISTS (SELECT 1 FROM mapping_rulesetversion
                WHERE id = ANY(touched) AND sealed_at IS NOT NULL) THEN
        RAISE EXCEPTION '% refused: a rule set that was handed in or is in force keeps its rows',
            TG_OP USING ERRCODE = 'restrict_violation',
                        HINT = 'Make a draft from it and change that.';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END
$$;
"""
_TRIGGER = "sealed_version"


class SealedRows(RunSQL):
    """Migration operation for a table of rules: rows of sealed versions cannot be touched."""

    def __init__(self, table: str) -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", table):
            raise ValueError(f"{table!r} is no table name")
        self.table = table
        super().__init__(
            sql=f"{_FUNCTION}"
            f'CREATE TRIGGER {_TRIGGER} BEFORE INSERT OR UPDATE OR DELETE ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION tieout_refuse_sealed();",
            reverse_sql=f'DROP TRIGGER {_TRIGGER} ON "{table}";',
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        """The operation as a migration file writes it."""
        return self.__class__.__qualname__, [self.table], {}

    def describe(self) -> str:
        """What `migrate --plan` shows."""
        return f"Refuse changes to rows of sealed versions in {self.table}"
