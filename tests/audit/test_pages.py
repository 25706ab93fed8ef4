import pytest
from django.db import transaction

from audit import services as audit
from audit.models import Entry
from audit.roles import Role
from tests.pages import row_ids
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    client.force_login(person("auditor", Role.AUDITOR))
    return client


@pytest.fixture
def entries():
    with transaction.atomic():
        return [
            audit.record("posting.posted", ("posting", "12"), actor="worker"),
            audit.record("exception.resolved", ("exception", "3"), actor="user:ann"),
        ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "posting"}, 0),
        ({"q": "posting:12"}, 0),
        ({"actor": "ann"}, 1),
        ({"q": "posting:1"}, None),
    ],
)
def test_the_log_is_filtered_by_action_subject_and_person(auditor, entries, asked, found):
    shown = row_ids(auditor.get("/audit/", asked))
    assert shown == ([] if found is None else [entries[found].pk])


def test_an_entry_that_is_not_sealed_yet_says_so(auditor, entries):
    assert "Not sealed yet" in auditor.get(f"/audit/{entries[0].pk}/").content.decode()


def test_a_sealed_entry_shows_its_place_and_hash(auditor, entries):
    audit.seal()
    html = auditor.get(f"/audit/{entries[0].pk}/").content.decode()
    assert Entry.objects.get(pk=entries[0].pk).link.hash in html


def test_other_entries_on_the_same_subject_are_one_click_away(auditor, entries):
    with transaction.atomic():
        later = audit.record("posting.found", ("posting", "12"), actor="worker")
    assert f"/audit/{later.pk}/" in auditor.get(f"/audit/{entries[0].pk}/").content.decode()
