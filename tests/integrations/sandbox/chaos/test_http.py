"""Scheduled faults at the gateway's port, met by a plain client."""

import httpx
import psycopg
import pytest

from integrations.sandbox.chaos import book
from integrations.sandbox.chaos.http import channel_of
from integrations.sandbox.chaos.schedule import Fault
from integrations.sandbox.wire import Request
from tests.integrations.sandbox.paytrace.conftest import (
    database_url,
    running,
    settings_of_sandbox,
)

__all__ = ["database_url", "settings_of_sandbox"]
LIST = "gateway.list"
DAY = {"start_date": "12/01/2010", "end_date": "12/01/2010"}
PATH = "transactions/export/by_date_range"


@pytest.fixture
def struck(settings_of_sandbox):
    """A sandbox whose first list meets the fault, after three sales."""
    url = settings_of_sandbox.database_url

    def with_fault(kind):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS sandbox_schedule, sandbox_channel")
        book.install(url, [LIST], [Fault(LIST, 1, kind)])
        return running(settings_of_sandbox)

    yield with_fault
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS sandbox_schedule, sandbox_channel")


def listed(sandbox):
    return [each["transaction_id"] for each in sandbox.day("12/01/2010")]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("repeat_rows", [0, 1, 2, 0, 1, 2]),
        ("lag", [0, 1]),
        ("stall", [0, 1, 2]),
        ("replay", [0, 1, 2]),
    ],
)
def test_an_answer_is_wrong_once_and_right_again(struck, kind, seen):
    with struck(kind) as sandbox:
        sales = [sandbox.sale() for _ in range(3)]
        assert listed(sandbox) == [sales[place] for place in seen]
        assert listed(sandbox) == sales


def test_records_come_in_another_order(struck):
    with struck("reorder") as sandbox:
        sales = [sandbox.sale() for _ in range(3)]
        assert sorted(listed(sandbox)) == sales


@pytest.mark.parametrize(
    ("kind", "status"),
    [("throttle", 429), ("throttle_date", 429), ("unauthorized", 401), ("error_503", 503)],
)
def test_an_answer_says_no_and_the_next_one_yes(struck, kind, status):
    with struck(kind) as sandbox:
        assert sandbox.post(PATH, DAY).status_code == status
        assert sandbox.post(PATH, DAY).status_code == 200


@pytest.mark.parametrize("kind", ["refuse", "drop", "cut"])
def test_an_answer_does_not_come_at_all(struck, kind):
    with struck(kind) as sandbox:
        with pytest.raises(httpx.TransportError):
            sandbox.post(PATH, DAY)
        assert sandbox.post(PATH, DAY).status_code == 200


def test_garbage_is_no_json(struck):
    with struck("garbage") as sandbox, pytest.raises(ValueError, match="Expecting value"):
        sandbox.post(PATH, DAY).json()


def test_a_moment_to_come_back_at_is_by_the_vendors_own_clock(struck):
    with struck("throttle_date") as sandbox:
        headers = sandbox.post(PATH, DAY).headers
        assert {"date", "retry-after"} <= set(headers)


@pytest.mark.parametrize(
    ("path", "body", "channel"),
    [
        ("/oauth/token", b"", "gateway.token"),
        (f"/v1/{PATH}", b"{}", LIST),
        (f"/v1/{PATH}", b'{"including_text": "PO-1"}', "gateway.look"),
        ("/v1/transactions/export/by_id", b"{}", "gateway.look"),
        ("/v1/transactions/sale/keyed", b"{}", "gateway.write"),
    ],
)
def test_what_a_request_counts_as(path, body, channel):
    assert channel_of(Request("POST", path, {}, body, "")) == channel
