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
        "rule-sets", f"rule-sets/{world.rules.pk}", "replays", f"replays/{world.replay.pk}",
        f"replays/{world.replay.pk}/documents", "alerts", f"alerts/{world.alert.pk}",
        "customer-links", f"customer-links/{world.link.pk}", "waiting-customers",
        f"waiting-customers/{world.candidate.identity_id}", "exceptions/preview", "runs",
        f"runs/{world.run.pk}", f"runs/{world.run.pk}/rows", "orders", f"orders/{world.order.pk}",
    ]  # fmt: skip


#: What asks for a duty of its own to be read, and the roles that have it.
GUARDED = {
    "rule-sets/{rules.pk}/file": (Role.OPERATOR, Role.MAPPER, Role.APPROVER, Role.AUDITOR),
    "rule-imports/{waiting.pk}": (Role.MAPPER,),
    "audit-entries": (Role.AUDITOR,),
    "audit-entries/{entry.pk}": (Role.AUDITOR,),
    "envelopes": (Role.AUDITOR,),
    "envelopes/{statement.pk}": (Role.AUDITOR,),
}


def guarded(world, caller, roles):
    """What each guarded read answers, and what it is to answer to these roles."""
    answered = {path: caller.get(path.format(**vars(world))).status_code for path in GUARDED}
    awaited = {path: 200 if {*roles} & {*allowed} else 403 for path, allowed in GUARDED.items()}
    return answered, awaited


def writes(world, caller):
    """What each writing call answers."""
    file = SimpleUploadedFile("march.csv", b"date,description,reference,amount,balance\n")
    form = {"connection": world.bank.slug, "file": file}
    item = f"exceptions/{world.item.pk}/actions"
    rules, draft = f"rule-sets/{world.rules.pk}", f"rule-sets/{world.replay.version_id}"
    handed_in, replay = f"rule-sets/{world.handed_in.pk}", f"replays/{world.replay.pk}"
    payer, run = f"waiting-customers/{world.candidate.identity_id}", f"runs/{world.run.pk}"
    suggested = {"candidate": world.candidate.pk}
    begun = {"action": "dismiss", "filter": {}, "upto": 2**31, "note": "A test."}
    note, start = {"note": "A test."}, {"active_from": "2012-01-01"}
    period = {"first_on": "2011-01-01", "last_on": "2011-01-31"}
    rule_file = {"pair": world.pair.slug, "file": SimpleUploadedFile("r.yaml", b"format: '1'\n")}
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
        "draft": caller.post(f"{rules}/draft", note).status_code,
        "hand in": caller.post(f"{draft}/hand-in").status_code,
        "activate": caller.post(f"{handed_in}/activate", start).status_code,
        "give back": caller.post(f"{handed_in}/give-back", note).status_code,
        "discard": caller.post(f"{handed_in}/discard").status_code,
        "replay": caller.post(f"{rules}/replay", period).status_code,
        "agree": caller.post(f"{replay}/approve", start).status_code,
        "import": caller.send("rule-imports", rule_file | note).status_code,
        "apply": caller.post(f"rule-imports/{world.waiting.pk}/apply", {"seen": "x"}).status_code,
        "drop": caller.post(f"rule-imports/{world.waiting.pk}/drop").status_code,
        "acknowledge": caller.post(f"alerts/{world.alert.pk}/acknowledge").status_code,
        "unlink": caller.post(f"customer-links/{world.link.pk}/unlink", {"why": "X"}).status_code,
        "not same": caller.post(f"{payer}/not-same", suggested).status_code,
        "link": caller.post(f"{payer}/link", suggested).status_code,
        "number": caller.post(f"{payer}/number", {"customer_id": "1"}).status_code,
        "run": caller.post("exceptions/run", begun).status_code,
        "stop": caller.post(f"{run}/stop").status_code,
        "undo": caller.post(f"{run}/undo").status_code,
        "undo row": caller.post(f"{run}/rows/{world.row.pk}/undo").status_code,
        "approve run": caller.post(f"{run}/approve").status_code,
        "decline run": caller.post(f"{run}/decline").status_code,
        "question": caller.post(f"transactions/{world.sale.pk}/question", note).status_code,
    }


