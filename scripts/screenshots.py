"""Take pictures of every page of a running Tieout, light and dark, wide and on a phone.

    python scripts/screenshots.py FOLDER --address http://127.0.0.1:8000 --user operator

The password is read from TIEOUT_SCREENSHOT_PASSWORD. Rows for the detail pages are the first ones
of their lists; a list that is empty leaves its details out and says so, and so does a page that
scrolls sideways, or a part of it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

LISTS = {
    "dashboard": "/",
    "transactions": "/transactions/",
    "batches": "/batches/",
    "bank-lines": "/bank-lines/",
    "orders": "/orders/",
    "orders-upload": "/orders/upload/",
    "postings": "/postings/",
    "documents": "/documents/",
    "exceptions": "/exceptions/",
    "exceptions-many": "/exceptions/bulk/",
    "spreadsheets": "/exceptions/sheets/",
    "owners": "/exceptions/owners/",
    "limits": "/exceptions/limits/",
    "runs": "/exceptions/runs/",
    "find": "/find/?q=0000",
    "replay": "/postings/replay/",
    "alerts": "/alerts/",
    "censuses": "/censuses/",
    "completeness": "/completeness/",
    "envelopes": "/envelopes/",
    "customers": "/customers/",
    "customers-review": "/customers/review/",
    "customers-merges": "/customers/merges/",
    "rates": "/rates/",
    "rates-upload": "/rates/upload/",
    "connections": "/connections/",
    "connection-new": "/connections/new/",
    "pair-new": "/pairs/new/",
    "rule-sets": "/rule-sets/",
    "rule-set-new": "/rule-sets/new/",
    "connection-changes": "/connection-changes/",
    "alert-settings": "/settings/alerts/",
    "people": "/people/",
    "roles": "/roles/",
    "keys": "/keys/",
    "invite": "/people/invite/",
    "profile": "/profile/",
    "second-factor": "/profile/second-factor/",
    "audit": "/audit/",
    "statement-upload": "/statements/upload/",
    "not-found": "/nothing-here/",
}
DETAILS = {
    "transaction": ("/transactions/?status=settled", "[data-row] a"),
    "batch": ("/batches/?state=tied_out", "[data-row] a"),
    "batch-discrepant": ("/batches/?state=discrepant", "[data-row] a"),
    "certificate": ("/batches/?state=tied_out", "[data-row] a >> .page-head .actions a"),
    "order": ("/orders/", "[data-row] a"),
    "posting": ("/postings/", "[data-row] a"),
    "posting-held": ("/postings/?state=held", "[data-row] a"),
    "document": ("/documents/?kind=receipt", "[data-row] a"),
    "document-journal": ("/documents/?kind=deposit", "[data-row] a"),
    "document-batch": ("/documents/?kind=erp_batch", "[data-row] a"),
    "exception-alike": ("/exceptions/", "[data-row] a >> #panel a[href*='/alike/']"),
    "connection": ("/connections/", "[data-row] a"),
    "pair": ("/connections/", "main a[href^='/pairs/']"),
    "rule-set": ("/rule-sets/", "[data-row] a"),
    "rule-trial": ("/rule-sets/", "[data-row] a >> main a[href*='/try/']"),
    "risk-new": (
        "/rule-sets/",
        "[data-row] a >> main a[href$='/edit/'] >> main a[href*='/risks/rows/add/']",
    ),
    "field-map": ("/rule-sets/", "[data-row] a >> main a[href*='/fields/']"),
    "rules-replayed": ("/rule-sets/", "[data-row] a >> main a[href*='/replay/']"),
    "day": ("/completeness/", "main a[href^='/completeness/']"),
    "customer": ("/customers/", "[data-row] a"),
    "customer-review": ("/customers/review/", "[data-row] a"),
    "customer-new": ("/customers/review/", "[data-row] a >> #panel a[href^='/customers/new/']"),
    "customers-policy": ("/customers/", "main a[href^='/customers/policy/']"),
    "alert": ("/alerts/", "[data-row] a"),
    "envelope": ("/envelopes/", "[data-row] a"),
    "audit-entry": ("/audit/", "[data-row] a"),
    "census": ("/censuses/", "[data-row] a"),
    "person": ("/people/", "[data-row] a"),
}
#: One picture for each choice of a list's filter: the first row behind it, named after the choice.
CHOICES = {"exception": ("/exceptions/", "reason")}


@dataclass(frozen=True)
class Look:
    """How the pages are looked at; its name is the folder."""

    name: str
    theme: str
    width: int
    height: int


LOOKS = (
    Look("light", "light", 1440, 900),
    Look("dark", "dark", 1440, 900),
    Look("phone", "light", 390, 844),
    Look("phone-dark", "dark", 390, 844),
)

FORBIDDEN = 403
#: What can be scrolled sideways, and how far: a reader who does not see that misses what is there.
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll("main *")]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .filter(each => each === document.documentElement
        || ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
    .map(each => [each.className || each.tagName, each.scrollWidth - each.clientWidth])"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--address", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="operator")
    parser.add_argument("--look", choices=[look.name for look in LOOKS], help="only this one")
    given = parser.parse_args()
    password = os.environ.get("TIEOUT_SCREENSHOT_PASSWORD", "")
    if not password:
        sys.exit("Set TIEOUT_SCREENSHOT_PASSWORD to the password of the user.")
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--disable-background-networking", "--disable-sync", *sandbox],
        )
        for look in (look for look in LOOKS if given.look in (None, look.name)):
            take(browser, look, given.address, (given.user, password), given.folder / look.name)
        browser.close()


def take(browser: Browser, look: Look, address: str, log_in: tuple[str, str], folder: Path) -> None:
    """All pages in one look. The pictures lie in `folder`, named like their pages."""
    folder.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(
        base_url=address, viewport={"width": look.width, "height": look.height}
    )
    context.add_cookies([{"name": "theme", "value": look.theme, "url": address}])
    page = context.new_page()
    page.goto("/accounts/login/")
    picture(page, folder, "log-in")
    page.fill("#id_username", log_in[0])
    page.fill("#id_password", log_in[1])
    page.click(".gate-form button")
    page.wait_for_selector(".topbar")
    for name, url in LISTS.items():
        answer = page.goto(url)
        if answer is not None and answer.status == FORBIDDEN:
            sys.stderr.write(f"{look.name}: {name} is not for this user\n")
            continue
        picture(page, folder, name)
    for name, (url, clicks) in DETAILS.items():
        page.goto(url)
        if follow(page, clicks.split(" >> ")):
            picture(page, folder, name)
        else:
            sys.stderr.write(f"{look.name}: no row for {name}\n")
    for name, (url, key) in CHOICES.items():
        page.goto(url)
        choices = page.locator(f"#id_{key} optgroup").first.locator("option").all()
        for value in [str(choice.get_attribute("value")) for choice in choices]:
            page.goto(f"{url}?{key}={value}")
            if follow(page, ["[data-row] a"]):
                picture(page, folder, f"{name}-{value}")
    context.close()


def follow(page: Page, selectors: list[str]) -> bool:
    """Open the first link of each selector in turn; False when one has none."""
    for selector in selectors:
        link = page.locator(selector).first
        if not link.count():
            return False
        page.goto(str(link.get_attribute("href")))
    return True


def picture(page: Page, folder: Path, name: str) -> None:
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    for part, pixels in page.evaluate(SIDEWAYS):
        sys.stderr.write(f"{folder.name}: {name}, {part} scrolls sideways by {pixels} px\n")


if __name__ == "__main__":
    main()
