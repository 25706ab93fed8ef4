"""Whose the embedded PostgreSQL is: a demo ends the server that demos started, and no other.

A file in the data folder says so for all runs of the folder: one that ends while another is at work
leaves the server to it, and what a kill left behind is ended by the next run.
"""

from pathlib import Path

from config.demo import databases
from config.demo.databases import Databases
from config.embedded import Server, stop


def _mark(home: Path) -> Path:
    return home / "postgres.of-a-demo"


def note_start(home: Path) -> None:
    """Before a demo first asks for the server: if it does not run, the demo starts it."""
    if not Server(home).answers():
        _mark(home).touch()


def hand_over(home: Path) -> None:
    """It stays up for a person, who ends it."""
    _mark(home).unlink(missing_ok=True)


def stop_if_ours(used: Databases, home: Path) -> None:
    """End the server if a demo started it and nobody works with other databases of it."""
    if _mark(home).exists() and not databases.others_at_work(used, home):
        stop(home)
        _mark(home).unlink(missing_ok=True)
