"""What a failure means: a read may be done again, a write only if it provably never left."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpcore
import httpx
import pytest

from integrations.addresses import GuardedBackend, GuardedTransport, is_public
from integrations.errors import (
    AuthError,
    ConfigError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
    TransientError,
    UnreadableError,
)
from integrations.http import HttpClient, Timeouts, retry_after_of
from integrations.redactor import Redactor

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "correct-horse-battery"


def client(answer, **options):
    def handle(request):
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer

    return HttpClient(
        "https://api.example.com",
        transport=httpx.MockTransport(handle),
        redactor=Redactor([SECRET]),
        now=lambda: NOW,
        **options,
    )


class CutStream(httpx.SyncByteStream):
    def __iter__(self):
        yield b'{"half": '
        raise httpx.RemoteProtocolError("peer closed connection")


def test_a_good_answer_comes_whole_with_its_request_id():
    reply = client(httpx.Response(200, content=b"{}", headers={"X-Request-Id": "r1"})).read(
        "GET", "/v1/ping"
    )
    assert (reply.status, reply.body, reply.request_id) == (200, b"{}", "r1")


@pytest.mark.parametrize(
    ("failure", "on_read", "on_write"),
    [
        (httpx.ConnectError("refused"), TransientError, TransientError),
        (httpx.ConnectTimeout("slow"), TransientError, TransientError),
        (httpx.PoolTimeout("busy"), TransientError, TransientError),
        (httpx.ReadTimeout("slow"), TransientError, OutcomeUnknownError),
        (httpx.ReadError("reset"), TransientError, OutcomeUnknownError),
        (httpx.WriteError("broken pipe"), TransientError, OutcomeUnknownError),
        (lambda _: httpx.Response(200, stream=CutStream()), TransientError, OutcomeUnknownError),
        (httpx.Response(500), TransientError, OutcomeUnknownError),
        (httpx.Response(503), TransientError, OutcomeUnknownError),
        (httpx.Response(302), RejectedError, OutcomeUnknownError),
        (httpx.Response(429), ThrottledError, ThrottledError),
        (httpx.Response(401), AuthError, AuthError),
        (httpx.Response(422), RejectedError, RejectedError),
    ],
)
def test_every_failure_has_its_name(failure, on_read, on_write):
    with pytest.raises(on_read):
        client(failure).read("GET", "/x")
    with pytest.raises(on_write):
        client(failure).write("POST", "/x", json={})


def test_a_status_that_the_caller_reads_itself_is_no_error():
    reply = client(httpx.Response(400, content=b"why")).read("GET", "/x", accept=frozenset({400}))
    assert (reply.status, reply.body) == (400, b"why")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("30", timedelta(seconds=30)),
        ("Sun, 01 Mar 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 01 Mar 2026 11:00:00 GMT", timedelta(0)),
        ("999999999", timedelta(days=1)),
        ("soon", None),
        ("", None),
    ],
)
def test_the_pause_asked_for_is_read_in_seconds_or_as_a_date(value, expected):
    assert retry_after_of(value, NOW) == expected


def test_a_throttle_carries_its_pause():
    with pytest.raises(ThrottledError) as raised:
        client(httpx.Response(429, headers={"Retry-After": "7"})).read("GET", "/x")
    assert raised.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("ahead", [-600, 0, 600])
def test_a_moment_to_come_back_at_is_meant_by_the_vendors_own_clock(ahead):
    theirs = datetime.now(UTC) + timedelta(seconds=ahead)
    back = format_datetime(theirs + timedelta(seconds=5), usegmt=True)
    headers = {"Date": format_datetime(theirs, usegmt=True), "Retry-After": back}
    with pytest.raises(ThrottledError) as raised:
        client(httpx.Response(429, headers=headers)).read("GET", "/x")
    assert raised.value.retry_after == timedelta(seconds=5)


def test_a_body_beyond_the_limit_is_not_taken_in():
    big = httpx.Response(200, content=b"x" * 2000)
    with pytest.raises(UnreadableError, match="larger than 1000 bytes"):
        client(big, body_limit=1000).read("GET", "/x")
    with pytest.raises(OutcomeUnknownError):
        client(big, body_limit=1000).write("POST", "/x")


def test_a_body_that_drips_too_slowly_is_given_up():
    with pytest.raises(TransientError, match="took too long"):
        client(httpx.Response(200, content=b"x"), timeouts=Timeouts(total=-1)).read("GET", "/x")


def test_a_request_beyond_the_budget_is_never_made():
    def spent():
        raise ThrottledError("The budget of this hour is spent.")

    with pytest.raises(ThrottledError, match="budget"):
        client(AssertionError("called"), on_request=spent).read("GET", "/x")


def test_secrets_are_in_no_message_no_log_and_no_repr(caplog):
    caplog.set_level(logging.DEBUG)
    body = f'{{"password": "{SECRET}", "access_token": "abc:def", "card": "4111111111111111"}}'
    http = client(httpx.Response(500, content=body.encode()))
    with pytest.raises(TransientError) as raised:
        http.read("POST", f"/x?key={SECRET}", headers={"Authorization": f"Bearer {SECRET}"})
    seen = str(raised.value) + caplog.text + repr(http) + repr(Redactor([SECRET]))
    for hidden in (SECRET, "abc:def", "411111111111"):
        assert hidden not in seen
    assert "answered 500" in seen


def test_an_excerpt_can_be_stored_whatever_the_vendor_sent():
    with pytest.raises(TransientError) as raised:
        client(httpx.Response(500, content=b"\x00\xff<h1>\n busy")).read("GET", "/x")
    assert "\x00" not in raised.value.message
    assert "<h1> busy" in raised.value.message


def test_a_failed_connection_does_not_show_secrets_either():
    with pytest.raises(TransientError) as raised:
        client(httpx.ConnectError(f"no {SECRET} here")).read("GET", "/x")
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "https://localhost",
        "https://127.0.0.1",
        "https://10.1.2.3",
        "https://[::1]",
        "https://169.254.169.254",
        "https://[::ffff:10.0.0.1]",
        "https://user:word@api.example.com",
        "ftp://api.example.com",
        "no address",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url):
    with pytest.raises(ConfigError) as raised:
        HttpClient(url)
    assert raised.value.setting == "base_url"


def test_a_sandbox_may_be_on_this_machine():
    HttpClient("http://127.0.0.1:8080", sandbox=True).close()


def test_a_public_name_that_leads_inside_is_refused_when_the_socket_opens(monkeypatch):
    inside = [(2, 1, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: inside)
    http = HttpClient("https://api.example.com")
    with pytest.raises(ConfigError, match="private network"):
        http.read("GET", "/x")


def test_an_unknown_name_never_left(monkeypatch):
    def unknown(*_, **__):
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    with pytest.raises(TransientError, match="cannot be reached"):
        HttpClient("https://api.example.com").write("POST", "/x")


def test_the_transport_really_opens_its_sockets_through_the_guard():
    transport = GuardedTransport(sandbox=False)
    assert isinstance(transport._pool, httpcore.ConnectionPool)
    assert isinstance(transport._pool._network_backend, GuardedBackend)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("8.8.8.8", True), ("192.168.1.1", False), ("2002:7f00:1::", False), ("fe80::1%eth0", False)],
)
def test_public_addresses_are_told_from_others(address, expected):
    assert is_public(address) is expected