CALLS = (
    *("claim", "map", "approve", "try", "look", "pause", "resume", "upload", "draft", "hand in"),
    *("activate", "give back", "discard", "replay", "agree", "import", "apply", "drop"),
    *("acknowledge", "unlink", "not same", "link", "number", "run", "stop", "undo", "undo row"),
    *("approve run", "decline run", "question"),
)
#: What an operator may, as far as the world lets them; nothing answers as its ERP.
DESK = {
    "try": 200, "look": 409, "unlink": 200, "not same": 200, "link": 409, "number": 409,
    "stop": 200, "undo": 409, "undo row": 409, "question": 201,
}  # fmt: skip
WORKS = DESK | {"claim": 200, "run": 202}
ACKNOWLEDGES = {"acknowledge": 200}
#: What a mapper and an approver may, as far as the world lets them.
MAPS = {
    "map": 409, "draft": 201, "hand in": 409, "give back": 200, "discard": 200, "replay": 202,
    "import": 201, "apply": 409, "drop": 200,
}  # fmt: skip
RULES = {"approve": 409, "activate": 409, "give back": 200, "replay": 202, "agree": 409}
APPROVES = RULES | {"approve run": 409, "decline run": 409} | ACKNOWLEDGES
KEYS = [
    # roles of the owner, scopes, reads, who may write what
    ((Role.OPERATOR,), ["read"], 200, {}),
    ((Role.OPERATOR,), ["write:exceptions"], 403, DESK),
    ((Role.OPERATOR,), ["read", "write:exceptions"], 200, WORKS),
    ((Role.OPERATOR, Role.APPROVER), ["write:alerts"], 403, ACKNOWLEDGES),
    ((Role.APPROVER,), ["approve:postings"], 403, {"approve run": 409, "decline run": 409}),
    ((Role.OPERATOR,), ["write:statements"], 403, {"upload": 202}),
    ((Role.ADMIN,), ["read", "write:connections"], 200, {"pause": 200, "resume": 200}),
    ((Role.VIEWER,), EVERYTHING, 200, {}),
    ((Role.MAPPER,), ["read", "write:rules"], 200, MAPS | {"replay": 403}),
    ((Role.MAPPER, Role.APPROVER), ["read", "approve:rules"], 200, RULES | {"replay": 403}),
    ((Role.MAPPER,), ["replay:rules"], 403, {"replay": 202}),
    ((Role.MAPPER, Role.APPROVER), EVERYTHING, 200, MAPS | APPROVES),
    ((), EVERYTHING, 403, {}),
]  # fmt: skip
PEOPLE = [
    ((), 403, {}),
    ((Role.VIEWER,), 200, {}),
    ((Role.OPERATOR,), 200, WORKS | ACKNOWLEDGES | {"upload": 202}),
    ((Role.MAPPER,), 200, MAPS),
    ((Role.APPROVER,), 200, APPROVES),
    ((Role.ADMIN,), 200, {"pause": 200, "resume": 200} | ACKNOWLEDGES),
    ((Role.AUDITOR,), 200, {}),
]


@pytest.mark.parametrize(("roles", "scopes", "reading", "writing"), KEYS)
def test_each_key_does_what_its_scopes_and_its_owner_may(world, roles, scopes, reading, writing):
    key = ApiKeyFactory(scopes=scopes, owner=person("owner", *roles))
    caller = Caller(text_of(key))
    assert {caller.get(path).status_code for path in reads(world)} == {reading}
    if scopes is EVERYTHING:
        answered, awaited = guarded(world, caller, roles)
        assert answered == awaited
    expected = dict.fromkeys(CALLS, 403) | writing
    assert writes(world, caller) == expected


@pytest.mark.parametrize(("roles", "reading", "writing"), PEOPLE)
def test_each_person_does_what_their_roles_allow(world, roles, reading, writing):
    caller = Caller()
    caller.client.force_login(person("somebody", *roles))
    assert {caller.get(path).status_code for path in reads(world)} == {reading}
    answered, awaited = guarded(world, caller, roles)
    assert answered == awaited
    expected = dict.fromkeys(CALLS, 403) | writing
    assert writes(world, caller) == expected


def test_nobody_does_nothing(world):
    paths = [*reads(world), *(path.format(**vars(world)) for path in GUARDED)]
    assert {Caller().get(path).status_code for path in paths} == {401}
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
