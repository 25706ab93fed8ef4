from urllib.parse import unquote

import pytest

from audit.roles import Role
from tests.builders import ConnectionDraftFactory
from tests.mapping.drafts import full_draft
from tests.pages import (
    CUSTOMER_LISTS,
    LISTS,
    POLICY,
    admin_pages,
    auditor_pages,
    htmx,
    mapper_pages,
    offences,
    own_pages,
    pages,
    questions,
    row_ids,
    set_up_pages,
    set_up_views,
    statements,
)
from tests.world import person

pytestmark = pytest.mark.django_db
BUDGET = 5  # beyond who is asking; one of them is the frame's numbers


def test_no_page_has_anything_inline_and_each_sends_the_policy(desk, world):
    for name, url in pages(world).items():
        response = desk.get(url)
        assert response.status_code == 200, name
        assert offences(response) == [], name
        sent = {part.strip() for part in response.headers["Content-Security-Policy"].split(";")}
        assert sent == POLICY, name


@pytest.mark.parametrize("url", ["/accounts/login/", "/nothing/", "/accounts/login/?idle=1"])
def test_pages_without_log_in_have_nothing_inline_either(client, db, url):
    response = client.get(url)
    assert offences(response) == []
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize("url", [*LISTS, *CUSTOMER_LISTS])
def test_a_list_page_stays_in_its_query_budget(desk, world, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(99) as queries:
        response = desk.get(url)
    assert len(row_ids(response)) > 4
    assert len(questions(queries.captured_queries)) <= BUDGET


@pytest.mark.parametrize("url", ["/envelopes/", "/audit/", "/documents/", "/censuses/"])
def test_the_lists_of_those_who_may_see_more_keep_the_same_budget(
    client, world, url, django_assert_max_num_queries
):
    client.force_login(person("everything", *Role))
    with django_assert_max_num_queries(99) as queries:
        response = client.get(url)
    assert row_ids(response)
    assert len(questions(queries.captured_queries)) <= BUDGET


def test_a_filter_by_batch_keeps_the_budget(desk, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(99) as queries:
        response = desk.get("/transactions/", {"batch": world.sale.batch_ref})
    assert row_ids(response)
    assert len(questions(queries.captured_queries)) <= BUDGET


def test_the_dashboard_stays_in_its_budget(desk, world, django_assert_max_num_queries):
    with django_assert_max_num_queries(99) as queries:
        desk.get("/")
    assert len(statements(queries.captured_queries)) <= 16


@pytest.mark.parametrize("url", [*LISTS, *CUSTOMER_LISTS])
def test_a_list_answers_its_target_with_the_fragment_alone(desk, world, url):
    response = desk.get(url, headers=htmx("list"))
    html = response.content.decode()
    assert html.strip().startswith('<section id="list"')
    assert "<html" not in html
    assert {"HX-Request", "HX-Target"} <= {part.strip() for part in response["Vary"].split(",")}


@pytest.mark.parametrize("url", [*LISTS, *CUSTOMER_LISTS])
def test_a_history_restore_gets_the_whole_page(desk, world, url):
    restore = htmx("list", **{"HX-History-Restore-Request": "true"})
    assert "<html" in desk.get(url, headers=restore).content.decode()


@pytest.mark.parametrize("url", [*LISTS, *CUSTOMER_LISTS])
def test_a_request_for_another_target_gets_the_whole_page(desk, world, url):
    assert "<html" in desk.get(url, headers=htmx("elsewhere")).content.decode()


@pytest.mark.parametrize("url", [url for url in LISTS if url != "/postings/"])
def test_a_wrong_filter_shows_its_error_and_no_rows(desk, world, url):
    response = desk.get(url, {"since": "yesterday"})
    assert response.status_code == 422
    assert row_ids(response) == []
    assert "From: Enter a day such as 2011-02-14." in response.content.decode()


@pytest.mark.parametrize("url", LISTS)
def test_a_state_that_does_not_exist_shows_no_rows(desk, world, url):
    name = "status" if url == "/transactions/" else "state"
    response = desk.get(url, {name: "nonsense"})
    assert response.status_code == 422
    assert row_ids(response) == []


@pytest.mark.parametrize("url", LISTS)
def test_a_forged_page_link_is_refused_in_words(desk, world, url):
    response = desk.get(url, {"page": "forged"})
    assert "This page link is not valid here." in response.content.decode()
    assert row_ids(response) == []


@pytest.mark.parametrize("url", LISTS)
def test_an_empty_list_says_what_to_do_next(desk, business_day, url):
    html = desk.get(url).content.decode()
    assert "Nothing here yet." in html


def test_anonymous_people_are_sent_to_the_log_in_and_back(client, world):
    for name, url in pages(world).items():
        response = client.get(url)
        assert response.status_code == 302, name
        assert unquote(response["Location"]) == f"/accounts/login/?next={url}", name


def test_a_fragment_for_anonymous_people_moves_the_whole_browser(client, db):
    response = client.get("/transactions/", headers=htmx("list"))
    assert response["HX-Redirect"].startswith("/accounts/login/?next=")
    assert b"<" not in response.content


#: Pages to work on: an operator's.
WORKING = ("statement upload", "orders upload", "postings to try again")
MATRIX = [
    # roles, pages to look at, upload page
    ((), 403, 403),
    ((Role.VIEWER,), 200, 403),
    ((Role.OPERATOR,), 200, 200),
    ((Role.ADMIN,), 200, 403),
]


@pytest.mark.parametrize(("roles", "looking", "uploading"), MATRIX)
def test_each_role_sees_what_it_may(client, world, roles, looking, uploading):
    client.force_login(person("somebody", *roles))
    for name, url in pages(world).items():
        expected = uploading if name in WORKING else looking
        assert client.get(url).status_code == expected, name


def test_a_superuser_without_a_role_sees_nothing_of_the_product(client, world, admin_user):
    client.force_login(admin_user)
    assert client.get("/transactions/").status_code == 403


def test_a_refused_fragment_says_so_above_the_content(client, db):
    client.force_login(person("somebody"))
    response = client.get("/transactions/", headers=htmx("list"))
    assert response.status_code == 403
    assert response["HX-Retarget"] == "#notices"


@pytest.mark.parametrize(
    ("role", "status"), [(Role.AUDITOR, 200), (Role.OPERATOR, 403), (Role.ADMIN, 403)]
)
def test_what_came_in_and_what_was_done_is_for_auditors(client, world, role, status):
    client.force_login(person("somebody", role))
    for name, url in auditor_pages(world).items():
        response = client.get(url)
        assert response.status_code == status, name
        assert offences(response) == [], name


def test_setting_connections_up_is_for_administrators(client, world):
    ann = person("ann", Role.ADMIN)
    draft = ConnectionDraftFactory(owner=ann, connector="paytrace", settings={})
    client.force_login(ann)
    for name, url in (set_up_pages(world, draft) | set_up_views(world)).items():
        response = client.get(url)
        assert response.status_code == 200, name
        assert offences(response) == [], name
    for role in (Role.OPERATOR, Role.APPROVER, Role.AUDITOR):
        client.force_login(person(role.value, role))
        for name, url in set_up_pages(world, draft).items():
            assert client.get(url).status_code == 403, (role, name)


def test_changing_rules_is_for_mappers(client, world):
    version = full_draft()
    client.force_login(person("mara", Role.MAPPER))
    for name, url in mapper_pages(version).items():
        response = client.get(url)
        assert response.status_code == 200, name
        assert offences(response) == [], name
    client.force_login(person("otto", Role.APPROVER))
    open_to_all = ("draft", "rule trial, tried")
    for name, url in mapper_pages(version).items():
        assert client.get(url).status_code == (200 if name in open_to_all else 403), name


def test_a_page_is_offered_only_to_those_whom_it_opens_for(client, world):
    client.force_login(person("somebody", Role.OPERATOR))
    assert "Audit log" not in client.get("/").content.decode()
    client.force_login(person("auditor", Role.AUDITOR))
    assert "Audit log" in client.get("/").content.decode()


@pytest.mark.parametrize(("role", "status"), [(Role.ADMIN, 200), (Role.AUDITOR, 403)])
def test_people_are_looked_after_by_administrators(client, world, role, status):
    client.force_login(person("somebody", role))
    for name, url in admin_pages(world).items():
        response = client.get(url)
        assert response.status_code == status, name
        assert offences(response) == [], name


def test_ones_own_pages_are_open_to_whoever_is_logged_in(client, world):
    client.force_login(person("somebody"))
    for name, url in own_pages(world).items():
        response = client.get(url)
        assert response.status_code == 200, name
        assert offences(response) == [], name


def test_a_printed_page_says_what_when_and_who(desk, world):
    html = " ".join(desk.get(f"/batches/{world.batches[0].pk}/").content.decode().split())
    head = html.partition('<div class="print-only print-head">')[2].partition("</div>")[0]
    assert f"<p>Batch {world.batches[0].vendor_ref}</p>" in head
    assert "14 Feb 2011" in head
    assert "for operator" in head


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"status": "settled", "since": "2011-02-01"}, "Only Status: Settled; From: 1 Feb 2011"),
        ({"q": "<b>"}, "Only Search: &lt;b&gt;"),
        ({}, ""),
        ({"status": "nonsense"}, ""),
    ],
)
def test_a_printed_list_says_what_it_is_narrowed_to(desk, world, query, said):
    html = desk.get("/transactions/", query).content.decode()
    assert said in html
    assert ("print-filter" in html) is bool(said)
