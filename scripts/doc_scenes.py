"""What each person does in the pictures of docs/for/: the real pages, driven like a user would.

A scene is one person's way through the console; it takes the pictures that it names. Scenes run in
this order on a demo whose story is over, because what one does the next one sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page

PASSWORD: Final = "tieout demo only"
NEWCOMER: Final = "p.nair"
NEWCOMERS_PASSWORD: Final = "seven quiet lanterns"
#: A folder that every Linux has; the picture shows it as the bank's drop folder.
FOLDER: Final = "/srv"
MOST_LOOKS: Final = 60


@dataclass
class Stage:
    """One browser page, the shots it takes, and what one scene leaves for a later one."""

    page: Page
    shoot: Callable[[Page, str], None]
    invitation: str = ""

    def shot(self, name: str, top: str = "") -> None:
        """`top`: what is to stand at the upper edge, where the beginning is not the point."""
        page = self.page
        page.wait_for_load_state("networkidle")
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement && document.activeElement.blur()")
        if top:
            page.locator(top).first.evaluate(
                "e => window.scrollTo(0, e.getBoundingClientRect().top + scrollY - 64)"
            )
        else:
            page.evaluate("window.scrollTo(0, 0)")
        self.shoot(page, name)

    def log_in(self, name: str, password: str = PASSWORD) -> None:
        self.page.context.clear_cookies(name="sessionid")
        self.page.goto("/accounts/login/")
        self.page.fill("#id_username", name)
        self.page.fill("#id_password", password)
        self.press("Log in")
        # The guided demo is for who opens the demo, and no part of a working day.
        hide = self.page.get_by_role("button", name="Hide these notes")
        if hide.count():
            hide.click()
            self.page.wait_for_load_state("networkidle")

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_load_state("networkidle")

    def follow(self, selector: str) -> None:
        self.page.goto(str(self.page.locator(selector).first.get_attribute("href")))


ROW: Final = "[data-row] a"


def operator(stage: Stage) -> None:
    page = stage.page
    page.goto("/accounts/login/")
    stage.shot("log-in")
    stage.log_in("demo-finance")
    page.goto("/")
    stage.shot("operator-dashboard")
    page.goto("/exceptions/")
    page.goto(row_of(page, "Invoice not found"))
    stage.shot("operator-exception")
    page.locator("#panel h3", has_text="What you can do").evaluate("e => e.scrollIntoView()")
    stage.shot("operator-actions")
    page.goto("/batches/?state=discrepant")
    stage.follow(ROW)
    stage.shot("operator-batch")
    write_off(stage)
    many_at_once(stage)
    take_a_census(stage)
    page.goto("/batches/?state=tied_out")
    stage.follow(ROW)
    stage.follow(".page-head .actions a")
    stage.shot("operator-certificate")


def write_off(stage: Stage) -> None:
    """Filled in and not sent: the picture after it leaves the same rest on account."""
    page = stage.page
    page.goto("/exceptions/?reason=overpaid")
    page.goto(row_of(page, "Paid too much"))
    page.locator("#panel details[open]").evaluate_all("all => all.forEach(e => { e.open = false })")
    action = page.locator("#panel details", has_text="Write off the difference")
    action.evaluate("e => { e.open = true }")
    action.get_by_label("Why").fill("Below what a letter costs.")
    action.evaluate("e => e.scrollIntoView({block: 'center'})")
    stage.shot("operator-write-off")


def take_a_census(stage: Stage) -> None:
    """So that the documents which the auditor opens have been read back."""
    page = stage.page
    page.goto("/censuses/")
    before = page.locator("[data-row]").count()
    page.locator(".actions button").first.click()
    for _ in range(MOST_LOOKS):
        page.goto("/censuses/")
        if page.locator("[data-row]").count() > before:
            return
        page.wait_for_timeout(1_000)
    raise TimeoutError("The census was not taken.")


def many_at_once(stage: Stage) -> None:
    page = stage.page
    page.goto("/exceptions/bulk/?reason=overpaid")
    page.locator("details.action", has_text="Leave on account").first.evaluate("e => e.open = true")
    stage.shot("operator-many")
    page.locator("details.action[open] button.primary").click()
    page.locator("#progress", has_text="Ended").wait_for()
    page.reload()
    stage.shot("operator-run")


def row_of(page: Page, words: str) -> str:
    """The address that the first row with these words leads to."""
    row = page.locator("[data-row]", has_text=words).first
    return str(row.locator("a").first.get_attribute("href"))


def mapper(stage: Stage) -> None:
    page = stage.page
    stage.log_in("demo-finance")
    page.goto("/rule-sets/")
    stage.follow(ROW)
    stage.shot("mapper-rules")
    stage.shot("mapper-accounts", top="#sheet-accounts")
    replays = page.url.rstrip("/") + "/replay/"
    page.goto(replays)
    page.locator("main input[type=date]").nth(0).fill("2010-12-01")
    page.locator("main input[type=date]").nth(1).fill("2010-12-10")
    stage.press("Try this period")
    page.locator("#progress").wait_for(state="detached", timeout=120_000)
    page.goto(replays)
    stage.shot("mapper-replays")
    edit(stage, replays.removesuffix("replay/"))


def edit(stage: Stage, version: str) -> None:
    page = stage.page
    page.goto(version)
    page.locator("summary", has_text="New draft from this").click()
    page.get_by_label("What the draft is for").fill("American Express clears by itself.")
    stage.press("Begin the draft")
    stage.shot("mapper-editor")
    map_a_field(stage, page.url.rstrip("/").removesuffix("/edit"))


def map_a_field(stage: Stage, draft: str) -> None:
    """The comment of a receipt gets the payer's words before what stands there anyway."""
    page = stage.page
    page.goto(f"{draft}/fields/?target=receipt.comment")
    page.get_by_label("Field of the payment").select_option(label="Reference, as typed")
    stage.press("Put it here")
    page.get_by_text("No row.").wait_for(state="detached")
    stage.shot("mapper-field-map")


