import pytest

from tests.builders import PASSWORD
from tests.world import operator

pytestmark = pytest.mark.django_db


def log_in(client, password):
    return client.post("/accounts/login/", {"username": "operator", "password": password})


def test_the_right_password_leads_to_the_dashboard(client):
    operator()
    response = log_in(client, PASSWORD)
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_a_wrong_password_says_so_and_keeps_the_name(client):
    operator()
    html = log_in(client, "wrong").content.decode()
    assert "This name and password do not go together." in html
    assert 'value="operator"' in html


def test_the_fifth_wrong_password_locks_the_name_and_says_for_how_long(client):
    operator()
    answers = [log_in(client, "wrong") for _ in range(5)]
    assert answers[-1].status_code == 429
    assert "cannot log in from here for 15 minutes" in answers[-1].content.decode()
    assert log_in(client, PASSWORD).status_code == 429


def test_behind_a_proxy_one_address_locks_the_name_for_itself_alone(client, settings):
    operator()
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    guess = {"username": "operator", "password": "wrong"}
    elsewhere = {"x-forwarded-for": "198.51.100.7"}
    for _ in range(5):
        client.post("/accounts/login/", guess, headers=elsewhere)
    assert client.post("/accounts/login/", guess, headers=elsewhere).status_code == 429
    right, here = guess | {"password": PASSWORD}, {"x-forwarded-for": "203.0.113.9"}
    assert client.post("/accounts/login/", right, headers=here).status_code == 302


def test_the_session_ends_after_the_idle_minutes_and_each_request_extends_it(client, settings):
    operator()
    log_in(client, PASSWORD)
    first = client.get("/connections/").cookies[settings.SESSION_COOKIE_NAME]
    assert first["max-age"] == settings.TIEOUT_IDLE_MINUTES * 60


def test_the_page_knows_when_to_leave_and_the_log_in_says_why(client):
    operator()
    log_in(client, PASSWORD)
    assert 'data-idle-seconds="900"' in client.get("/connections/").content.decode()
    client.logout()
    assert (
        "nothing happened for 15 minutes" in client.get("/accounts/login/?idle=1").content.decode()
    )


def test_logging_out_leads_to_the_log_in(client):
    client.force_login(operator())
    response = client.post("/accounts/logout/")
    assert response["Location"] == "/accounts/login/"
    assert client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused_in_words(db):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/accounts/login/", {"username": "operator", "password": PASSWORD})
    assert response.status_code == 403
    assert "This form is no longer valid" in response.content.decode()


def test_a_failure_on_our_side_has_a_page(client, monkeypatch, business_day):
    client.force_login(operator())
    client.raise_request_exception = False
    monkeypatch.setattr("config.views.overview", lambda now: 1 / 0)
    response = client.get("/")
    assert response.status_code == 500
    assert "Something failed on our side" in response.content.decode()
