"""Pages on paper: no frame, what, when and who on top, whole tables, light whatever the theme."""

import pytest

from tests.pages import pages

pytestmark = pytest.mark.browser
#: The width of a page of A4 between its margins, upright and on its side, in CSS pixels.
UPRIGHT, SIDEWAYS = 703, 1031
FRAME = (".topbar", ".sidebar", ".filters", ".help-menu", ".list-tools", "main button")


def printed(page, url, width=UPRIGHT):
    page.goto(url)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": width, "height": 1000})


def test_a_page_on_paper_has_no_frame_and_says_what_when_and_who(open_page, world):
    page = open_page()
    printed(page, f"/batches/{world.batches[0].pk}/")
    for selector in FRAME:
        assert not page.locator(f"{selector}:visible").count(), selector
    head = page.locator(".print-head").inner_text()
    for words in (f"Batch {world.batches[0].vendor_ref}", "Business day", "for operator", "Demo"):
        assert words in head


def test_no_page_is_wider_than_its_paper(open_page, world):
    page = open_page()
    wide = []
    for name, url in pages(world).items():
        page.emulate_media(media="screen")
        page.goto(url)
        is_list = page.locator("body.fit").count()
        printed(page, url, SIDEWAYS if is_list else UPRIGHT)
        room = SIDEWAYS if is_list else UPRIGHT
        if page.evaluate("document.documentElement.scrollWidth") > room:
            wide.append(name)
    assert wide == []


def test_a_list_on_paper_is_a_table_and_says_what_it_leaves_out(open_page, world):
    page = open_page()
    printed(page, "/transactions/?status=settled", SIDEWAYS)
    assert page.locator(".rows thead th").first.is_visible()
    assert page.locator(".print-filter").inner_text() == "Only Status: Settled"
    assert "18 rows of 18" in page.locator(".count:visible").inner_text()
    box = page.locator(".table-box")
    assert box.evaluate("each => getComputedStyle(each).overflow") == "visible"


def test_a_certificate_prints_light_from_a_dark_screen(open_page, world):
    page = open_page(theme="dark")
    printed(page, f"/batches/{world.batches[0].pk}/certificates/1/")
    colour = "each => getComputedStyle(each).color"
    assert page.locator("h1").evaluate(colour) == "rgb(21, 32, 34)"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
