"""Censuses and the nothing-missing statement: pages, the button, the endpoints, who may."""

import pytest
from django_q.models import OrmQ

from audit.models import Entry
from audit.roles import Role
from integrations.choices import EnvelopeSource
from tests.builders import TODAY, EnvelopeFactory, FactFactory
from tests.kept_world import kept_world
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(business_day):
    return kept_world(days=6, per_day=1)


def text(response):
    return " ".join(response.content.decode().split())


def test_each_number_of_a_census_leads_to_the_rows_behind_it(desk, world):
    page = text(desk.get("/censuses/"))
    for kind in ("missing", "double", "edited", "unowed", "accepted"):
        assert f"/censuses/{world.census.pk}/?kind={kind}" in page
    edited = text(desk.get(f"/censuses/{world.census.pk}/?kind=edited"))
    assert edited.count("100.00 USD") == 2, "in the sentence and in the table, once each"
    assert "bookkeeper" in edited
    accepted = text(desk.get(f"/censuses/{world.census.pk}/?kind=accepted"))
    assert "Accepted" in accepted


def test_a_census_says_what_was_on_its_way(desk, world):
    page = text(desk.get(f"/censuses/{world.census.pk}/"))
    assert "/postings/?state=held" in page
    assert "never counted as missing" in page


def test_each_figure_of_the_days_leads_to_what_is_behind_it(desk, world):
    envelope = EnvelopeFactory(connection=world.gateway)
    first = FactFactory(envelope=envelope, vendor_id="first-1")
    repeat = FactFactory(
        envelope=envelope, end="duplicate", vendor_id="again-1", duplicate_of=first
    )
    page = text(desk.get("/completeness/"))
    day = f"/completeness/{world.gateway.slug}/{TODAY}/"
    assert f'"{day}?end=duplicate#facts"' in page
    events = text(desk.get(day, {"of": "events"})).split("Behind the number:")[1]
    assert "what reached us, without repeats" in events
    assert first.vendor_id in events
    assert repeat.vendor_id not in events
    assert "Behind the number" not in text(desk.get(day, {"of": "nonsense"}))


def test_a_page_of_findings_that_there_is_none_of_is_the_first(desk, world):
    assert desk.get(f"/censuses/{world.census.pk}/?page=forged").status_code == 200


def test_an_operator_has_a_pair_counted_and_it_is_noted(desk, world):
    response = desk.post(f"/censuses/now/{world.pair.slug}/", follow=True)
    assert "is being checked" in text(response)
    assert OrmQ.objects.count() == 1
    entry = Entry.objects.get(action="census.asked")
    assert entry.actor == "user:operator"


@pytest.mark.parametrize("roles", [(), (Role.VIEWER,), (Role.ADMIN,), (Role.AUDITOR,)])
def test_nobody_else_has_a_pair_counted(client, world, roles):
    client.force_login(person("somebody", *roles))
    assert client.post(f"/censuses/now/{world.pair.slug}/").status_code == 403
    assert not OrmQ.objects.exists()
    if roles:
        assert "now/" not in text(client.get("/censuses/"))


def test_the_page_of_a_day_leads_to_its_facts(desk, world):
    envelope = EnvelopeFactory(connection=world.gateway, source=EnvelopeSource.PULL)
    fact = FactFactory(envelope=envelope)
    day = f"/completeness/{world.gateway.slug}/{TODAY}/"
    page = text(desk.get(day))
    assert "events accounted for" in page
    assert "?kind=transaction&amp;end=booked&amp;source=pull" in page
    facts = text(desk.get(day, {"kind": "transaction", "end": "booked"}))
    assert f"/transactions/?q={fact.vendor_id}" in facts


def test_days_are_shown_a_fortnight_at_a_time_within_a_query_budget(
    desk, world, django_assert_max_num_queries
):
    with django_assert_max_num_queries(22):
        page = text(desk.get("/completeness/"))
    assert page.count("/completeness/") >= 14
    older = text(desk.get("/completeness/", {"until": "2011-01-31"}))
    assert "18 Jan 2011" in older


NOWHERE = (
    "/completeness/?until=soon",
    "/completeness/?gateway=nobody",
    "/completeness/nobody/2011-02-14/",
    "/completeness/?until=0001-01-01",
)


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "soon"])
def test_a_day_of_no_calendar_of_business_is_not_found(desk, world, day):
    assert desk.get(f"/completeness/{world.gateway.slug}/{day}/").status_code == 404
    calls = f"/api/v1/nothing-missing/{world.gateway.slug}/{day}"
    assert desk.get(calls).json()["type"] == "urn:tieout:problem:not-found"


@pytest.mark.parametrize("url", NOWHERE)
def test_what_there_is_not_is_not_found(desk, world, url):
    assert desk.get(url).status_code == 404


def test_the_endpoints_answer_what_the_pages_show(desk, world):
    [census] = desk.get("/api/v1/censuses").json()
    assert (census["pair"], census["missing"], census["fits"]) == (world.pair.slug, 1, False)
    one = desk.get(f"/api/v1/censuses/{world.pair.slug}").json()
    assert len(one["findings"]) == 3
    day = desk.get(f"/api/v1/nothing-missing/{world.gateway.slug}/{TODAY}").json()
    assert day["day"] == str(TODAY)
    assert day["state"] == "under_way"


def test_the_endpoints_are_for_people_who_may_look(client, world):
    urls = [
        "/api/v1/censuses",
        f"/api/v1/censuses/{world.pair.slug}",
        f"/api/v1/nothing-missing/{world.gateway.slug}/{TODAY}",
    ]
    assert {client.get(url).status_code for url in urls} == {401}
    client.force_login(person("stranger"))
    assert {client.get(url).status_code for url in urls} == {403}
    client.force_login(person("looker", Role.VIEWER))
    assert {client.get(url).status_code for url in urls} == {200}
    assert client.get("/api/v1/nothing-missing/nobody/2011-02-14").status_code == 404
    assert client.get(f"{urls[2][:-10]}soon").status_code == 404
