import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("url", ["/log-in/", "/", "/no-such-page/", "/api/v1/health/live"])
def test_no_browser_keeps_a_page(client, url):
    assert "no-store" in client.get(url)["Cache-Control"]
