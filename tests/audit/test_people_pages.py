"""The pages about people: what is shown once, and what a wrong form says."""

import re

import pytest

from audit import people
from audit.models import AccessChange, SignedIn
from audit.role_words import DUTIES, ROLES
from audit.roles import Duty, Role
from config.models import SealedDevice
from tests.pages import offences, row_ids
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(client):
    user = person("anna", Role.ADMIN)
    client.force_login(user)
    return user


def link_in(response):
    return re.search(r'value="http://testserver([^"]+)"', response.content.decode())[1]


def test_an_invitation_leads_to_a_password_and_the_link_works_once(client, anna):
    fields = {"username": "olga", "email": "olga@example.com", "roles": ["operator"]}
    path = link_in(client.post("/people/invite/", fields))
    client.logout()
    form = client.get(path)["Location"]
    new = {"new_password1": "battery-staple-correct", "new_password2": "battery-staple-correct"}
    assert offences(client.get(form)) == []
    assert client.post(form, new)["Location"] == "/accounts/login/"
    name = {"username": "olga", "password": "battery-staple-correct"}
    assert client.post("/accounts/login/", name)["Location"] == "/"
    assert "not valid any more" in client.get(path).content.decode()


def test_a_link_of_somebody_who_was_locked_out_does_nothing(client, anna):
    user, _ = people.invite(anna, "olga", "", [])
    path = people.link_path(user)
    people.deactivate(anna, user)
    assert "not valid any more" in client.get(path).content.decode()


@pytest.mark.parametrize(
    ("name", "said"),
    [("anna", "this user name already"), ("a b!", "Enter a valid"), ("4111111111111111", "card")],
)
def test_a_wrong_invitation_says_why_and_keeps_what_was_entered(client, anna, name, said):
    answer = client.post("/people/invite/", {"username": name, "email": "x@example.com"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "x@example.com" in answer.content.decode()


def test_the_list_is_filtered_by_role_and_state(client, anna):
    olga = person("olga", Role.OPERATOR)
    assert row_ids(client.get("/people/")) == [anna.pk, olga.pk]
    assert row_ids(client.get("/people/", {"role": "operator"})) == [olga.pk]
    assert row_ids(client.get("/people/", {"state": "locked"})) == []
    assert row_ids(client.get("/people/", {"q": "ol"})) == [olga.pk]


def test_a_weighty_role_waits_on_the_page_until_another_administrator_decides(client, anna):
    olga = person("olga")
    client.post(f"/people/{olga.pk}/roles/", {"roles": ["approver"]})
    change = AccessChange.objects.get()
    assert "anna asked for olga: give approver." in client.get("/people/").content.decode()
    assert client.post(f"/people/changes/{change.pk}/approve/").status_code == 403
    client.force_login(person("bert", Role.ADMIN))
    client.post(f"/people/changes/{change.pk}/approve/")
    assert people.held(olga) == {Role.APPROVER}


def test_what_cannot_be_done_is_said_on_the_page(client, anna):
    olga = person("olga", Role.APPROVER)
    for _ in range(2):
        answer = client.post(f"/people/{olga.pk}/link/")
    assert answer.status_code == 422
    assert "waits for a second person already" in answer.content.decode()


def test_locking_out_and_removing_the_app_end_the_sessions(client, anna, django_user_model):
    olga = person("olga", Role.VIEWER)
    device = SealedDevice(user=olga, name="App", confirmed=True)
    device.seal(b"x" * 20)
    device.save()
    client.force_login(olga)
    client.force_login(anna)
    assert SignedIn.objects.filter(user=olga).count() <= 1
    client.post(f"/people/{olga.pk}/second-factor/")
    assert not SealedDevice.objects.exists()
    assert not SignedIn.objects.filter(user=olga).exists()
    client.post(f"/people/{olga.pk}/deactivate/")
    olga.refresh_from_db()
    assert not olga.is_active


def test_the_pages_have_nothing_inline(client, anna):
    olga = person("olga", Role.VIEWER)
    for url in ("/people/", "/people/invite/", f"/people/{olga.pk}/", "/roles/", "/profile/"):
        response = client.get(url)
        assert response.status_code == 200, url
        assert offences(response) == [], url


def test_every_role_and_duty_is_explained():
    assert set(ROLES) == set(Role)
    assert {duty.value for duty in Duty} <= set(DUTIES)


def test_the_stock_admin_shows_people_and_changes_none(client, admin_user):
    client.force_login(admin_user)
    olga = person("olga")
    assert client.get(f"/system/auth/user/{olga.pk}/change/").status_code == 200
    assert (
        client.post(f"/system/auth/user/{olga.pk}/change/", {"is_superuser": "on"}).status_code
        == 403
    )
    assert client.get("/system/auth/user/add/").status_code == 403
    assert client.get(f"/system/auth/user/{olga.pk}/password/").status_code != 200
    assert client.get("/system/otp_totp/totpdevice/").status_code == 404


def test_a_link_that_one_administrator_made_opens_no_account_that_takes_two(client):
    anna, bert = person("anna", Role.ADMIN), person("bert", Role.ADMIN)
    olga = person("olga", Role.VIEWER)
    path = people.ask_for_link(anna, olga)
    people.approve(bert, people.change_roles(anna, olga, [Role.APPROVER]).waiting)
    assert client.get(path, follow=True).context["validlink"] is False
    assert people.ask_for_link(anna, olga) == ""
    by_two = people.approve(bert, olga.access_changes.get(state="waiting"))
    assert client.get(by_two, follow=True).context["validlink"] is True


def test_an_absurd_number_in_an_address_is_nobody(client):
    client.force_login(person("anna", Role.ADMIN))
    for number in ("9" * 18, "9" * 5000, "\u0663"):
        assert client.post(f"/people/{number}/link/").status_code == 404
