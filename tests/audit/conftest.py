"""What the tests of the audit log share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from audit import services


@pytest.fixture(autouse=True)
def home(settings: LazySettings, tmp_path: Path) -> Path:
    """A data folder of the test's own: the head file lies there."""
    settings.TIEOUT_HOME = tmp_path
    return tmp_path


@contextmanager
def triggers_off() -> Iterator[None]:
    """What an owner of the database can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def tamper(statement: str, *values: Any) -> None:
    with triggers_off(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount > 0


def draft(number: int) -> services.EntryDraft:
    return services.EntryDraft(
        "posting.posted",
        ("integrations.posting", str(number)),
        actor="worker",
        summary=f"Receipt {number} posted",
        details={"amount": "12.50", "tries": number, "nested": {"ok": True, "none": None}},
        business_on=date(2010, 12, 1),
    )


@pytest.fixture
def sealed(db: None, django_capture_on_commit_callbacks: Callable[..., Any]) -> list[int]:
    """Twelve entries in three checkpoints, heads kept; the ids of the entries in order."""
    entries = services.record_many(draft(number) for number in range(1, 13))
    with django_capture_on_commit_callbacks(execute=True):
        assert [services.seal(5), services.seal(5), services.seal(5)] == [5, 5, 2]
    assert services.verify().ok
    return [entry.pk for entry in entries]
