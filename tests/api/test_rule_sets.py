"""Rule sets by the API: what the pages do, by the same services, and with a key for its person."""

from datetime import date

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from audit.models import Entry
from audit.roles import Role
from mapping.models import MethodRule, RuleImport, RuleSetVersion
from mapping.services import versions
from reconciliation.models import ImpactApproval
from reconciliation.services import impact
from tests.api.conftest import Caller, software
from tests.builders import (
    ApiKeyFactory,
    MethodRuleFactory,
    PairFactory,
    RuleSetVersionFactory,
    text_of,
)
from tests.pages import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(world):
    return software("mara", Role.MAPPER)


@pytest.fixture
def anna(world):
    return software("anna", Role.APPROVER)


@pytest.fixture
def fresh(world):
    """A draft of a pair that has posted nothing."""
    found = RuleSetVersionFactory(pair=PairFactory(slug="fresh"), state="draft", active_from=None)
    MethodRuleFactory(version=found)
    return found


def file_of(caller, version):
    return caller.get(f"rule-sets/{version.pk}/file")


def upload(caller, text, **more):
    file = SimpleUploadedFile("rules.yaml", text if isinstance(text, bytes) else text.encode())
    form = {"pair": "paytrace-sage500", "note": "Another try.", "file": file}
    return caller.send("rule-imports", form | more)


def test_a_rule_set_is_taken_as_its_file_and_the_taking_is_recorded(world, mara):
    response = file_of(mara, world.rules)
    assert response["Content-Type"] == "application/yaml; charset=utf-8"
    assert response["Content-Disposition"].endswith('"paytrace-sage500-v1.yaml"')
    assert yaml.safe_load(response.content)["rules"]["methods"]
    assert Entry.objects.get(action="rules.exported").actor == "key:mara-software"


def test_a_file_is_checked_first_and_then_applied_as_a_draft(world, mara):
    text = file_of(mara, world.rules).content.decode()
    old = MethodRule.objects.get(version=world.rules)
    waiting = upload(mara, text.replace(old.erp_method, "ANOTHER")).json()
    (check,) = waiting["checks"]
    assert (check["kind"], check["counts"]) == ("methods", {"Changed": 1})
    assert "ANOTHER" in check["changes"][0]["after"]
    assert mara.get(f"rule-imports/{waiting['id']}").json() == waiting
    draft = mara.post(f"rule-imports/{waiting['id']}/apply", {"seen": waiting["seen"]}).json()
    assert (draft["state"], draft["created_by"]) == ("draft", "key:mara-software")
    assert MethodRule.objects.get(version=draft["id"]).erp_method == "ANOTHER"
    assert mara.get(f"rule-imports/{waiting['id']}").status_code == 404


def test_what_was_applied_is_answered_again_for_the_same_key(world, mara):
    waiting = upload(mara, file_of(mara, world.rules).content).json()
    path, seen = f"rule-imports/{waiting['id']}/apply", {"seen": waiting["seen"]}
    first, again = mara.post(path, seen, once="a"), mara.post(path, seen, once="a")
    assert first.status_code == 201
    assert first.content == again.content
    assert mara.post(path, seen).status_code == 404


def test_a_file_whose_rules_changed_meanwhile_is_not_applied(world, mara):
    waiting = upload(mara, file_of(mara, world.rules).content).json()
    response = mara.post(f"rule-imports/{waiting['id']}/apply", {"seen": "0"})
    assert response.status_code == 409
    assert response.json()["detail"].startswith("Somebody has changed the rules meanwhile")
    assert mara.post(f"rule-imports/{waiting['id']}/drop").json()["id"] == waiting["id"]
    assert not RuleImport.objects.filter(pk=waiting["id"]).exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: '2'\n", "format"),
        (b"\xff\xfe", "UTF-8"),
        ("format: '1'\nname: \"a\\0b\"\n", "Line 2 holds a character"),
        ("format: '1'\nname: \"\\ud800\"\n", "Line 2 holds a character"),
        ("format: '1'\nrules: {colours: []}\n", "no kind of rule"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_is_wrong(world, mara, text, said):
    response = upload(mara, text)
    assert response.status_code == 422
    assert said in response.json()["errors"]["file"][0]


@pytest.mark.parametrize(
    ("wrong", "field"), [({"pair": "none"}, "pair"), ({"note": " "}, "note"), ({"x": "1"}, "x")]
)
def test_what_is_wrong_beside_the_file_is_named(world, mara, wrong, field):
    response = upload(mara, "format: '1'\n", **wrong)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]


