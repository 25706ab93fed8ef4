"""Connections to the sandbox's own database."""

from __future__ import annotations

import psycopg


def connect(database_url: str) -> psycopg.Connection:
    """An autocommit connection; the URL may carry SQLAlchemy's driver name.

    Sage's tables are in schema public, even for a user who has the wrapper's schema name.
    """
    return psycopg.connect(
        database_url.replace("postgresql+psycopg://", "postgresql://", 1),
        autocommit=True,
        client_encoding="utf8",
        options="-c search_path=public",
        application_name="sage500-sandbox",
    )
