"""Pages of a replay: what it found, and who may ask for it and approve."""

import pytest

from audit.roles import Role
from mapping.choices import VersionState
from mapping.services import versions
from reconciliation.models import Impact, ImpactApproval
from reconciliation.services.impact import rules_hash
from tests.builders import RiskRuleFactory
from tests.kept_world import kept_world
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db):
    return kept_world()


@pytest.fixture
def mapper(client):
    client.force_login(person("ann", Role.MAPPER))
    return client


def test_a_replay_shows_what_would_be_different_and_the_journal(mapper, world):
    page = mapper.get(f"/replays/{world.replay.pk}/").content.decode()
    for told in ("The same, to the byte", "Would be another", "1050-00", "1060-00", "As a journal"):
        assert told in page


def test_a_replay_says_of_each_risk_row_how_many_payments_it_would_have_caught(mapper, world):
    version = world.replay.version
    row = RiskRuleFactory(version=version, position=1)
    Impact.objects.filter(pk=world.replay.pk).update(
        rules_hash=rules_hash(version), risks={row.as_row().name: 3}
    )
    page = mapper.get(f"/replays/{world.replay.pk}/").content.decode()
    says = "If the amount is 5000 or more → flag it: post it and show it to a person"
    assert f'1: {says}</th><td class="number">3</td>' in page
    assert mapper.get(f"/api/v1/replays/{world.replay.pk}").json()["by_risk"] == [
        {"position": 1, "level": "flag", "says": says, "payments": 3}
    ]


def test_a_mapper_asks_for_a_replay_and_finds_it_again(mapper, world):
    version = world.replay.version
    period = {"first_on": "2010-12-01", "last_on": "2010-12-31"}
    answer = mapper.post(f"/rule-sets/{version.pk}/replay/", period)
    asked = Impact.objects.get(state="running")
    assert (answer.url, asked.asked_by) == (f"/replays/{asked.pk}/", "user:ann")
    assert (
        f"/replays/{asked.pk}/" in mapper.get(f"/rule-sets/{version.pk}/replay/").content.decode()
    )


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [("2010-12-31", "2010-12-01", "ends before it begins"), ("", "2010-12-01", "required"),
     ("yesterday", "2010-12-01", "valid date")],
)  # fmt: skip
def test_a_period_that_is_none_is_said_in_words(mapper, world, first, last, said):
    address = f"/rule-sets/{world.replay.version.pk}/replay/"
    answer = mapper.post(address, {"first_on": first, "last_on": last})
    assert (answer.status_code, Impact.objects.filter(state="running").count()) == (422, 0)
    assert said in answer.content.decode()


def test_an_approver_puts_the_version_in_force_from_its_replay(client, world):
    versions.hand_in(world.replay.version, "user:ann")
    client.force_login(person("bob", Role.APPROVER))
    assert "Approve and put in force" in client.get(f"/replays/{world.replay.pk}/").content.decode()
    client.post(f"/replays/{world.replay.pk}/approve/", {"active_from": "2011-03-01"})
    world.replay.version.refresh_from_db()
    assert world.replay.version.state == VersionState.ACTIVE
    assert ImpactApproval.objects.get().approved_by == "user:bob"


def test_whoever_handed_it_in_is_told_that_another_has_to(client, world):
    versions.hand_in(world.replay.version, "user:bob")
    client.force_login(person("bob", Role.APPROVER))
    assert (
        "Approve and put in force"
        not in client.get(f"/replays/{world.replay.pk}/").content.decode()
    )
    answer = client.post(
        f"/replays/{world.replay.pk}/approve/", {"active_from": "2011-03-01"}, follow=True
    )
    assert "themselves" in answer.content.decode()
    assert not ImpactApproval.objects.exists()


def test_a_replay_of_rows_that_were_edited_since_says_so(mapper, world):
    Impact.objects.update(rules_hash="b" * 64)
    assert (
        "edited after this was tried" in mapper.get(f"/replays/{world.replay.pk}/").content.decode()
    )
