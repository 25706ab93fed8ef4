"""A field map is made by mouse, and the same one by the keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from audit.roles import Role
from mapping.models import FieldRule
from tests.browser.hands import Keyboard
from tests.browser.looks import LOOKS, findings
from tests.builders import FieldRuleFactory
from tests.mapping.drafts import draft
from tests.world import person

pytestmark = pytest.mark.browser
COMMENT = 'concat(reference_1, " ", case(method, "upper"))'


@pytest.fixture
def version(world):
    return draft(pair=world.pair)


@pytest.fixture
def start(open_page, version):
    def start(wrap=lambda page: page, **look):
        page = open_page(user=person("mara", Role.MAPPER), **look)
        hand = wrap(page)
        page.goto(f"/rule-sets/{version.pk}/fields/")
        return page, hand

    return start


def formulas(version):
    rows = FieldRule.objects.filter(version=version).order_by("position")
    return list(rows.values_list("target", "formula"))


def drag(page, source, target):
    page.locator(f'[data-source="{source}"] .map-type').hover()
    page.mouse.down()
    page.locator(f'[data-target="{target}"] .map-row').first.hover()
    expect(page.locator(".map-lines .is-loose")).to_have_count(1)
    page.mouse.up()


def test_a_map_is_made_by_the_mouse(start, version):
    page, _ = start()
    expect(page.locator(".map-lines .is-default")).to_have_count(5)
    drag(page, "reference_1", "receipt.comment")
    expect(page.get_by_role("heading", name="Cash receipt: comment")).to_be_focused()
    expect(page.locator(".map-lines path:not(.is-default)")).to_have_count(1)
    page.get_by_role("button", name="Card or method").click()
    page.get_by_role("button", name="into Cash receipt: comment").click()
    expect(page.locator(".map-lines path:not(.is-default)")).to_have_count(2)
    page.get_by_text("Capitals", exact=True).click()
    page.locator("#id_case_part").select_option(label="Card or method")
    page.get_by_role("button", name=re.compile("Apply.*Capitals")).click()
    expect(page.locator("#map-panel .notice-success")).to_have_text("The row was changed.")
    assert formulas(version) == [("receipt.comment", COMMENT)]
    assert page.complaints == []


def test_what_is_typed_is_previewed_before_it_is_kept(start, version):
    row = FieldRuleFactory(version=version, position=1, formula="method")
    page, _ = start()
    page.get_by_role("link", name="Comment of the cash receipt").click()
    page.get_by_label("Formula").fill('concat("Paid ", ' + "reference_1, " * 9 + "method)")
    expect(page.locator("#map-preview")).to_contain_text("would be held")
    expect(page.locator("#map-preview")).to_contain_text("too many")
    page.get_by_label("Formula").fill("slice(method, 1")
    expect(page.locator("#map-preview")).to_contain_text("closing bracket of slice is missing")
    row.refresh_from_db()
    assert row.formula == "method"
    assert page.complaints == []


def test_the_same_map_is_made_by_the_keyboard(start, version):
    page, hand = start(Keyboard)
    hand.follow("Comment of the cash receipt")
    hand.enter(page.get_by_label("Field of the payment"))
    page.keyboard.type("Reference, as typed")
    hand.press("Put it here", within="#map-panel")
    expect(page.locator("#map-panel .notice-success")).to_have_text("The field is mapped.")
    hand.write("Formula", COMMENT)
    hand.press("Keep")
    expect(page.locator("#map-panel .notice-success")).to_have_text("The row was changed.")
    assert formulas(version) == [("receipt.comment", COMMENT)]
    assert page.complaints == []


def test_the_rule_table_does_the_same_job_by_the_keyboard(start, version):
    page, hand = start(Keyboard)
    hand.follow("Rule table")
    expect(page).to_have_url(re.compile("/edit/#rules-fields"))
    hand.follow("Add a row to Fields of documents")
    hand.enter(page.get_by_label("Field of the document"))
    page.keyboard.type("Cash receipt: comment")
    hand.write("What stands there", COMMENT)
    hand.press("Add", within="#rules-fields form.row-form")
    expect(page.locator("#rules-fields")).to_contain_text("Row 1 was added.")
    assert formulas(version) == [("receipt.comment", COMMENT)]
    assert page.complaints == []


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_map_with_a_field_in_hand_has_no_serious_finding(start, version, theme, width):
    FieldRuleFactory(version=version, position=1, formula=COMMENT, method="Visa")
    FieldRuleFactory(
        version=version, position=2, formula=f"concat({COMMENT}, {'transaction_id, ' * 9}method)"
    )
    page, _ = start(theme=theme, width=width)
    found = findings(page)
    page.get_by_role("link", name="Comment of the cash receipt").click()
    expect(page.locator("#id_keep_text")).to_be_visible()
    for step in page.locator(".map-steps summary").all():
        step.click()
    found += findings(page)
    assert found == []
    assert page.complaints == []
