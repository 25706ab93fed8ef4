import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import Entry
from audit.roles import Role
from tests.api.conftest import EVERYTHING, Caller
from tests.builders import ApiKeyFactory, text_of
from tests.world import person

pytestmark = pytest.mark.django_db


def reads(world):
    return [
        "transactions", f"transactions/{world.sale.pk}", "batches",
        f"batches/{world.batches[0].pk}", f"batches/{world.batches[0].pk}/certificates/1",
        "bank-lines", "postings", f"postings/{world.held.pk}", "exceptions",
        f"exceptions/{world.item.pk}", "connections", f"connections/{world.gateway.pk}",
        f"statements/{world.statement.pk}", "schema", "censuses",
        f"pairs/{world.pair.slug}/invoices/536365", f"pairs/{world.pair.slug}/customers/17850",
    ]  # fmt: skip


def writes(world, caller):
    """What each writing call answers."""
    file = SimpleUploadedFile("march.csv", b"date,description,reference,amount,balance\n")
    form = {"connection": world.bank.slug, "file": file}
    item = f"exceptions/{world.item.pk}/actions"
    return {
        "claim": caller.post(f"{item}/claim").status_code,
        "map": caller.post(f"{item}/map_method", {"method": "X", "erp_method": "Y"}).status_code,
        "approve": caller.post(f"{item}/approve_rule").status_code,
        "try": caller.post(f"postings/{world.held.pk}/try-again").status_code,
        "look": caller.post(f"postings/{world.held.pk}/look-up").status_code,
        "pause": caller.post(f"connections/{world.bank.pk}/pause", {"reason": "A."}).status_code,
        "resume": caller.post(f"connections/{world.bank.pk}/resume").status_code,
        "upload": caller.client.post(
            "/api/v1/statements", form, headers=caller.headers | {"Idempotency-Key": "up"}
        ).status_code,
    }


CALLS = ("claim", "map", "approve", "try", "look", "pause", "resume", "upload")
KEYS = [
    # roles of the owner, scopes, reads, who may write what
    ((Role.OPERATOR,), ["read"], 200, {}),
    ((Role.OPERATOR,), ["write:exceptions"], 403, {"try": 200, "look": 409}),
    (
        (Role.OPERATOR,), ["read", "write:exceptions"], 200,
        {"claim": 200, "try": 200, "look": 409},
    ),
    ((Role.OPERATOR,), ["write:statements"], 403, {"upload": 202}),
    ((Role.ADMIN,), ["read", "write:connections"], 200, {"pause": 200, "resume": 200}),
    ((Role.VIEWER,), EVERYTHING, 200, {}),
    ((Role.MAPPER, Role.APPROVER), EVERYTHING, 200, {}),
    ((), EVERYTHING, 403, {}),
]  # fmt: skip
PEOPLE = [
    ((), 403, {}),
    ((Role.VIEWER,), 200, {}),
    ((Role.OPERATOR,), 200, {"claim": 200, "try": 200, "look": 409, "upload": 202}),
    ((Role.MAPPER,), 200, {"map": 409}),
    ((Role.APPROVER,), 200, {"approve": 409}),
    ((Role.ADMIN,), 200, {"pause": 200, "resume": 200}),
    ((Role.AUDITOR,), 200, {}),
]


@pytest.mark.parametrize(("roles", "scopes", "reading", "writing"), KEYS)
def test_each_key_does_what_its_scopes_and_its_owner_may(world, roles, scopes, reading, writing):
    key = ApiKeyFactory(scopes=scopes, owner=person("owner", *roles))
    caller = Caller(text_of(key))
    assert {caller.get(path).status_code for path in reads(world)} == {reading}
    expected = dict.fromkeys(CALLS, 403) | writing
    assert writes(world, caller) == expected


@pytest.mark.parametrize(("roles", "reading", "writing"), PEOPLE)
def test_each_person_does_what_their_roles_allow(world, roles, reading, writing):
    caller = Caller()
    caller.client.force_login(person("somebody", *roles))
    assert {caller.get(path).status_code for path in reads(world)} == {reading}
    expected = dict.fromkeys(CALLS, 403) | writing
    assert writes(world, caller) == expected


def test_nobody_does_nothing(world):
    assert {Caller().get(path).status_code for path in reads(world)} == {401}
    assert set(writes(world, Caller()).values()) == {401}


def test_a_denied_attempt_and_what_a_key_did_are_recorded(world, api):
    Caller(text_of(ApiKeyFactory(name="till"))).post(f"exceptions/{world.item.pk}/actions/claim")
    assert Entry.objects.get(action="access.denied").actor == "key:till"
    assert api.post(f"exceptions/{world.item.pk}/actions/claim").status_code == 200
    assert Entry.objects.get(action="exception.claim").actor == "key:reporting"
    world.item.refresh_from_db()
    assert world.item.owner == "key:reporting"


def test_a_superuser_without_a_role_is_nobody_here(world, admin_user):
    caller = Caller()
    caller.client.force_login(admin_user)
    assert caller.get("transactions").status_code == 403


def test_a_connection_is_paused_with_a_reason_and_resumed_once(world, api):
    path = f"connections/{world.bank.pk}"
    assert api.post(f"{path}/pause").json()["errors"] == {"reason": ["This field is required."]}
    paused = api.post(f"{path}/pause", {"reason": "The bank moves."}).json()
    assert (paused["state"], paused["health"]["word"]) == ("paused", "Paused")
    assert Entry.objects.get(action="connection.paused").actor == "key:reporting"
    assert api.post(f"{path}/resume").json()["state"] == "active"
    assert api.post(f"{path}/resume").json()["detail"] == "It is not paused."
