import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit import keys
from audit.models import ApiKey, Entry
from audit.roles import Duty, Role
from audit.scopes import Scope
from tests.api.conftest import Caller
from tests.builders import ApiKeyFactory, text_of
from tests.pages import offences
from tests.world import person

pytestmark = pytest.mark.django_db
TOMORROW = timedelta(days=1)


def make(*scopes, roles=(Role.OPERATOR,)):
    owner = person("owner", *roles)
    return keys.create("till", owner, scopes, timezone.now() + TOMORROW, "user:admin")


def test_a_key_is_recognised_and_only_its_hash_is_kept():
    key, text = make(Scope.READ)
    assert keys.recognise(text).actor == "key:till"
    secret = text.split("_", 2)[2]
    kept = [str(value) for row in ApiKey.objects.values_list() for value in row]
    assert not any(secret in value for value in kept)
    told = [str(row) for row in Entry.objects.values_list("summary", "details")]
    assert not any(secret in each for each in told)
    assert key.secret_hash == keys.secret_hash(secret)


def test_a_key_may_no_more_than_its_scopes_and_no_more_than_its_owner():
    _, text = make(Scope.READ, Scope.WRITE_CONNECTIONS, Scope.WRITE_EXCEPTIONS)
    assert keys.recognise(text).duties == {Duty.VIEW, Duty.WORK_EXCEPTIONS}


@pytest.mark.parametrize("change", ["revoked", "expired", "owner gone", "other secret", "unknown"])
def test_a_key_that_is_over_opens_nothing(change):
    key, text = make(Scope.READ)
    if change == "revoked":
        keys.revoke(key, "user:admin")
    if change == "expired":
        now = timezone.now()
        ApiKey.objects.update(created_at=now - 2 * TOMORROW, expires_at=now - TOMORROW)
    if change == "owner gone":
        key.owner.is_active = False
        key.owner.save()
    if change == "other secret":
        text = text[:-1] + ("A" if text[-1] != "A" else "B")
    if change == "unknown":
        text = text.replace(key.prefix, "0000000000")
    response = Caller(text).get("transactions")
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="Tieout"'


def test_a_refused_key_is_recorded_and_not_for_each_of_many_calls():
    key, text = make(Scope.READ)
    keys.revoke(key, "user:admin")
    for _ in range(3):
        assert Caller(text).get("transactions").status_code == 401
    entry = Entry.objects.get(action="api_key.refused")
    assert (entry.actor, entry.summary) == ("anonymous", "till: This key has been revoked.")
    assert entry.subject_id == str(key.pk)


def test_a_key_that_may_more_than_its_maker_is_shown_to_its_owner_alone(client):
    """Else one administrator had an approver's key in hand, and were two persons alone."""
    owner = person("owner", Role.APPROVER)
    client.force_login(person("boss", Role.ADMIN))
    given = {"name": "till", "owner": owner.pk, "scopes": ["read", "approve:rules"], "days": 90}
    html = client.post("/keys/", given).content.decode()
    key = ApiKey.objects.get()
    assert "it is shown to owner alone" in html
    assert f"tk_{key.prefix}_" not in html.replace(f"tk_{key.prefix}_…", "")
    assert client.post(f"/keys/{key.pk}/take/").status_code == 403
    assert Entry.objects.filter(action="access.denied", actor="user:boss").exists()
    assert Caller(f"tk_{key.prefix}_{'s' * 43}").get("transactions").status_code == 401


def test_the_owner_takes_it_once_on_the_profile(client):
    owner = person("owner", Role.APPROVER)
    boss = person("boss", Role.ADMIN)
    key, text = keys.issue(boss, "till", owner, [Scope.APPROVE_RULES], timezone.now() + TOMORROW)
    client.force_login(owner)
    assert text == ""
    assert f"/keys/{key.pk}/take/" in client.get("/profile/").content.decode()
    shown = client.post(f"/keys/{key.pk}/take/")
    assert shown["Cache-Control"] == "no-store"
    assert offences(shown) == []
    found = re.search(r"tk_\w{10}_[\w-]{43}", shown.content.decode())
    assert found
    assert keys.recognise(found[0]).duties == {Duty.APPROVE_RULES}
    assert client.post(f"/keys/{key.pk}/take/")["Location"] == "/profile/"
    assert keys.recognise(found[0]).name == "till"
    assert list(Entry.objects.filter(action="api_key.taken").values_list("actor")) == [
        ("user:owner",)
    ]


