import socket
import time
from dataclasses import replace

import httpx
import psycopg
import pytest

from integrations.sandbox.faults import FaultRule
from integrations.sandbox.paytrace.server import Settings
from tests.integrations.sandbox.paytrace.conftest import VISA, Sandbox, running

SALE = {"amount": "10.00", "credit_card": VISA}


def payments(sandbox: Sandbox) -> int:
    return len(sandbox.day("12/01/2010"))


def test_a_ping_needs_no_token(sandbox: Sandbox) -> None:
    assert sandbox.http.post("/v1/ping").json()["success"] is True
    assert sandbox.http.get("/v1/ping").status_code == 200


def test_a_token_is_given_for_a_form_and_for_json(sandbox: Sandbox) -> None:
    given = {
        "grant_type": "password",
        "username": "sandbox-api-user",
        "password": "sandbox-only-password",
    }
    for answer in (
        sandbox.http.post("/oauth/token", data=given),
        sandbox.http.post("/oauth/token", json=given),
    ):
        body = answer.json()
        assert (answer.status_code, body["token_type"], body["expires_in"]) == (200, "bearer", 7200)
        assert body["access_token"].count(":") == 2


def test_bad_credentials_are_an_invalid_grant(sandbox: Sandbox) -> None:
    given = {"grant_type": "password", "username": "sandbox-api-user", "password": "wrong"}
    answer = sandbox.http.post("/oauth/token", data=given)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_grant")
    assert sandbox.http.post("/oauth/token", content=b"\xff{").status_code == 401


def test_a_business_call_needs_a_token_that_is_known(sandbox: Sandbox) -> None:
    for token in ("", "a:b:c"):
        sandbox.token = token
        answer = sandbox.post("transactions/sale/keyed", SALE)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_token_expires_by_the_wall_clock(settings_of_sandbox: Settings) -> None:
    with running(replace(settings_of_sandbox, token_seconds=1)) as sandbox:
        assert payments(sandbox) == 0
        time.sleep(1.05)
        assert sandbox.post("transactions/sale/keyed", SALE).status_code == 401


def test_an_unknown_path_is_not_found(sandbox: Sandbox) -> None:
    assert sandbox.post("transactions/loan", {}).status_code == 404
    assert sandbox.http.get("/v1/transactions/void").status_code == 404


def test_a_malformed_request_gets_an_answer(sandbox: Sandbox) -> None:
    port = sandbox.http.base_url.port
    for sent in (b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(sent)
            assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_a_refused_connection_does_nothing(sandbox: Sandbox) -> None:
    sandbox.arm("refuse", path="/v1/transactions/sale/*")
    with pytest.raises((httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)):
        sandbox.post("transactions/sale/keyed", SALE)
    assert payments(sandbox) == 0
    sandbox.sale()


def test_a_dropped_reply_leaves_the_payment_made(sandbox: Sandbox) -> None:
    sandbox.arm("drop", path="/v1/transactions/sale/*")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        sandbox.post("transactions/sale/keyed", SALE)
    assert payments(sandbox) == 1


def test_a_cut_reply_ends_in_the_middle(sandbox: Sandbox) -> None:
    sandbox.arm("cut", path="/v1/transactions/sale/*")
    with pytest.raises(httpx.RemoteProtocolError):
        sandbox.post("transactions/sale/keyed", SALE)
    assert payments(sandbox) == 1


def test_a_throttle_may_say_when_to_come_back(sandbox: Sandbox) -> None:
    sandbox.arm("throttle", retry_after=7)
    sandbox.arm("throttle")
    first, second = (sandbox.post("transactions/sale/keyed", SALE) for _ in range(2))
    assert (first.status_code, first.headers["Retry-After"]) == (429, "7")
    assert second.status_code == 429
    assert "Retry-After" not in second.headers
    assert payments(sandbox) == 0


@pytest.mark.parametrize(("kind", "made"), [("error", 0), ("error_after", 1)])
def test_an_error_says_nothing_about_what_was_done(sandbox: Sandbox, kind: str, made: int) -> None:
    sandbox.arm(kind, status=503, path="*/sale/keyed")
    assert sandbox.post("transactions/sale/keyed", SALE).status_code == 503
    assert payments(sandbox) == made


def test_a_stall_outlasts_the_clients_patience(sandbox: Sandbox) -> None:
    sandbox.arm("stall", seconds=0.5, path="*/sale/keyed")
    sandbox.http.timeout = httpx.Timeout(0.1)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.post("transactions/sale/keyed", SALE)
    sandbox.http.timeout = httpx.Timeout(10)
    time.sleep(0.6)
    assert payments(sandbox) == 1


def test_a_mangled_answer_is_no_json(sandbox: Sandbox) -> None:
    sandbox.arm("mangle_json", path="*/by_date_range")
    asked = {"start_date": "12/01/2010", "end_date": "12/01/2010"}
    answer = sandbox.post("transactions/export/by_date_range", asked)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert payments(sandbox) == 0


def test_a_garbled_record_spoils_one_row_of_one_answer(sandbox: Sandbox) -> None:
    good, spoiled = sandbox.sale("12.30"), sandbox.sale("12.30")
    sandbox.arm("garble", record=str(spoiled), path="*/by_date_range")
    assert sandbox.day("12/02/2010") == []  # the record is not in it: nothing is taken
    assert [record["amount"] for record in sandbox.day("12/01/2010")] == [12.3, "12,3O"]
    assert [record["amount"] for record in sandbox.day("12/01/2010")] == [12.3, 12.3]
    sandbox.arm("garble", record=str(good), spoil="id", path="*/by_date_range")
    assert "transaction_id" not in sandbox.day("12/01/2010")[0]
    assert sandbox.day("12/01/2010")[0]["transaction_id"] == good


def test_a_fault_strikes_only_where_its_pattern_fits_and_only_its_times(sandbox: Sandbox) -> None:
    sandbox.arm("error", body_contains="INV 7", times=2)
    codes = [
        sandbox.post("transactions/sale/keyed", SALE | {"invoice_id": text}).status_code
        for text in ("INV 6", "INV 7", "INV 7", "INV 7")
    ]
    assert codes == [200, 500, 500, 200]


def test_a_fault_with_a_name_is_armed_once(sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.arm("error", name="first sale", path="*/sale/keyed")
    codes = [sandbox.post("transactions/sale/keyed", SALE).status_code for _ in range(2)]
    assert codes == [500, 200]


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="no kind of fault"):
        FaultRule(kind="earthquake")


def test_postgresql_away_is_503_and_then_all_is_well(sandbox: Sandbox, database_url: str) -> None:
    sandbox.sale()
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    admin = psycopg.connect(database_url, dbname="postgres", autocommit=True)
    with admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
            )
            codes = [sandbox.post("transactions/sale/keyed", SALE).status_code for _ in range(3)]
        finally:
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert codes == [503, 503, 503]
    sandbox.sale()
    assert payments(sandbox) == 2


def test_a_missing_clock_is_503_until_it_is_back(sandbox: Sandbox) -> None:
    text = sandbox.clock.path.read_text()
    sandbox.clock.path.write_text("half past nine")
    assert sandbox.post("transactions/sale/keyed", SALE).status_code == 503
    sandbox.clock.path.write_text(text)
    assert payments(sandbox) == 0
