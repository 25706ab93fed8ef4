import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from audit.api import idempotency
from audit.models import ApiCall
from audit.roles import Role
from integrations.models import Envelope
from reconciliation.models import ExceptionNote
from tests.api.conftest import EVERYTHING, Caller
from tests.builders import ApiKeyFactory, ExceptionItemFactory, text_of
from tests.world import person

pytestmark = pytest.mark.django_db


def act(world, name):
    return f"exceptions/{world.item.pk}/actions/{name}"


def test_the_same_call_again_gets_the_first_answer_and_is_not_done_again(api, world):
    first = api.post(act(world, "claim"), once="a")
    again = api.post(act(world, "claim"), once="a")
    assert first.status_code == again.status_code == 200
    assert first.content == again.content
    assert again["Idempotency-Replayed"] == "true"
    assert ExceptionNote.objects.filter(item=world.item, action="claim").count() == 1


def test_a_refusal_is_an_answer_too(api, world):
    api.post(act(world, "claim"))
    first = api.post(act(world, "claim"), once="a")
    again = api.post(act(world, "claim"), once="a")
    assert first.status_code == again.status_code == 409
    assert first.json()["type"] == "urn:tieout:problem:refused"
    assert again["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("other", ["content", "address"])
def test_the_same_key_for_something_else_is_refused(api, world, other):
    api.post(act(world, "dismiss"), {"note": "A test."}, once="a")
    name, body = ("dismiss", {"note": "Why?"}) if other == "content" else ("claim", {})
    response = api.post(act(world, name), body, once="a")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:tieout:problem:key-reused"


def test_each_caller_has_keys_of_their_own(api, world):
    other = Caller(text_of(ApiKeyFactory(owner=person("b", Role.OPERATOR), scopes=EVERYTHING)))
    assert api.post(act(world, "claim"), once="a").status_code == 200
    assert other.post(act(world, "claim"), once="a").status_code == 409
    assert ApiCall.objects.count() == 2


@pytest.mark.parametrize("given", ["", " ", "ü", "x" * 101, "a b"])
def test_a_call_without_a_key_is_not_done(api, world, given):
    headers = api.headers | {"Idempotency-Key": given}
    response = api.client.post(f"/api/v1/{act(world, 'claim')}", headers=headers)
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["Idempotency-Key"]
    assert not ApiCall.objects.exists()


def test_a_fault_of_ours_leaves_nothing_and_the_call_may_come_again(api, world, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_forget", lambda: 1 / 0)
        assert api.post(act(world, "claim"), once="a").status_code == 500
    world.item.refresh_from_db()
    assert world.item.state == "open"
    assert api.post(act(world, "claim"), once="a").status_code == 200


def test_a_file_is_part_of_the_content(api, world):
    def upload(text):
        form = {"connection": world.bank.slug, "file": SimpleUploadedFile("m.csv", text)}
        headers = api.headers | {"Idempotency-Key": "a"}
        return api.client.post("/api/v1/statements", form, headers=headers)

    first, again = upload(b"date,amount\n"), upload(b"date,amount\n")
    assert first.status_code == 202
    assert first.json()["id"] == again.json()["id"] == Envelope.objects.latest("id").pk
    assert upload(b"date,amount,more\n").status_code == 409


def test_old_answers_are_forgotten_and_younger_ones_kept(api, world):
    for name, days in (("old", 61), ("kept", 41)):
        at = timezone.now() - timedelta(days=days)
        ApiCall.objects.create(caller="key:x", key=name, content_hash="0", created_at=at)
    idempotency._forgot.clear()
    api.post(act(world, "claim"), once="new")
    assert set(ApiCall.objects.values_list("key", flat=True)) == {"kept", "new"}


@pytest.mark.django_db(transaction=True)
def test_of_two_calls_at_the_same_time_one_is_carried_out():
    key = ApiKeyFactory(scopes=EVERYTHING, owner=person("owner", Role.OPERATOR))
    item = ExceptionItemFactory()
    start, answers = threading.Barrier(2), []

    def call():
        try:
            start.wait(10)
            path = f"exceptions/{item.pk}/actions/claim"
            answers.append(Caller(text_of(key)).post(path, once="same"))
        finally:
            connection.close()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 1
    assert ExceptionNote.objects.filter(item=item, action="claim").count() == 1
