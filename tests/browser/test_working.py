import re

import pytest
from playwright.sync_api import expect

from reconciliation.choices import ExceptionState
from reconciliation.models import ExceptionItem
from tests.builders import PASSWORD, TransactionFactory

pytestmark = pytest.mark.browser


def test_logging_in_leads_back_to_the_page_that_was_asked_for(open_page):
    page = open_page()
    page.context.clear_cookies()
    page.goto("/batches/?state=tied_out")
    page.fill("#id_username", "operator")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/batches/\?state=tied_out$"))
    assert page.complaints == []


def test_a_filter_narrows_in_place_and_the_back_button_brings_the_whole_page(open_page, world):
    page = open_page()
    page.goto("/transactions/")
    everything = page.locator("[data-row]").count()
    page.select_option("#id_kind", "refund")
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page).to_have_url(re.compile("kind=refund"))
    page.go_back()
    expect(page.locator("[data-row]")).to_have_count(everything)
    expect(page.locator(".topbar")).to_be_visible()
    assert page.complaints == []


def test_typing_in_the_search_filters_without_losing_the_field(open_page, world):
    page = open_page()
    page.goto("/transactions/")
    page.keyboard.press("f")
    page.keyboard.type(world.refund.vendor_id)
    expect(page.locator("[data-row]")).to_have_count(1)
    assert page.evaluate("document.activeElement.name") == "q"


def test_the_row_that_one_goes_down_to_from_the_search_stays_in_hand(open_page, world):
    page = open_page()
    page.goto("/transactions/")
    page.keyboard.press("f")
    page.keyboard.type(world.sale.vendor_id)
    expect(page.locator("[data-row]")).to_have_count(1)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(600)
    assert asked == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(world.sale.vendor_id)


def test_a_slash_finds_anything_from_any_page(open_page, world):
    page = open_page()
    page.goto("/connections/")
    page.keyboard.press("/")
    page.keyboard.type(world.refund.vendor_id)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/transactions/{world.refund.pk}/"))
    assert page.complaints == []


def test_a_view_is_kept_and_found_again_from_its_menu(open_page, world):
    page = open_page()
    page.goto("/transactions/?kind=refund")
    page.click("summary:has-text('Views')")
    page.fill("#view-name", "Refunds only")
    page.click("button:has-text('Keep')")
    page.goto("/transactions/")
    page.click("summary:has-text('Views')")
    page.click("a:has-text('Refunds only')")
    expect(page).to_have_url(re.compile(r"\?kind=refund$"))
    assert page.complaints == []


def test_columns_are_chosen_in_place(open_page, world):
    page = open_page()
    page.goto("/transactions/")
    page.click("summary:has-text('Columns')")
    page.uncheck("label:has-text('Payer wrote')")
    page.click("text=Show these")
    expect(page.locator("th:has-text('Payer wrote')")).to_have_count(0)
    expect(page.locator("th:has-text('Customer name')")).to_have_count(1)


def test_a_wrong_day_says_so_in_place(open_page, world):
    page = open_page()
    page.goto("/transactions/?since=abc")
    expect(page.locator("[role=alert]")).to_contain_text("Enter a day such as 2011-02-14.")
    expect(page.locator("[data-row]")).to_have_count(0)


def test_pages_turn_in_place_and_are_addresses(open_page, world):
    TransactionFactory.create_batch(60, connection=world.gateway)
    page = open_page()
    page.goto("/transactions/")
    first = page.locator("[data-row] a").first.inner_text()
    page.click("a[rel=next]")
    expect(page.locator("[data-row] a").first).not_to_have_text(first)
    page.reload()
    expect(page.locator("[data-row] a").first).not_to_have_text(first)
    page.click("a[rel=prev]")
    expect(page.locator("[data-row] a").first).to_have_text(first)


def test_the_desk_is_worked_with_the_keyboard_and_all_parts_follow(open_page, world):
    page = open_page()
    page.goto("/exceptions/")
    badge = page.locator("#badge-exceptions")
    before = int(badge.inner_text().split()[0])
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("#panel h2")).to_be_focused()
    expect(page).to_have_url(re.compile(r"/exceptions/\d+/$"))
    pk = re.search(r"/exceptions/(\d+)/", page.url)[1]
    page.locator("#panel summary", has_text="Dismiss").press("Enter")
    page.fill("#id_dismiss_note", "The customer paid by cheque.")
    page.locator("#panel details[open] button", has_text="Dismiss").press("Enter")
    expect(page.locator(f"#row-{pk}")).to_contain_text("Dismissed")
    expect(badge).to_contain_text(str(before - 1))
    expect(page.locator("#standing")).to_contain_text(f"{before - 1} open")
    expect(page.locator("#id_reason")).to_contain_text(f"All ({before - 1})")
    assert ExceptionItem.objects.get(pk=pk).state == ExceptionState.DISMISSED
    assert page.complaints == []


