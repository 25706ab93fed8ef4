import re
from dataclasses import replace

import pytest

from config import tour
from console.models import Preference
from reconciliation.choices import ExceptionState
from reconciliation.models import Certificate, ExceptionItem
from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.pages import offences, statements
from tests.world import operator, viewer

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(business_day, settings):  # noqa: F811
    settings.TIEOUT_MODE = "demo"
    return kept_world(days=6, per_day=1)


@pytest.fixture
def desk(client):
    client.force_login(operator())
    return client


def text(response):
    return " ".join(response.content.decode().split())


def test_the_first_visit_tells_the_story_in_four_places(desk, world):
    page = text(desk.get("/"))
    titles = re.findall(r"<h3>([^<]+)</h3>", page)
    assert titles == [
        "A batch that ties out",
        "One that does not, and why",
        "An exception to resolve",
        "The certificate",
    ]
    for number in range(1, 5):
        assert f'<span class="mark"><span class="sr">Note </span>{number}</span>' in page


def test_each_note_leads_to_a_page_that_goes_on_with_the_story(desk, world):
    found = tour.notes()
    for note in found:
        response = desk.get(note.address)
        page = text(response)
        assert response.status_code == 200
        assert offences(response) == []
        assert f"{note.number} of 4" in page
        assert note.there in page.replace("&#x27;", "'")
    assert f'href="{found[1].address}"' in text(desk.get(found[0].address))


def test_the_notes_stay_away_once_a_person_has_ended_them_and_for_that_person_alone(desk, world):
    assert desk.post("/tour/").status_code == 302
    assert "What this demo shows" not in text(desk.get("/"))
    desk.force_login(viewer())
    assert "What this demo shows" in text(desk.get("/"))


def test_the_help_brings_them_back(desk, world):
    desk.post("/tour/")
    assert "Show the guided demo" in text(desk.get("/transactions/"))
    assert desk.post("/tour/", {"show": "1"}).headers["Location"] == "/#tour"
    assert "What this demo shows" in text(desk.get("/"))
    assert Preference.objects.count() == 1


def test_outside_the_demo_there_are_no_notes_and_no_way_to_ask_for_them(desk, world, settings):
    settings.TIEOUT_MODE = "production"
    address = tour.notes()[0].address
    assert "What this demo shows" not in text(desk.get("/"))
    assert "Guided demo" not in text(desk.get(address))
    assert "Show the guided demo" not in text(desk.get("/transactions/"))
    assert desk.post("/tour/", {"show": "1"}).status_code == 404


def test_a_place_that_the_data_do_not_have_is_left_out(world):
    ExceptionItem.objects.update(state=ExceptionState.RESOLVED)
    assert [(note.number, note.place) for note in tour.notes()] == [
        (1, "tied-out"), (2, "batches"), (3, "certificate"),
    ]  # fmt: skip


def test_an_empty_demo_has_no_story(desk, business_day, settings):  # noqa: F811
    settings.TIEOUT_MODE = "demo"
    assert "What this demo shows" not in text(desk.get("/"))


@pytest.mark.parametrize("asked", ["2", "9", "x", "-1", "1' OR"])
def test_a_number_that_is_not_this_pages_shows_no_note(desk, world, asked):
    first = tour.notes()[0]
    page = text(desk.get(replace(first, number=asked).address))
    assert "Places of the guided demo" not in page


def test_a_certificate_that_was_superseded_is_not_the_proof(world):
    certificate = tour.notes()[-1]
    old = Certificate.objects.get(batch__pk=certificate.url.split("/")[2])
    Certificate.objects.create(
        batch=old.batch, number=2, body=old.body, body_hash="0" * 64, ties_out=False,
        supersedes=old, business_at=old.business_at, issued_at=old.issued_at,
    )  # fmt: skip
    assert tour.notes()[-1].url != certificate.url


def test_a_page_without_a_note_asks_nothing_for_the_tour(
    desk, world, django_assert_max_num_queries
):
    with django_assert_max_num_queries(99) as queries:
        desk.get("/transactions/")
    assert not [sql for sql in statements(queries.captured_queries) if "preference" in sql]