def admin(stage: Stage) -> None:
    page = stage.page
    stage.log_in("demo-admin")
    page.goto("/people/invite/")
    page.fill("#id_username", NEWCOMER)
    page.fill("#id_email", "p.nair@example.com")
    page.get_by_label("Viewer", exact=True).check()
    stage.shot("admin-invite")
    stage.press("Invite")
    stage.invitation = page.get_by_label("Link to set the password").input_value()
    page.goto("/people/")
    stage.shot("admin-people")
    page.goto("/connections/")
    stage.shot("admin-connections")
    new_connection(stage)
    page.goto("/connections/")
    page.goto(row_of(page, "PayTrace sandbox"))
    stage.press("Test the connection")
    page.locator("#checks", has_text="Passed").wait_for(timeout=60_000)
    stage.shot("admin-connection")


def new_connection(stage: Stage) -> None:
    page = stage.page
    page.goto("/connections/new/")
    page.locator("input[value=bank_csv]").check()
    stage.press("Go on")
    page.get_by_label("Name", exact=True).fill("Reserve account")
    page.get_by_label("Account at the vendor").fill("reserve")
    page.get_by_label("Environment").select_option("production")
    page.get_by_label("Folder").fill(FOLDER)
    page.get_by_label("Bank account").fill("Reserve account")
    stage.shot("admin-settings")
    stage.press("Keep and go on")
    if page.get_by_role("button", name="Keep and go on", exact=True).count():
        stage.press("Keep and go on")
    stage.press("Test the connection")
    page.get_by_role("link", name="Go on", exact=True).wait_for(timeout=60_000)
    page.get_by_role("link", name="Go on", exact=True).click()
    page.wait_for_load_state("networkidle")
    page.get_by_label("Why", exact=False).first.fill(
        "The processor pays reserves out to an account of their own from January on."
    )
    stage.press("Hand in for approval")


def approver(stage: Stage) -> None:
    page = stage.page
    stage.log_in("demo-approver")
    page.goto("/")
    stage.shot("approver-dashboard")
    page.goto("/connection-changes/")
    stage.follow("main tbody th a")
    stage.shot("approver-change")
    stage.press("Approve and put in force")
    page.goto("/connection-changes/")
    stage.follow("main tbody th a")
    stage.shot("approver-approved")
    limits(stage)


def limits(stage: Stage) -> None:
    page = stage.page
    stage.log_in("demo-admin")
    page.goto("/exceptions/limits/")
    page.get_by_label("Write off a difference: alone up to").fill("10.00")
    page.get_by_label("Why").fill("A letter to the customer costs more than that.")
    stage.press("Hand in")
    stage.log_in("demo-approver")
    page.goto("/exceptions/limits/")
    page.get_by_role("link", name="A change waits for a second person.").click()
    stage.shot("approver-limits")


def auditor(stage: Stage) -> None:
    page = stage.page
    stage.log_in("demo-auditor")
    page.goto("/completeness/?until=2010-12-13")
    stage.shot("auditor-completeness")
    page.goto("/documents/?kind=receipt")
    stage.follow(ROW)
    stage.shot("auditor-document")
    stage.follow('main a[href^="/envelopes/"]')
    stage.shot("auditor-envelope")
    page.goto("/audit/?actor=demo-finance")
    stage.shot("auditor-log")
    stage.follow(ROW)
    stage.shot("auditor-entry")


def viewer(stage: Stage) -> None:
    page = stage.page
    page.context.clear_cookies(name="sessionid")
    page.goto(stage.invitation)
    stage.shot("viewer-password")
    for field in page.locator("input[type=password]").all():
        field.fill(NEWCOMERS_PASSWORD)
    stage.press("Keep it")
    stage.log_in(NEWCOMER, NEWCOMERS_PASSWORD)
    page.goto("/transactions/?status=settled")
    stage.shot("viewer-transactions")
    stage.follow(ROW)
    stage.shot("viewer-transaction")
    page.goto("/batches/")
    stage.shot("viewer-batches")


SCENES: Final = (operator, mapper, admin, approver, auditor, viewer)
