import pytest
from django.test import Client
from playwright.sync_api import expect

from tests.clock import business_day  # noqa: F401
from tests.hub import gateway_database, hub, sage_copy, sage_template  # noqa: F401
from tests.kept_world import kept_world
from tests.world import operator

# A busy machine is no finding: what never comes is one after this.
PATIENT_MS = 30_000
expect.set_options(timeout=PATIENT_MS)


@pytest.fixture
def world(transactional_db, business_day, settings):  # noqa: F811
    settings.TIEOUT_MODE = "demo"
    return kept_world(days=6, per_day=3)


@pytest.fixture
def new_page(browser, live_server):
    """A page nobody is logged in at; what the policy blocks or breaks is collected."""
    contexts = []

    def start(width=1440, height=900, **cookies):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        context.set_default_timeout(2 * PATIENT_MS)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_server.url}
                for name, value in cookies.items()
            ]
        )
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: _note(page, message))
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(new_page, world, settings):
    """A page that an operator is logged in at."""

    def start(width=1440, height=900, theme="light", user=None, **cookies):
        client = Client()
        client.force_login(user or operator())
        name = settings.SESSION_COOKIE_NAME
        signed = {name: client.cookies[name].value}
        return new_page(width, height, theme=theme, **signed, **cookies)

    return start


def _note(page, message):
    """The browser logs every 4xx as an error: those are answers that tests ask for."""
    if message.type == "error" and "the server responded with a status of 4" not in message.text:
        page.complaints.append(message.text)