def test_a_refused_form_keeps_the_panel_and_says_why(open_page, world):
    page = open_page()
    page.goto(f"/exceptions/{world.item.pk}/")
    page.locator("#panel summary", has_text="Dismiss").click()
    page.fill("#id_dismiss_note", "   ")
    page.evaluate("document.querySelector('#id_dismiss_note').removeAttribute('required')")
    page.locator("#panel details[open] button", has_text="Dismiss").click()
    expect(page.locator("#panel [role=alert]")).to_contain_text("Say why")


def test_on_a_phone_a_card_shows_what_matters_and_the_rest_when_it_is_pressed(open_page, world):
    page = open_page(width=390, height=844)
    page.goto("/transactions/")
    card = page.locator("[data-row]").first
    folded = card.locator("td[data-label='In the books']")
    expect(card.locator("td[data-label='Amount']")).to_be_visible()
    expect(folded).to_be_hidden()
    card.locator("[data-unfold]").press("Enter")
    expect(folded).to_be_visible()
    expect(card.locator("[data-unfold]")).to_have_attribute("aria-expanded", "true")
    card.locator("td[data-label='Amount']").click()
    expect(folded).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(folded).to_be_visible()


def test_on_a_phone_filters_are_folded_and_said(open_page, world):
    page = open_page(width=390, height=844)
    page.goto("/exceptions/")
    expect(page.locator("#id_q")).to_be_visible()
    expect(page.locator("#id_age")).to_be_hidden()
    page.click("[data-filters]")
    page.select_option("#id_state", "any")
    expect(page.locator(".print-filter")).to_have_text("Only State: Any")
    page.click("[data-unfold] >> nth=0")
    expect(page.locator("[data-row] td[data-label='Owner']").first).to_be_visible()
    assert page.complaints == []


def test_on_a_phone_the_panel_takes_the_place_of_the_list_and_gives_it_back(open_page, world):
    page = open_page(width=390, height=844)
    page.goto("/exceptions/")
    page.locator("[data-row] a").first.click()
    expect(page.locator("#panel h2")).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    page.locator("#panel .closing").click()
    expect(page.locator("#list")).to_be_visible()


def test_the_menu_unfolds_on_a_phone(open_page):
    page = open_page(width=390, height=844)
    page.goto("/connections/")
    expect(page.locator("#nav")).to_be_hidden()
    page.click("[data-menu]")
    page.click("#nav >> text=Postings")
    expect(page).to_have_url(re.compile("/postings/"))


def test_a_day_of_the_chart_leads_to_its_rows(open_page, world):
    page = open_page()
    page.goto("/")
    page.locator(".bar-group").last.click()
    expect(page).to_have_url(re.compile("since=2011-02-14&until=2011-02-14"))
    assert page.locator("[data-row]").count() == 5


def test_the_theme_is_switched_and_stays(open_page):
    page = open_page(theme="light")
    page.goto("/connections/")
    page.click("button[name=theme]")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/batches/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_an_idle_page_leaves_for_the_log_in(open_page, settings):
    page = open_page()
    settings.SESSION_COOKIE_AGE = 2
    page.goto("/connections/")
    expect(page.locator(".gate-form")).to_contain_text("nothing happened", timeout=12_000)


def test_without_javascript_a_list_filters_and_turns_its_pages(
    browser, live_server, open_page, world
):
    TransactionFactory.create_batch(60, connection=world.gateway)
    logged_in = open_page()
    context = browser.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        storage_state=logged_in.context.storage_state(),
    )
    page = context.new_page()
    page.goto("/transactions/")
    page.select_option("#id_kind", "sale")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page).to_have_url(re.compile("kind=sale"))
    page.click("a[rel=next]")
    expect(page).to_have_url(re.compile("kind=sale.*page="))
    assert page.locator("[data-row]").count() > 0
    context.close()


def test_keys_of_a_single_character_do_nothing_once_they_are_switched_off(open_page):
    page = open_page(single_keys="off")
    page.goto("/transactions/")
    for key in ("j", "/", "f", "?"):
        page.keyboard.press(key)
    assert not page.locator("[data-row][aria-current=true]").count()
    assert not page.locator("dialog[open]").count()
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.keyboard.press("ArrowDown")
    assert page.complaints == []
