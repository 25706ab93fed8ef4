"""Alerts, the audit log and envelopes by the API: read by those who may, looks on record."""

import pytest

from audit import services as audit
from audit.models import Entry
from audit.roles import Role
from audit.verifier import GENESIS, entry_hash
from integrations.models import Alert
from tests.api.conftest import software
from tests.pages import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(world):
    return software("otto", Role.AUDITOR)


@pytest.fixture
def desk(world):
    return software("olga", Role.OPERATOR)


def test_an_alert_is_looked_after_once(world, desk):
    path = f"alerts/{world.alert.pk}"
    found = desk.get(path).json()
    assert (found["state"], found["count"], found["is_urgent"]) == ("open", 41, False)
    assert found["deliveries"][0]["route"] == "Operations"
    assert "address" not in found["deliveries"][0]
    assert desk.post(f"{path}/acknowledge").json()["acknowledged_by"] == "key:olga-software"
    again = desk.post(f"{path}/acknowledge")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "key:olga-software looks after it already.",
    )
    assert Entry.objects.filter(action="alert.acknowledged").count() == 1


def test_alerts_are_filtered_as_on_their_page(world, desk):
    found = desk.get("alerts", {"state": "open", "audience": "finance"}).json()["data"]
    assert {row["audience"] for row in found} == {"finance"}
    assert len(found) < Alert.objects.count()
    wrong = desk.get("alerts", {"kind": "noise"})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["kind"])


def test_an_entry_comes_with_its_place_in_the_chain(world, auditor):
    entry = Entry.objects.order_by("id").first()
    before = auditor.get(f"audit-entries/{entry.pk}").json()
    assert (before["link"], before["checkpoint"]) == (None, None)
    audit.seal_all()
    found = auditor.get(f"audit-entries/{entry.pk}").json()
    assert found["link"] == {"position": 1, "hash": entry_hash(GENESIS, entry.record())}
    assert found["checkpoint"]["position"] >= 1
    assert found["details"] == entry.details


def test_the_audit_log_is_walked_by_cursor_and_filtered(world, auditor):
    whole = [row["id"] for row in auditor.get("audit-entries", {"limit": 200}).json()["data"]]
    walked, query = [], {"limit": 1}
    while len(walked) < len(whole):
        page = auditor.get("audit-entries", query).json()
        walked += [row["id"] for row in page["data"]]
        query |= {"cursor": page["next_cursor"]}
    assert walked == whole
    found = auditor.get("audit-entries", {"actor": "ann"}).json()["data"]
    assert {row["actor"] for row in found} == {"user:ann"}
    assert auditor.get("audit-entries", {"since": "soon"}).status_code == 400


@pytest.mark.parametrize("name", ["audit-entries", "envelopes"])
def test_their_pages_cost_the_same_however_long(
    world, auditor, name, django_assert_max_num_queries
):
    auditor.get(name)
    counts = []
    for limit in (1, 200):
        with django_assert_max_num_queries(99) as queries:
            assert auditor.get(name, {"limit": limit}).status_code == 200
        counts.append(len(statements(queries.captured_queries)))
    assert counts[0] == counts[1] <= 6


def test_an_envelope_is_opened_without_card_data_and_the_look_is_recorded(world, auditor):
    path = f"envelopes/{world.statement.pk}"
    assert "text" not in auditor.get("envelopes").json()["data"][0]
    assert not Entry.objects.filter(action="envelope.opened").exists()
    found = auditor.get(path).json()
    assert found["text"].startswith("date,description,amount")
    assert (found["name"], found["is_cut"], found["closed"]) == ("february.csv", False, "")
    entry = Entry.objects.get(action="envelope.opened")
    assert (entry.actor, entry.subject_id) == ("key:otto-software", str(world.statement.pk))


def test_envelopes_are_filtered_by_connection(world, auditor):
    found = auditor.get("envelopes", {"connection": world.bank.pk}).json()["data"]
    assert {row["connection"] for row in found} == {world.bank.slug}
    wrong = auditor.get("envelopes", {"connection": "nowhere"})
    assert list(wrong.json()["errors"]) == ["connection"]
