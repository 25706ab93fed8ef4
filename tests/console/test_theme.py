import pytest

from tests.world import operator


@pytest.fixture
def page(client, db):
    client.force_login(operator())

    def load():
        return client.get("/connections/").content.decode()

    return load


def test_without_a_choice_the_system_decides(page):
    assert 'data-theme="auto"' in page()


def test_the_server_reads_the_chosen_theme(client, page):
    response = client.post("/theme/", {"theme": "dark", "next": "/transactions/"})
    assert response["Location"] == "/transactions/"
    assert 'data-theme="dark"' in page()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_the_way_back_never_leaves_the_site(client, elsewhere):
    assert client.post("/theme/", {"theme": "dark", "next": elsewhere})["Location"] == "/"


def test_a_theme_that_does_not_exist_is_auto(client, page):
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="auto"' in page()
