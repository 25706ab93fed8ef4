"""Sessions are noted, seen, listed, and end with their row or the other way round."""

import time

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client

from audit import sessions
from audit.models import Entry, SignedIn
from audit.roles import Role
from tests.builders import PASSWORD
from tests.pages import statements
from tests.world import operator, person

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Safari/604"
)
CHROME = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/537 Chrome/139.0 Safari/537"


def logged_in(user, agent=FIREFOX):
    client = Client(headers={"user-agent": agent})
    client.post("/accounts/login/", {"username": user.username, "password": PASSWORD})
    return client


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on an iPhone"),
        (CHROME, "Chrome on a Mac"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_user_agent_in_words(agent, words):
    assert sessions.device_words(agent) == words


def test_a_log_in_is_noted_with_device_and_address_and_without_its_key():
    client = logged_in(operator())
    noted = SignedIn.objects.get()
    assert sessions.device_words(noted.agent) == "Firefox on Windows"
    assert noted.address == "127.0.0.1"
    assert client.session.session_key not in (noted.key_hash, str(vars(noted)))
    assert Entry.objects.filter(action="session.began", actor="user:operator").exists()


def test_behind_a_trusted_proxy_the_address_is_the_one_that_it_added(rf, settings):
    request = rf.get("/", headers={"x-forwarded-for": "6.6.6.6, 10.1.2.3"})
    assert sessions.address_of(request) == "127.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert sessions.address_of(request) == "10.1.2.3"
    assert sessions.address_of(rf.get("/", headers={"x-forwarded-for": "nonsense"})) is None


def test_it_is_seen_at_most_once_a_minute(monkeypatch, django_assert_max_num_queries):
    client = logged_in(operator())
    first = SignedIn.objects.get().seen_at
    with django_assert_max_num_queries(99) as queries:
        client.get("/connections/")
    assert not any("audit_signedin" in sql for sql in statements(queries.captured_queries))
    later = time.time() + 61
    monkeypatch.setattr("audit.sessions.time.time", lambda: later)
    client.get("/connections/")
    assert SignedIn.objects.get().seen_at > first


def test_logging_out_removes_it_with_djangos_own_row():
    client = logged_in(operator())
    client.post("/accounts/logout/")
    assert not SignedIn.objects.exists()


def test_an_ended_session_is_logged_out_at_its_next_request():
    user = operator()
    one, other = logged_in(user), logged_in(user, SAFARI)
    noted = SignedIn.objects.get(agent=SAFARI)
    page = one.get("/profile/").content.decode()
    assert "This one" in page
    assert "Safari on an iPhone" in page
    one.post(f"/sessions/{noted.pk}/end/")
    assert other.get("/connections/").status_code == 302
    assert one.get("/connections/").status_code == 200


def test_all_others_are_ended_at_once():
    user = operator()
    one, two, three = (logged_in(user) for _ in range(3))
    one.post("/profile/sessions/end/")
    assert [each.get("/connections/").status_code for each in (one, two, three)] == [200, 302, 302]
    assert Session.objects.filter(expire_date__isnull=False).count() >= 1


def test_another_persons_session_is_not_ones_own_to_end(client):
    other = operator()
    logged_in(other)
    noted = SignedIn.objects.get(user=other)
    with pytest.raises(PermissionDenied):
        sessions.end(noted, person("viewer", Role.VIEWER))
    assert Entry.objects.filter(action="access.denied").exists()
    sessions.end(noted, person("anna", Role.ADMIN))
    assert not SignedIn.objects.filter(user=other).exists()


def test_a_changed_password_ends_all_other_sessions():
    user = operator()
    one, other = logged_in(user), logged_in(user)
    new = "battery-staple-correct"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert one.post("/profile/password/", fields).status_code == 302
    assert one.get("/connections/").status_code == 200
    assert other.get("/connections/").status_code == 302
    assert SignedIn.objects.count() == 1
    assert Entry.objects.filter(action="password.set").exists()


def test_a_short_password_is_refused_in_words():
    client = logged_in(operator())
    fields = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    answer = client.post("/profile/password/", fields)
    assert answer.status_code == 422
    assert "at least 12 characters" in answer.content.decode()


def test_a_wrong_password_is_recorded_for_a_name_that_there_is(client):
    operator()
    for name in ("operator", "nobody"):
        client.post("/accounts/login/", {"username": name, "password": "wrong"})
    assert Entry.objects.filter(action="log_in.refused").count() == 1
