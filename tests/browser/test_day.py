"""A finance manager's day from log-in to proof, with a mouse and with the keyboard alone."""

import re
import time
from hashlib import sha256

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import expect

from config.demo.seed import PASSWORD
from config.models import SealedDevice
from tests.browser.hands import Keyboard, Mouse

pytestmark = pytest.mark.browser
CUSTOMER, INVOICE = "13047", "536366"


@pytest.fixture
def morning(transactional_db, hub, settings):
    """Yesterday's batch has closed; one of its two payments is of a payer whom nobody knows."""
    settings.TIEOUT_TOTP_REQUIRED = True
    settings.TIEOUT_MODE = "demo"
    hub.invoice("536365", "100.00")
    hub.invoice(INVOICE, "50.00", CUSTOMER)
    hub.sale("100.00", "536365")
    hub.stray = hub.sale("50.00", customer="walk-in")
    hub.settle()
    return hub


@pytest.fixture
def statement(morning, tmp_path):
    """What the bank sends: the batch's deposit."""
    line = f"{morning.day},MERCHANT DEPOSIT,BATCH {morning.batch.vendor_ref},145.05,"
    path = tmp_path / "statement.csv"
    path.write_text(f"date,description,reference,amount,balance\n{line}\n")
    return path


def code(ahead=0):
    """What the app on the phone shows; `ahead` codes later, for each is taken once."""
    device = SealedDevice.objects.get(user__username="demo-finance")
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + ahead * device.step
    return f"{totp.token():06d}"


def logs_in(hand):
    hand.page.goto("/")
    hand.write("User name", "demo-finance")
    hand.write("Password", PASSWORD, enter=True)


def sets_the_second_factor_up(hand):
    hand.sees("Set up the second factor")
    hand.write("Code", code())
    hand.press("Confirm")
    hand.sees("Recovery codes")
    hand.follow("I have kept them")


def works_on(hand, hub, button, label, text):
    """The item of the stray payment: open it, fill in what is asked for, see it resolved."""
    hand.sees("Exceptions")
    hand.open_row(hub.stray)
    panel = hand.page.locator("#panel")
    expect(panel.locator("h2")).to_be_focused()
    hand.write(label, text)
    hand.press(button)
    expect(panel).to_contain_text("Resolved")
    expect(panel.locator("h2")).to_be_focused()
    hub.run()


def places_the_payment(hand, hub):
    """First whose money it is, then what it pays."""
    hand.follow("Work on exceptions")
    works_on(hand, hub, "Link and post", "ERP customer", CUSTOMER)
    hand.follow("Exceptions", within="nav")
    works_on(hand, hub, "Link and post", "Invoice", INVOICE)
    assert hub.balance(INVOICE) == "0.00"
    hand.find(hub.stray)
    hand.sees(f"Transaction {hub.stray}")


def brings_the_statement(hand, hub, path):
    hand.follow("Bank lines", within="nav")
    hand.follow("Upload a statement")
    hand.hand_in("Statement file", path)
    hand.press("Upload")
    expect(hand.page.locator("#reading")).to_contain_text("Being read")
    hub.run()
    expect(hand.page.locator("#reading .figure").first).to_contain_text("New lines1")


def takes_the_proof(hand, hub):
    """What was downloaded is what the certificate's hash is of."""
    hand.follow("Settlement batches", within="nav")
    hand.sees("Settlement batches")
    hand.narrow(hub.batch.vendor_ref)
    expect(hand.page).to_have_url(re.compile("q="))
    # The address changes first: a row that is opened before the swap is not there any more.
    expect(hand.page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    hand.open_row("Tied out")
    hand.sees(f"Batch {hub.batch.vendor_ref}")
    hand.follow("Certificate", within="main")
    hand.sees("Tie-out certificate")
    shown = hand.page.locator(".seal").inner_text()
    assert sha256(hand.take("Download the proof")).hexdigest() == shown


def logs_out_and_comes_back(hand):
    """The next time, the app is asked for its code."""
    hand.press("Log out")
    hand.sees("Log in")
    logs_in(hand)
    hand.sees("Code")
    hand.write("Six digits, or a recovery code", code(ahead=1), enter=True)


@pytest.mark.parametrize("kind", [Mouse, Keyboard])
def test_a_day_from_the_log_in_to_the_proof(kind, morning, statement, new_page):
    hand = kind(new_page())
    logs_in(hand)
    sets_the_second_factor_up(hand)
    hand.sees("1 exception")
    places_the_payment(hand, morning)
    brings_the_statement(hand, morning, statement)
    takes_the_proof(hand, morning)
    logs_out_and_comes_back(hand)
    hand.sees("Everything is tied out")
    hand.press("Log out")
    hand.sees("Log in")
    assert hand.page.complaints == []
