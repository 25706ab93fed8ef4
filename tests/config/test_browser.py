import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_system_pages_open_by_our_log_in_under_the_strict_policy(
    live_server, browser, admin_user
):
    page = browser.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(live_server.url + reverse("admin:index"))
    page.fill("#id_username", admin_user.username)
    page.fill("#id_password", "password")
    page.click(".gate-form button")
    page.wait_for_selector("#user-tools")
    assert not [text for text in refused if "Content Security Policy" in text]
    serious = {"serious", "critical"}
    found = Axe().run(page).response["violations"]
    assert not [each["id"] for each in found if each["impact"] in serious]
    page.close()
