from pathlib import Path
from typing import Any

import psycopg
from django.db.backends.postgresql import base

from config.embedded.server import USER, Server, ensure_running

TRIES = 5


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects first and starts the server only when that fails: a live server costs nothing extra.

    settings_dict beside Django's own keys: EMBEDDED_HOME (data folder), EMBEDDED_DATABASE (the one
    database that may be made here; test databases are made by the test runner).
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        for _ in range(TRIES):
            try:
                return self._connect(conn_params)
            except psycopg.OperationalError:
                server = ensure_running(Path(self.settings_dict["EMBEDDED_HOME"]))
                if conn_params.get("dbname") == self.settings_dict["EMBEDDED_DATABASE"]:
                    server.ensure_database(self.settings_dict["EMBEDDED_DATABASE"])
        return self._connect(conn_params)

    def _connect(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        connection: psycopg.Connection = super().get_new_connection(conn_params)
        return connection


def embedded_database(home: Path, name: str) -> dict[str, Any]:
    """The DATABASES entry for a database of the embedded server. Pure: starts nothing."""
    return {
        "ENGINE": "config.embedded.backend",
        "NAME": name,
        "USER": USER,
        "HOST": str(Server(home).socket),
        "EMBEDDED_HOME": str(home),
        "EMBEDDED_DATABASE": name,
    }
