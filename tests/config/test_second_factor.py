"""The second factor of log-in, from setting it up to losing it."""

import re
import time

import pytest
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from audit.models import Entry
from audit.roles import Role
from config import second_factor
from config.models import SealedDevice
from tests.builders import PASSWORD
from tests.clock import business_day  # noqa: F401
from tests.pages import htmx, offences
from tests.world import operator, person

pytestmark = pytest.mark.django_db
ENROL = "/profile/second-factor/"


def code_of(device, ahead=0):
    """What the app shows; `ahead` steps later, because each code is taken once."""
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


def enrolled(client, user):
    """The recovery codes of somebody who set up the app, logged out again."""
    client.force_login(user)
    client.get(ENROL)
    device = SealedDevice.objects.get(user=user)
    page = client.post(ENROL, {"code": code_of(device)}).content.decode()
    client.logout()
    return re.findall(r"<code>([a-z2-7-]{19})</code>", page)


def give_password(client, then="/"):
    return client.post(
        "/accounts/login/", {"username": "operator", "password": PASSWORD, "next": then}
    )


def give_code(client, code, then="/"):
    return client.post("/accounts/login/code/", {"code": code, "next": then})


def test_setting_up_shows_picture_and_secret_and_gives_codes_once(client):
    client.force_login(operator())
    page = client.get(ENROL)
    device = SealedDevice.objects.get()
    assert offences(page) == []
    assert second_factor.begin(device.user).secret in page.content.decode()
    answer = client.post(ENROL, {"code": code_of(device)})
    assert len(re.findall(r"<code>[a-z2-7-]{19}</code>", answer.content.decode())) == 10
    assert "no-store" in answer["Cache-Control"]
    assert Entry.objects.filter(action="second_factor.enrolled").count() == 1


def test_the_picture_is_an_image_of_its_own_and_gone_once_confirmed(client):
    user = operator()
    client.force_login(user)
    picture = client.get(reverse("second-factor-picture"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert b"style=" not in picture.content
    assert picture.content.startswith(b"<svg")
    enrolled(client, user)
    client.force_login(user)
    assert client.get(reverse("second-factor-picture")).status_code == 404


def test_a_wrong_code_does_not_set_it_up(client):
    client.force_login(operator())
    client.get(ENROL)
    answer = client.post(ENROL, {"code": "abc"})
    assert answer.status_code == 422
    assert "not the code that the app shows" in answer.content.decode()
    assert not SealedDevice.objects.get().confirmed


def test_neither_secret_nor_recovery_codes_are_kept_in_clear(client):
    codes = enrolled(client, operator())
    device = SealedDevice.objects.get()
    assert device.bin_key.hex() not in TOTPDevice.objects.get().key
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10
    assert not kept & {code.replace("-", "") for code in codes}


def test_a_secret_that_was_moved_to_another_person_does_not_open(client):
    enrolled(client, operator())
    device = SealedDevice.objects.get()
    device.user = person("thief")
    with pytest.raises(Exception, match="altered"):
        _ = device.bin_key


def test_the_password_alone_logs_nobody_in_who_has_the_app(client):
    enrolled(client, operator())
    answer = give_password(client, "/batches/")
    assert answer["Location"] == "/accounts/login/code/?next=%2Fbatches%2F"
    assert client.get("/batches/").status_code == 302
    device = SealedDevice.objects.get()
    assert give_code(client, code_of(device, 1), "/batches/")["Location"] == "/batches/"
    assert client.get("/batches/").status_code == 200


def test_a_code_is_taken_once(client):
    enrolled(client, operator())
    code = code_of(SealedDevice.objects.get(), 1)
    give_password(client)
    assert give_code(client, code).status_code == 302
    client.logout()
    give_password(client)
    assert give_code(client, code).status_code == 422


def test_a_recovery_code_works_once_in_any_spelling(client):
    codes = enrolled(client, operator())
    give_password(client)
    assert give_code(client, codes[3].upper().replace("-", " ")).status_code == 302
    client.logout()
    give_password(client)
    answer = give_code(client, codes[3])
    assert "wrong or was used already" in answer.content.decode()


def test_wrong_codes_are_recorded_and_have_to_be_waited_for(client):
    enrolled(client, operator())
    give_password(client)
    give_code(client, "000000")
    said = give_code(client, "000000").content.decode()
    assert "Too many wrong codes. Wait" in said
    assert Entry.objects.filter(action="second_factor.refused", actor="user:operator").exists()


def test_after_five_wrong_codes_the_password_is_asked_again(client):
    enrolled(client, operator())
    give_password(client)
    for _ in range(5):
        give_code(client, "000000")
    assert give_code(client, "000000")["Location"] == "/accounts/login/"


def test_the_second_step_expires_and_is_nothing_without_the_first(client, monkeypatch):
    assert client.get("/accounts/login/code/")["Location"] == "/accounts/login/"
    enrolled(client, operator())
    give_password(client)
    later = time.time() + 301
    monkeypatch.setattr("config.views.time.time", lambda: later)
    assert client.get("/accounts/login/code/")["Location"] == "/accounts/login/"


def test_new_recovery_codes_void_the_old_ones(client):
    user = operator()
    old = enrolled(client, user)
    client.force_login(user)
    answer = client.post("/profile/second-factor/codes/", {"code": old[0]})
    assert answer.status_code == 200
    client.logout()
    give_password(client)
    assert give_code(client, old[1]).status_code == 422


def test_where_it_is_required_nothing_else_opens_before_it(client, settings):
    settings.TIEOUT_TOTP_REQUIRED = True
    user = person("root", Role.ADMIN)
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    for url in ("/", "/transactions/", "/system/", "/system/auth/user/"):
        assert client.get(url)["Location"] == ENROL, url
    assert client.get("/transactions/", headers=htmx("list"))["HX-Redirect"] == ENROL
    assert client.get("/api/v1/censuses/").status_code == 403
    assert client.get(ENROL).status_code == 200


def test_once_set_up_the_same_session_goes_on(client, settings, business_day):  # noqa: F811
    settings.TIEOUT_TOTP_REQUIRED = True
    client.force_login(operator())
    client.get(ENROL)
    client.post(ENROL, {"code": code_of(SealedDevice.objects.get())})
    assert client.get("/").status_code == 200


def test_the_stock_admin_has_no_log_in_of_its_own(client, admin_user):
    answer = client.get("/system/login/?next=/system/auth/user/")
    assert answer["Location"] == "/accounts/login/?next=%2Fsystem%2Fauth%2Fuser%2F"
    client.force_login(operator())
    assert client.get("/system/login/").status_code == 403
    assert Entry.objects.filter(action="access.denied").exists()