def test_a_version_goes_through_its_life_by_two_keys(fresh, mara, anna):
    path = f"rule-sets/{fresh.pk}"
    assert mara.post(f"{path}/hand-in").json()["handed_in_by"] == "key:mara-software"
    assert anna.post(f"{path}/give-back", {"note": "Why?"}).json()["state"] == "draft"
    assert mara.post(f"{path}/hand-in").json()["standing"] == "Waits for approval"
    found = anna.post(f"{path}/activate", {"active_from": "2011-03-01"}).json()
    assert (found["state"], found["active_from"]) == ("active", "2011-03-01")
    assert found["approved_by"] == "key:anna-software"
    assert mara.post(f"{path}/discard").status_code == 409


def test_a_key_is_its_owner_and_approves_nothing_that_they_had_a_part_in(fresh, world):
    both = software("both", Role.MAPPER, Role.APPROVER)
    both.post(f"rule-sets/{fresh.pk}/hand-in")
    owner = ApiKeyFactory._meta.model.objects.get(name="both-software").owner
    other_key = ApiKeyFactory(owner=owner, scopes=["read", "approve:rules"])
    in_person = Caller()
    in_person.client.force_login(owner)
    for caller in (both, Caller(text_of(other_key)), in_person):
        response = caller.post(f"rule-sets/{fresh.pk}/activate", {"active_from": "2011-03-01"})
        assert response.status_code == 409
        assert response.json()["detail"].startswith("Nobody approves what they have made")
    assert Entry.objects.filter(action="access.denied").count() == 3


def test_the_database_itself_knows_whose_a_key_is(fresh):
    owner = ApiKeyFactory(name="first", owner__username="mara").owner
    ApiKeyFactory(name="second", owner=owner)
    versions.hand_in(fresh, "key:first")
    for approver in ("key:first", "key:second", "user:mara"):
        with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
            RuleSetVersion.objects.filter(pk=fresh.pk).update(
                state="active", active_from=date(2011, 3, 1), approved_by=approver
            )


def test_a_pair_that_has_posted_gets_its_rules_by_a_replay(world, mara, anna):
    path = f"rule-sets/{world.handed_in.pk}"
    refused = anna.post(f"{path}/activate", {"active_from": "2011-03-01"})
    assert (refused.status_code, "tried on" in refused.json()["detail"]) == (409, True)
    asked = mara.post(f"{path}/replay", {"first_on": "2011-01-01", "last_on": "2011-12-31"})
    assert (asked.status_code, asked.json()["state"]) == (202, "running")
    while impact.drain():
        pass
    found = anna.get(f"replays/{asked.json()['id']}").json()
    assert found["looked_at"] == found["total"] > 0
    assert found["is_current"]
    told = anna.post(f"replays/{found['id']}/approve", {"active_from": "2011-03-01"}).json()
    assert told["approval"]["approved_by"] == "key:anna-software"
    assert ImpactApproval.objects.get().impact_id == found["id"]


def test_a_replay_says_what_would_be_different(world, mara, django_assert_max_num_queries):
    with django_assert_max_num_queries(30) as queries:
        found = mara.get(f"replays/{world.replay.pk}").json()
    assert len(statements(queries.captured_queries)) <= 25
    assert {row["account"]: row["moved"]["amount"] for row in found["by_account"]} == {
        "1050-00": "-45.00",
        "1060-00": "45.00",
    }
    assert found["by_customer"][0]["customer_id"] == "17850"
    (row,) = mara.get(f"replays/{world.replay.pk}/documents").json()["data"]
    assert row["differences"] == [
        {"field": "Clearing account", "before": "1050-00", "after": "1060-00"}
    ]
    asked = {"change": "vanished"}
    assert mara.get(f"replays/{world.replay.pk}/documents", asked).json()["data"] == []
    assert mara.get("replays/987654321/documents").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"first_on": "2011-02-01", "last_on": "2011-01-01"}, "last_on"),
        ({"first_on": "soon", "last_on": "2011-01-01"}, "first_on"),
        ({"first_on": "2011-01-01"}, "last_on"),
    ],
)
def test_a_period_that_is_none_is_named(world, mara, body, field):
    response = mara.post(f"rule-sets/{world.rules.pk}/replay", body)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == [field]
