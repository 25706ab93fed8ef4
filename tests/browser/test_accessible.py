import pytest

from audit.roles import Role
from tests.browser.looks import serious
from tests.builders import ConnectionDraftFactory
from tests.mapping.drafts import full_draft
from tests.pages import (
    admin_pages,
    auditor_pages,
    mapper_pages,
    own_pages,
    pages,
    set_up_pages,
    set_up_views,
)
from tests.world import person

pytestmark = pytest.mark.browser
#: A bank account whose statements come as files, with a mistake in what was answered.
BANK_FILE = {
    "connector": "bank_file",
    "settings": {"format": "camt053", "account_number": "DE02", "folder": "not/a/full/path"},
}
#: Lists and panels with something beside their right edge, which nobody sees who does not scroll.
HIDDEN = """() => [...document.querySelectorAll("main .table-box, main .panel")]
    .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.className)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_page_has_a_serious_finding_or_scrolls_sideways(open_page, world, theme, width):
    page = open_page(width=width, theme=theme)
    findings, wide = [], []
    special = {"wrong filter": "/transactions/?since=abc", "no result": "/batches/?q=zzz"}
    for name, url in (pages(world) | special).items():
        page.goto(url)
        findings += serious(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wide.append(name)
        wide += [f"{name}: {part}" for part in page.evaluate(HIDDEN)]
    assert findings == []
    assert wide == []
    assert page.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_log_in_has_no_serious_finding(open_page, theme):
    page = open_page(theme=theme)
    page.goto("/transactions/")
    page.click("text=Log out")
    page.fill("#id_username", "operator")
    page.fill("#id_password", "wrong")
    page.click(".gate-form button")
    assert page.locator("[role=alert]").is_visible()
    assert serious(page) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_auditors_pages_have_no_serious_finding(open_page, world, theme, width):
    page = open_page(width=width, theme=theme, user=person("auditor", Role.AUDITOR))
    findings = []
    for url in (auditor_pages(world) | own_pages(world)).values():
        page.goto(url)
        findings += serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert findings == []
    assert page.complaints == []


@pytest.mark.parametrize(("theme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_about_people_have_no_serious_finding(open_page, world, theme, width):
    page = open_page(width=width, theme=theme, user=person("anna", Role.ADMIN))
    findings = []
    for url in admin_pages(world).values():
        page.goto(url)
        findings += serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert findings == []
    assert page.complaints == []


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_setting_connections_up_has_no_serious_finding(open_page, world, theme, width):
    ann = person("ann", Role.ADMIN)
    draft = ConnectionDraftFactory(owner=ann, connector="paytrace", settings={})
    of_files = set_up_pages(world, ConnectionDraftFactory(owner=ann, **BANK_FILE))
    page = open_page(width=width, theme=theme, user=ann)
    findings = []
    urls = [*set_up_pages(world, draft).values(), *set_up_views(world).values()]
    for url in urls + list(of_files.values()):
        page.goto(url)
        findings += serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert findings == []
    assert page.complaints == []


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1440)])
def test_changing_rules_has_no_serious_finding(open_page, world, theme, width):
    page = open_page(width=width, theme=theme, user=person("mara", Role.MAPPER))
    findings = []
    for url in mapper_pages(full_draft()).values():
        page.goto(url)
        findings += serious(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    assert findings == []
    assert page.complaints == []
