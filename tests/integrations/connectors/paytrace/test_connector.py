"""Polling PayTrace: which days and ids are asked for, and how log-in and refusals end."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs

import httpx
import pytest

from integrations.connectors.paytrace.client import PayTraceClient
from integrations.connectors.paytrace.config import PayTraceSettings
from integrations.connectors.paytrace.connector import create
from integrations.contracts import Capability
from integrations.errors import AuthError, ConfigError, RejectedError, TransientError
from integrations.http import HttpClient

PASSWORD = "only-for-this-test"
NOON = datetime(2010, 12, 6, 20, tzinfo=UTC)  # noon in Los Angeles
SALES, BATCHES = Capability.TRANSACTIONS, Capability.BATCHES


class FakePayTrace:
    """Answers log-in and exports; keeps what it was asked."""

    def __init__(self):
        self.asked, self.log_ins, self.days, self.token_life = [], 0, {}, 7200
        self.answers = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return self._log_in(parse_qs(request.content.decode()))
        if request.headers["authorization"] != f"Bearer t:{self.log_ins}:t":
            return httpx.Response(401, json={"error": "invalid_token"})
        body = json.loads(request.content)
        self.asked.append((request.url.path.removeprefix("/v1/"), body))
        if self.answers:
            return self.answers.pop(0)
        ids = self.days.get(body.get("start_date"), [])
        if "transaction_id" in body:
            ids = [body["transaction_id"]]
        rows = [{"transaction_id": number} for number in ids]
        answer = {"success": True, "response_code": 1, "transactions": rows, "batches": []}
        return httpx.Response(200, json=answer)

    def _log_in(self, form):
        if form["password"] != [PASSWORD]:
            answer = {"error": "invalid_grant", "error_description": "wrong"}
            return httpx.Response(self.refusal_status, json=answer)
        self.log_ins += 1
        token = {"access_token": f"t:{self.log_ins}:t", "expires_in": self.token_life}
        return httpx.Response(200, json=token)

    refusal_status = 401

    def names(self):
        return [body.get("start_date") or body["transaction_id"] for _, body in self.asked]


@pytest.fixture
def vendor():
    return FakePayTrace()


def connect(vendor, password=PASSWORD, **settings):
    read = PayTraceSettings.from_mapping({"username": "api"} | settings, {"password": password})
    return create(read, sandbox=True, transport=httpx.MockTransport(vendor))


def walk(connector, cursor, moment=NOON, limit=10, watch=(), stream=SALES):
    documents, has_more = [], True
    while has_more:
        page = connector.fetch(stream, cursor, moment=moment, limit=limit, watch=watch)
        documents += page.documents
        cursor, has_more = json.loads(json.dumps(page.next_cursor)), page.has_more
        assert len(page.documents) <= limit
    return documents, cursor


def test_a_poll_reads_one_document_for_each_day_of_the_window(vendor):
    documents, cursor = walk(connect(vendor), {})
    names = ["2010-12-03", "2010-12-04", "2010-12-05", "2010-12-06"]
    assert [document.name for document in documents] == names
    assert {document.kind for document in documents} == {"transactions"}
    assert vendor.names() == ["12/03/2010", "12/04/2010", "12/05/2010", "12/06/2010"]
    assert cursor == {"through": "2010-12-06T20:00:00+00:00"}


def test_the_first_poll_begins_at_the_first_day_of_the_connection(vendor):
    documents, _ = walk(connect(vendor, start_on="2010-11-30"), {}, limit=3)
    assert [document.name for document in documents][::6] == ["2010-11-30", "2010-12-06"]


def test_after_a_long_pause_no_day_is_left_out(vendor):
    cursor = {"through": "2010-11-25T07:00:00+00:00"}  # still the 24th in Los Angeles
    documents, _ = walk(connect(vendor), cursor, limit=2)
    assert documents[0].name == "2010-11-24"
    assert len(documents) == 13


def test_the_day_is_the_pacific_one(vendor):
    late = datetime(2010, 12, 7, 7, 59, tzinfo=UTC)
    documents, _ = walk(connect(vendor, window_days=0), {}, moment=late)
    assert [document.name for document in documents] == ["2010-12-06"]


def test_watched_ids_outside_the_window_are_read_by_id_and_the_others_are_not(vendor):
    vendor.days = {"12/04/2010": [41, 42]}
    documents, cursor = walk(connect(vendor), {}, limit=3, watch=["42", "7", "100"])
    assert vendor.names()[4:] == [7, 100]
    assert documents[-1].context == {"transaction_id": "100"}
    assert set(cursor) == {"through"}


def test_a_walk_ends_at_the_moment_at_which_it_began(vendor):
    connector = connect(vendor)
    page = connector.fetch(SALES, {}, moment=NOON, limit=3)
    later = NOON.replace(day=9)
    page = connector.fetch(SALES, page.next_cursor, moment=later, limit=3)
    assert page.next_cursor == {"through": "2010-12-06T20:00:00+00:00"}
    assert not page.has_more


def test_a_page_that_was_not_stored_comes_again(vendor):
    connector = connect(vendor)
    vendor.answers = [httpx.Response(500)]
    with pytest.raises(TransientError):
        connector.fetch(SALES, {}, moment=NOON, limit=2)
    assert len(walk(connector, {}, limit=2)[0]) == 4


def test_a_request_that_fails_costs_itself_alone(vendor):
    connector = connect(vendor)
    fine, broken = httpx.Response(200, json={"transactions": []}), httpx.Response(500)
    vendor.answers = [fine, fine, broken]
    page = connector.fetch(SALES, {}, moment=NOON, limit=31, watch=["7"])
    assert isinstance(page.trouble, TransientError)
    assert (len(page.documents), page.has_more) == (2, True)
    vendor.answers = [fine, fine, broken]
    page = connector.fetch(SALES, page.next_cursor, moment=NOON.replace(day=9), limit=31)
    assert page.next_cursor["walk"]["left"] == ["7"]
    page = connector.fetch(SALES, page.next_cursor, moment=NOON.replace(day=9), limit=31)
    assert (page.trouble, page.has_more, page.covers) == (None, False, NOON)
    assert vendor.names()[2::3] == ["12/05/2010", 7]


def test_batches_are_asked_for_in_spans(vendor):
    documents, cursor = walk(connect(vendor, start_on="2010-10-15"), {}, limit=1, stream=BATCHES)
    names = [document.name for document in documents]
    assert names == ["2010-10-15 to 2010-11-14", "2010-11-15 to 2010-12-06"]
    assert cursor == {"through": "2010-12-06T20:00:00+00:00"}


def test_the_integrator_id_and_the_wish_for_prefixes_go_along(vendor):
    walk(connect(vendor, integrator_id="abc", include_bin=True, window_days=0), {})
    sent = {"start_date": "12/06/2010", "end_date": "12/06/2010"}
    assert vendor.asked[0][1] == sent | {"include_bin": True, "integrator_id": "abc"}


def test_one_token_serves_all_requests_and_an_invalid_one_is_renewed_once(vendor):
    connector = connect(vendor)
    walk(connector, {})
    assert vendor.log_ins == 1
    vendor.answers = [httpx.Response(400, json={"error": "invalid_token"})]
    assert len(walk(connector, {})[0]) == 4
    assert vendor.log_ins == 2
    vendor.answers = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(AuthError):
        connector.fetch(SALES, {}, moment=NOON, limit=1)


def test_a_token_is_renewed_shortly_before_its_end(vendor):
    now = [0.0]
    http = HttpClient("https://api.example.com", transport=httpx.MockTransport(vendor))
    settings = PayTraceSettings(username="api", password=PASSWORD)
    client = PayTraceClient(settings, http, clock=lambda: now[0])
    for moment in (0.0, 7100.0, 7140.0):
        now[0] = moment
        client.export_days(NOON.date(), NOON.date())
    assert vendor.log_ins == 2


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_password_is_told_without_it(vendor, status):
    vendor.refusal_status = status
    with pytest.raises(AuthError, match="refuses") as raised:
        walk(connect(vendor, password="wrong-password-here"), {})
    assert "wrong-password-here" not in str(raised.value) + repr(raised.value.__context__)


@pytest.mark.parametrize(
    ("status", "errors", "error", "code"),
    [
        (400, {"58": ["bad id"]}, RejectedError, "58"),
        (200, {"30": ["customer"], "981": ["permission"]}, AuthError, "981"),
        (400, {"9999": ["something new"]}, RejectedError, "9999"),
        (400, {}, RejectedError, "1"),
    ],
)
def test_a_refusal_is_named_by_its_number(vendor, status, errors, error, code):
    answer = {"success": False, "response_code": 1, "errors": errors, "status_message": "no"}
    vendor.answers = [httpx.Response(status, json=answer)]
    with pytest.raises(error) as raised:
        connect(vendor).fetch(SALES, {}, moment=NOON, limit=1)
    assert raised.value.code == code


def test_an_unknown_id_becomes_a_document_and_does_not_stop_the_poll(vendor):
    answer = {"success": False, "response_code": 1, "errors": {"58": ["not valid"]}}
    vendor.answers = [httpx.Response(400, json=answer)]
    connector = connect(vendor)
    document = connector.fetch_by_id(SALES, "77")
    [record] = connector.parse(document.kind, document.body, document.context).records
    assert record.external_id == "77"


def test_a_page_that_is_not_json_is_kept_as_it_came(vendor):
    vendor.answers = [httpx.Response(200, content=b"<html>")]
    page = connect(vendor).fetch(SALES, {}, moment=NOON, limit=1)
    assert page.documents[0].body == b"<html>"


def test_a_refusal_that_is_not_json_is_no_document(vendor):
    vendor.answers = [httpx.Response(404, content=b"<html>no such page")]
    with pytest.raises(RejectedError, match="answered 404: <html>no such page"):
        connect(vendor).fetch(SALES, {}, moment=NOON, limit=1)


def test_the_connection_test_stops_at_the_step_that_fails(vendor):
    assert [check.passed for check in connect(vendor).check_connection()] == [True, True, True]
    vendor.answers = [httpx.Response(500)]
    checks = connect(vendor).check_connection()
    assert [(c.name, c.passed) for c in checks] == [("Log in", True), ("Read transactions", False)]


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"window_days": 99}, "window_days"),
        ({"integrator_id": "x" * 13}, "integrator_id"),
        ({"start_on": "soon"}, "start_on"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(vendor, settings, setting):
    with pytest.raises(ConfigError) as raised:
        connect(vendor, **settings)
    assert raised.value.setting == setting


def test_a_stream_that_paytrace_has_not_is_a_mistake_of_ours(vendor):
    with pytest.raises(ValueError, match="no stream"):
        connect(vendor).fetch(Capability.STATEMENTS, {}, moment=NOON, limit=1)