def test_a_key_that_was_revoked_waits_for_nobody():
    owner = person("owner", Role.APPROVER)
    key, _ = keys.create(
        "till", owner, [Scope.READ], timezone.now() + TOMORROW, "user:boss", for_owner=True
    )
    keys.revoke(key, "user:boss")
    with pytest.raises(keys.KeyRefusedError, match="does not wait"):
        keys.take(owner, key)


def test_the_services_ask_for_the_duty_themselves(admin_user):
    key = ApiKeyFactory()
    with pytest.raises(PermissionDenied):
        keys.issue(admin_user, "mine", admin_user, [Scope.READ], timezone.now() + TOMORROW)
    with pytest.raises(PermissionDenied):
        keys.withdraw(person("olga", Role.OPERATOR), key)
    assert ApiKey.objects.get().revoked_at is None


def test_the_last_use_is_written_once_a_minute(django_assert_num_queries):
    _, text = make(Scope.READ)
    keys.recognise(text)
    used = ApiKey.objects.get().last_used_at
    assert used is not None
    with django_assert_num_queries(2):
        keys.recognise(text)
    ApiKey.objects.update(last_used_at=used - timedelta(minutes=2))
    keys.recognise(text)
    assert ApiKey.objects.get().last_used_at >= used


def test_revoking_twice_is_told_once():
    key, _ = make(Scope.READ)
    assert keys.revoke(key, "user:admin")
    assert not keys.revoke(key, "user:admin")
    assert Entry.objects.filter(action="api_key.revoked").count() == 1


def test_an_administrator_makes_a_key_and_sees_it_once(client):
    owner = person("owner", Role.OPERATOR)
    client.force_login(person("boss", Role.ADMIN))
    given = {"name": "till", "owner": owner.pk, "scopes": ["read"], "days": 90}
    html = client.post("/keys/", given).content.decode()
    key = ApiKey.objects.get()
    assert f"tk_{key.prefix}_" in html
    text = next(
        part for part in html.replace("<", " ").replace(">", " ").split() if len(part) == 57
    )
    assert Caller(text).get("transactions").status_code == 200
    assert text not in client.get("/keys/").content.decode()
    assert client.post(f"/keys/{key.pk}/revoke/").status_code == 302
    assert Caller(text).get("transactions").status_code == 401


@pytest.mark.parametrize(
    "wrong", [{"name": "Till 1"}, {"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": 9}]
)
def test_a_key_that_makes_no_sense_is_refused_on_its_page(client, wrong):
    client.force_login(person("boss", Role.ADMIN))
    given = {"name": "till", "owner": person("owner").pk, "scopes": ["read"], "days": 90}
    response = client.post("/keys/", given | wrong)
    assert response.status_code == 422
    assert not ApiKey.objects.exists()


def test_nobody_but_administrators_sees_or_makes_keys(client):
    key = ApiKeyFactory()
    client.force_login(person("operator", Role.OPERATOR, Role.AUDITOR, Role.APPROVER))
    assert client.get("/keys/").status_code == 403
    assert client.post("/keys/", {"name": "mine"}).status_code == 403
    assert client.post(f"/keys/{key.pk}/revoke/").status_code == 403
    assert keys.recognise(text_of(key)).name == key.name


def test_the_page_of_keys_has_nothing_inline(client):
    ApiKeyFactory()
    client.force_login(person("boss", Role.ADMIN))
    given = {"name": "till", "owner": person("owner").pk, "scopes": ["read"], "days": 90}
    assert offences(client.get("/keys/")) == []
    assert offences(client.post("/keys/", given)) == []
