import pytest
from django.db import OperationalError

from audit.api import views
from audit.models import Entry
from audit.roles import Role
from tests.api.conftest import EVERYTHING, Caller
from tests.builders import ApiKeyFactory, text_of
from tests.world import person

pytestmark = pytest.mark.django_db


def problem(response, status, kind):
    """Every problem has the same shape."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:tieout:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == response.wsgi_request.path
    return body


def test_nobody_is_told_to_bring_a_key():
    response = Caller().get("transactions")
    problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer tk_x", "Bearer a b", "tk_ü"])
def test_a_header_that_is_no_key_is_refused_even_with_a_session(client, header):
    client.force_login(ApiKeyFactory().owner)
    response = client.get("/api/v1/transactions", headers={"Authorization": header})
    problem(response, 401, "unauthenticated")


def test_a_key_without_the_scope_is_refused():
    problem(Caller(text_of(ApiKeyFactory())).get("transactions"), 403, "forbidden")


def test_a_session_without_its_token_may_not_write(client, world):
    from django.test import Client

    from tests.world import operator

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(operator())
    url = f"/api/v1/exceptions/{world.item.pk}/actions/claim"
    response = browser.post(url, headers={"Idempotency-Key": "1"})
    problem(response, 403, "forbidden")


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "patch", "options"])
@pytest.mark.parametrize("path", ["nowhere", "transactions/", "transactions/x", "../x"])
def test_an_address_that_is_none_is_none_for_every_method(api, path, method):
    response = getattr(api.client, method)(f"/api/v1/{path}", headers=api.headers)
    problem(response, 404, "not-found")


@pytest.mark.parametrize("number", [987654321, 10**30])
def test_a_row_that_is_not_there(api, number):
    problem(api.get(f"transactions/{number}"), 404, "not-found")


def test_outside_of_any_version_there_is_nothing(api):
    problem(api.client.get("/api/v2/transactions"), 404, "not-found")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options", "trace"])
def test_a_method_that_is_not_possible(api, method):
    response = getattr(api.client, method)("/api/v1/transactions", headers=api.headers)
    problem(response, 405, "method-not-allowed")
    assert response["Allow"] == "GET, HEAD"


def test_a_representation_that_there_is_not(api):
    problem(api.get("transactions", Accept="text/html"), 406, "not-acceptable")


def test_a_body_that_is_too_large_is_not_read(api, world):
    body = '{"note": "' + "x" * 70_000 + '"}'
    response = api.post(f"exceptions/{world.item.pk}/actions/dismiss", body)
    problem(response, 413, "too-large")


def test_a_body_of_another_kind(api, world):
    path = f"exceptions/{world.item.pk}/actions/dismiss"
    problem(api.post(path, "note=x", content_type="text/plain"), 415, "unsupported-media-type")


@pytest.mark.parametrize("body", ["{", "\x80", "[" * 60_000, '{"note": NaN}'])
def test_a_body_that_cannot_be_read(api, world, body):
    path = f"exceptions/{world.item.pk}/actions/dismiss"
    problem(api.post(path, body), 400, "bad-request")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "note"),
        ({"note": "x" * 401}, "note"),
        ({"note": "why", "color": "red"}, "color"),
        ({"note": "why", "account": "1000"}, "account"),
        ({"note": ["why"]}, "note"),
        ({"note": "a\0b"}, "note"),
        ("[]", "body"),
    ],
)
def test_each_wrong_value_is_named(api, world, body, field):
    path = f"exceptions/{world.item.pk}/actions/dismiss"
    found = problem(api.post(path, body), 422, "invalid-values")
    assert list(found["errors"]) == [field]


def test_too_many_calls_are_told_when_to_come_again(api, settings):
    settings.TIEOUT_API_CALLS_PER_MINUTE = 6
    assert api.get("transactions").status_code == 200
    response = api.get("transactions")
    problem(response, 429, "too-many-requests")
    assert 1 <= int(response["Retry-After"]) <= 10


def test_a_fault_of_ours_says_nothing_of_itself(api, monkeypatch, caplog):
    def broken(*args):
        raise RuntimeError("the password is secret")

    monkeypatch.setattr(views.lists, "page_of", broken)
    response = api.get("transactions")
    problem(response, 500, "internal")
    assert b"secret" not in response.content
    assert "GET /api/v1/transactions failed." in caplog.text


def test_a_database_that_is_away_asks_to_come_again(api, monkeypatch):
    def away(*args):
        raise OperationalError("connection refused")

    monkeypatch.setattr(views.lists, "page_of", away)
    response = api.get("transactions")
    problem(response, 503, "unavailable")
    assert response["Retry-After"] == "5"


def test_a_host_that_is_not_ours_is_a_problem_too(client):
    response = client.get("/api/v1/transactions", headers={"Host": "evil.example"})
    problem(response, 400, "bad-request")


def test_a_webhook_below_the_api_is_refused_as_everything_else(client):
    response = client.post("/api/v1/hooks/nobody", b"{}", content_type="application/json")
    problem(response, 400, "bad-request")


def test_a_session_without_its_second_factor_opens_nothing(client, world, settings):
    from tests.world import operator

    settings.TIEOUT_TOTP_REQUIRED = True
    client.force_login(operator())
    found = problem(client.get("/api/v1/transactions"), 403, "forbidden")
    assert found["detail"] == "Set up the second factor of log-in first."


def test_calls_that_are_refused_count_as_well_so_that_nobody_fills_the_log(settings):
    settings.TIEOUT_API_CALLS_PER_MINUTE = 6
    key = ApiKeyFactory(owner=person("vera", Role.VIEWER), scopes=EVERYTHING)
    caller = Caller(text_of(key))
    assert [caller.get("audit-entries").status_code for _ in range(3)] == [403, 429, 429]
    assert Entry.objects.filter(action="access.denied").count() == 1
