"""A PostgreSQL of our own for installations that name none: nothing to install for a first look.

The binaries come in a wheel; the server listens on a Unix socket only and lives in the data folder.
"""

from config.embedded.server import EmbeddedServerError, Server, ensure_running, stop

__all__ = ["EmbeddedServerError", "Server", "ensure_running", "stop"]
