"""Pages that no list leads to: doors, refusals, empty ones, forms that were filled in wrongly."""

import time

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import resolve
from django_otp.oath import TOTP
from playwright.sync_api import expect

from audit.people import link_path
from audit.roles import Role
from config.models import SealedDevice
from tests.browser.looks import LOOKS, findings
from tests.builders import PASSWORD, ConnectionDraftFactory
from tests.console.test_permission_matrix import MATRIX
from tests.world import operator, person

pytestmark = [pytest.mark.browser, pytest.mark.parametrize(("theme", "width"), LOOKS)]
#: No pages: calls, doors, and what a browser shows inside a page.
NO_PAGES = (
    *("api/", "accounts/", "system/", "^", "profile/second-factor/picture/"),
    *("exceptions/sheets/export/",),
)
#: Forms, by their page, that come back with errors when they are handed in as they stand.
FORMS = (
    "/profile/",
    "/statements/upload/",
    "/keys/",
    "/people/invite/",
    "/settings/alerts/routes/new/",
    "/pairs/new/",
)


@pytest.fixture
def page(new_page, transactional_db, settings, theme, width):
    settings.TIEOUT_MODE = "demo"
    return new_page(width, theme=theme)


@pytest.fixture
def logged_in(page, live_server, settings):
    """The page, with somebody logged in at it."""

    def start(user):
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        session = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
        page.context.add_cookies([session])
        return page

    return start


def everybody():
    user = person("all", *Role)
    assert user.groups.count() == Group.objects.count()
    return user


def is_page(path):
    """Whether it is there to be looked at; some only take what a form hands in."""
    view = resolve(f"/{path}").func
    return hasattr(getattr(view, "view_class", None), "get")


def hand_in(page, form="main form.stacked"):
    """Without what the browser itself would ask for."""
    page.locator(form).first.evaluate("form => { form.noValidate = true; form.requestSubmit() }")
    expect(page.locator(".error, main [role=alert]").first).to_be_visible()


def test_the_doors(page, settings):
    settings.TIEOUT_TOTP_REQUIRED = True
    user = operator()
    found = []
    page.goto("/accounts/login/?idle=1")
    found += findings(page)
    log_in(page)
    found += findings(page)  # setting the second factor up
    page.fill("#id_code", "000000")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_be_visible()
    found += findings(page)
    # A wrong code makes the next one wait a second; this is not about waiting.
    SealedDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    page.fill("#id_code", code_of(user))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes")).to_be_visible()
    found += findings(page)
    page.goto("/profile/second-factor/")
    found += findings(page)  # new recovery codes
    page.goto("/profile/")
    page.click("text=Log out")
    log_in(page)
    found += findings(page)  # the code
    page.fill("#id_code", "000000")
    page.keyboard.press("Enter")
    expect(page.locator("[role=alert]")).to_be_visible()
    found += findings(page)
    assert found == []
    assert page.complaints == []


def log_in(page):
    page.fill("#id_username", "operator")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#id_code")).to_be_visible()


def code_of(user):
    device = SealedDevice.objects.get(user=user)
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time()
    return f"{totp.token():06d}"


def test_an_invitation(page):
    found = []
    address = link_path(operator())
    for url in (address, "/accounts/password/MQ/a-b/"):
        page.goto(url)
        found += findings(page)
    page.goto(address)
    page.fill("input[type=password] >> nth=0", "short")
    page.fill("input[type=password] >> nth=1", "other")
    hand_in(page, "form")
    found += findings(page)
    assert found == []
    assert page.complaints == []


def test_what_is_refused_not_there_or_fails(logged_in, monkeypatch):
    page = logged_in(operator())
    found = []
    monkeypatch.setattr("config.views.overview", lambda now: 1 / 0)
    for url, status in (("/people/", 403), ("/nothing-here/", 404), ("/", 500)):
        assert page.goto(url).status == status
        found += findings(page)
    assert found == []
    assert [text for text in page.complaints if "status of 500" not in text] == []


def test_every_page_while_there_is_nothing_yet(logged_in):
    page = logged_in(everybody())
    found = []
    for path in MATRIX:
        if "<" in path or path.startswith(NO_PAGES) or not is_page(path):
            continue
        page.goto(f"/{path}")
        found += findings(page)
    assert found == []
    assert page.complaints == []


def test_forms_that_were_filled_in_wrongly(logged_in):
    page = logged_in(everybody())
    draft = ConnectionDraftFactory(owner=User.objects.get(), connector="paytrace", settings={})
    found = []
    for url in (*FORMS, f"/connections/drafts/{draft.pk}/settings/"):
        page.goto(url)
        hand_in(page)
        found += findings(page)
        wrong = page.locator("main [aria-invalid=true]")
        if wrong.count():
            expect(wrong.first).to_be_focused()
    assert found == []
    assert page.complaints == []
