"""Rules are changed in place and by the keyboard alone."""

import pytest
from playwright.sync_api import expect

from audit.roles import Role
from mapping.kinds import KINDS
from tests import builders
from tests.mapping.drafts import draft
from tests.world import person

pytestmark = pytest.mark.browser
METHODS = KINDS["methods"]


@pytest.fixture
def version(world):
    version = draft()
    for position, method in enumerate(("Visa", "Amex", "Diners"), start=1):
        builders.MethodRuleFactory(version=version, position=position, method=method)
    return version


@pytest.fixture
def page(open_page, version):
    page = open_page(user=person("mara", Role.MAPPER))
    page.goto(f"/rule-sets/{version.pk}/edit/")
    yield page
    assert page.complaints == []


def brands(version):
    return [row.method for row in METHODS.objects(version)]


def test_a_row_is_moved_by_its_buttons_and_by_keys_and_keeps_the_focus(page, version):
    rows = page.locator("#rules-methods .rule-rows > li")
    page.get_by_role("button", name="Move row 3 up").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(1)).to_contain_text("Diners")
    expect(page.get_by_role("button", name="Move row 2 up")).to_be_focused()
    page.keyboard.press("Alt+End")
    expect(rows.nth(2)).to_contain_text("Diners")
    page.keyboard.press("Alt+Home")
    expect(rows.nth(0)).to_contain_text("Diners")
    assert brands(version) == ["Diners", "Visa", "Amex"]


def test_a_row_is_added_in_place(page, version):
    page.get_by_role("link", name="Add a row to Payment methods").press("Enter")
    expect(page.locator("#rules-methods h3")).to_be_focused()
    page.fill("#id_methods_method", "JCB")
    page.locator("#rules-methods button.primary").press("Enter")
    expect(page.locator("#rules-methods [role=alert]")).to_contain_text("This field is required.")
    page.fill("#id_methods_erp_method", "JCB")
    page.locator("#rules-methods button.primary").press("Enter")
    expect(page.locator("#rules-methods")).to_contain_text("Row 4 was added.")
    assert brands(version)[-1] == "JCB"


def test_a_row_is_changed_and_removed_in_place(page, version):
    page.locator("#rules-methods a", has_text="Edit row 1").click()
    page.fill("#id_methods_erp_method", "VI")
    page.locator("#rules-methods button.primary").click()
    expect(page.locator("#rules-methods")).to_contain_text("The row was changed.")
    page.locator("#rules-methods a", has_text="Edit row 1").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#rules-methods")).to_contain_text("The row was removed.")
    assert brands(version) == ["Amex", "Diners"]
