import pytest
from django.test import Client

from audit.roles import Role
from console.models import SavedView
from console.views import saved
from tests.pages import htmx
from tests.world import person

pytestmark = pytest.mark.django_db
WANTED = {
    "path": "/transactions/",
    "query": "status=settled&page=abc&cols=kind",
    "name": "My settled ones",
}


def menu(client):
    return client.get("/views/", {"path": "/transactions/"}).content.decode()


def test_a_view_keeps_filter_and_columns_and_no_page(desk, world):
    response = desk.post("/views/", WANTED)
    assert response.headers["Location"] == "/transactions/?status=settled&cols=kind"
    assert "My settled ones" in menu(desk)


def test_the_same_name_again_is_overwritten(desk, world):
    desk.post("/views/", WANTED)
    desk.post("/views/", {**WANTED, "query": "status=voided"})
    assert SavedView.objects.get().query == "status=voided"


def test_a_view_is_nobody_elses(desk, world):
    desk.post("/views/", WANTED)
    client = Client()
    client.force_login(person("eve", Role.VIEWER))
    assert "My settled ones" not in menu(client)
    assert client.post(f"/views/{SavedView.objects.get().pk}/forget/").status_code == 404


def test_a_view_can_be_forgotten(desk, world):
    desk.post("/views/", WANTED)
    desk.post(f"/views/{SavedView.objects.get().pk}/forget/")
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("path", ["https://elsewhere.example/", "//elsewhere.example/", "/none/"])
def test_a_view_of_no_page_of_ours_is_refused(desk, path):
    response = desk.post("/views/", {**WANTED, "path": path})
    assert response.headers["Location"] == "/"
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_refused_with_a_sentence(desk, world):
    response = desk.post("/views/", {**WANTED, "name": " "}, follow=True)
    assert "Give the view a name." in response.content.decode()


def test_a_list_keeps_so_many_views_and_no_more(desk, world, monkeypatch):
    monkeypatch.setattr(saved, "MOST_VIEWS", 1)
    desk.post("/views/", WANTED)
    response = desk.post("/views/", {**WANTED, "name": "Another"}, follow=True)
    assert "forget one first" in response.content.decode()
    assert SavedView.objects.count() == 1


def test_chosen_columns_stay_when_the_filter_changes(desk, world):
    html = desk.get("/transactions/", {"cols": ["kind"]}).content.decode()
    assert '<input type="hidden" name="cols" value="kind">' in html
    assert 'data-label="Amount"' not in html


def test_the_menu_of_no_list_of_ours_is_not_found(desk):
    assert desk.get("/views/", {"path": "/none/"}).status_code == 404


def test_the_menu_is_a_fragment_for_its_list(desk, world):
    html = desk.get("/views/", {"path": "/transactions/"}, headers=htmx("views")).content.decode()
    assert html.strip().startswith('<div id="views"')
