"""Many rows with one statement: what `audit.bulk` has, for everything above it."""

from __future__ import annotations

from audit.bulk import insert_new, insert_rows, update_rows, values_text

__all__ = ["insert_new", "insert_rows", "update_rows", "values_text"]
