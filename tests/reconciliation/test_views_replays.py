"""Trying held postings again from the console: one, or what a filter selects on all pages."""

from datetime import UTC, datetime, timedelta

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.choices import AttemptOutcome, PostingState
from integrations.models import Posting
from tests.builders import AttemptFactory, PostingFactory
from tests.pages import row_ids
from tests.world import person

pytestmark = pytest.mark.django_db
URL = "/postings/replay/"


def held(code="attempts_exhausted", **over):
    return PostingFactory(held=True, code=code, **over)


def states():
    return list(Posting.objects.order_by("pk").values_list("state", flat=True))


def press(desk, **chosen):
    newest = Posting.objects.order_by("-pk")[0].pk
    return desk.post(URL, {"upto": newest, **chosen}, follow=True).content.decode()


def test_a_preview_counts_what_the_filter_selects_on_all_pages_and_changes_nothing(desk):
    for _ in range(60):
        held()
    held("period_closed")
    html = desk.get(URL, {"code": "attempts_exhausted"}).content.decode()
    assert "Try 60 postings again" in html
    assert set(states()) == {"held"}


def test_pressing_lets_all_of_them_go_and_leaves_the_others(desk):
    for _ in range(3):
        held()
    held("period_closed")
    assert "3 let go again: 3 sent" in press(desk, code="attempts_exhausted")
    assert states() == ["ready"] * 3 + ["held"]
    entry = Entry.objects.get(action="postings.replayed")
    assert (entry.actor, "code=attempts_exhausted" in entry.summary) == ("user:operator", True)


def test_a_filter_that_is_wrong_selects_nothing(desk):
    held()
    response = desk.post(URL, {"upto": "99999999", "state": "nonsense"})
    assert response.status_code == 422
    assert states() == ["held"]


@pytest.mark.parametrize("upto", ["", "all"])
def test_nothing_goes_without_a_preview(desk, upto):
    held()
    assert "Try 1 posting again" in desk.post(URL, {"upto": upto}).content.decode()
    assert states() == ["held"]


def test_a_viewer_may_neither_look_at_the_replay_nor_press(client):
    posting = held()
    client.force_login(person("vera", Role.VIEWER))
    assert client.get(URL).status_code == 403
    assert client.post(URL, {"upto": posting.pk}).status_code == 403
    assert client.post(f"/postings/{posting.pk}/try-again/").status_code == 403
    assert client.post(f"/postings/{posting.pk}/look/").status_code == 403
    assert states() == ["held"]


def test_one_posting_goes_again_from_its_page(desk):
    posting = held()
    assert "Try again" in desk.get(f"/postings/{posting.pk}/").content.decode()
    html = desk.post(f"/postings/{posting.pk}/try-again/", follow=True).content.decode()
    assert "Sent again." in html
    assert states() == ["ready"]


def unknown(**over):
    return PostingFactory(
        state=PostingState.UNKNOWN, attempt_count=1, looks=3,
        due_at=datetime(2011, 2, 14, 15, 7, tzinfo=UTC),
        unknown_since=datetime(2011, 2, 14, 15, 0, tzinfo=UTC), **over,
    )  # fmt: skip


def test_an_unknown_outcome_says_when_it_is_looked_up_next_and_how_often_it_was(desk):
    posting = unknown()
    for html in (desk.get(f"/postings/{posting.pk}/"), desk.get("/postings/")):
        assert "Sent, answer unknown; next look at" in html.content.decode()
        assert "3 looks so far" in html.content.decode()


def test_looking_now_is_one_press_and_sends_nothing(desk):
    posting = unknown()
    html = desk.post(f"/postings/{posting.pk}/look/", follow=True).content.decode()
    assert "It is looked up now; nothing is sent." in html
    assert Posting.objects.get().due_at > datetime.now(UTC) - timedelta(minutes=1)


@pytest.mark.parametrize("path", ["look", "try-again"])
def test_what_moved_on_says_so(desk, path):
    posting = PostingFactory(posted=True)
    html = desk.post(f"/postings/{posting.pk}/{path}/", follow=True).content.decode()
    assert "It is posted by now." in html


def test_postings_are_listed_by_code_erp_and_age(desk):
    old, young = held(), held("period_closed")
    Posting.objects.filter(pk=young.pk).update(created_at=datetime.now(UTC))
    assert row_ids(desk.get("/postings/", {"code": "period_closed"})) == [young.pk]
    assert row_ids(desk.get("/postings/", {"target": old.target_id})) == [old.pk]
    assert row_ids(desk.get("/postings/", {"age": "24"})) == [old.pk]


def test_every_attempt_shows_its_times_code_and_request(desk):
    posting = held()
    AttemptFactory(
        posting=posting,
        outcome=AttemptOutcome.REFUSED,
        code="E-42",
        request_id="req-7",
        message="No.",
    )
    html = desk.get(f"/postings/{posting.pk}/").content.decode()
    for words in ("E-42", "req-7", "No.", "Started, ended"):
        assert words in html


def test_what_differs_is_shown_field_by_field(desk):
    found = [{"field": "Amount", "owed": "10.00 USD", "found": "11.00 USD"}]
    posting = held("content_conflict", differences=found)
    html = desk.get(f"/postings/{posting.pk}/").content.decode()
    assert "What differs" in html
    assert "11.00 USD" in html
