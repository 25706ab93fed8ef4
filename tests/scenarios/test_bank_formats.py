"""The main story with statements in each format, from the sandbox bank's own pen."""

from decimal import Decimal

import pytest

from config.demo.seed import FORMATS
from integrations.models import Envelope
from integrations.sandbox.world.statement import Line, deliver, file_name
from integrations.sandbox.world.statement_styles import ACCOUNT, STYLES
from reconciliation.models import BankLine
from tests.hub import Hub


@pytest.fixture(params=FORMATS)
def bank(hub: Hub, request):
    """A bank that gives this format: call it with (reference, amount) of each line."""
    row = hub.pair.bank
    row.connector = "bank_file"
    row.settings = {
        "format": FORMATS[request.param],
        "folder": str(hub.statements),
        "account": "Operating bank",
        "account_number": ACCOUNT,
    }
    row.save()
    style = STYLES[request.param]

    def give(*lines, damaged=None, name="", other=""):
        balance, written = Decimal(1000), []
        for number, (reference, amount) in enumerate(lines, start=1):
            balance += Decimal(amount)
            text = "MERCHANT DEPOSIT" if reference else "RENT"
            given = number, hub.day, text, reference, Decimal(amount), balance
            written.append(Line(*given))
        body = style.write(written, damaged).replace("\n99,", f"\n{other}99,")
        deliver(hub.statements, name or file_name(hub.day, style.suffix), body)
        hub.afternoon()

    return give


def sold(hub: Hub) -> str:
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    return f"BATCH {hub.batch.vendor_ref}"


def test_the_day_ties_out(hub: Hub, bank):
    bank((sold(hub), "96.80"), ("", "-2400.00"))
    assert (hub.batch.state, hub.reasons()) == ("tied_out", [])
    assert hub.ledger()["1000-00"] == "96.80"
    lines = BankLine.objects.order_by("id").values_list("booked_on", "amount", "state")
    assert list(lines) == [
        (hub.day, Decimal("96.80"), "matched"),
        (hub.day, Decimal(-2400), "ignored"),
    ]


def test_a_fee_that_differs_is_named_and_posted(hub: Hub, bank):
    bank((sold(hub), "96.15"))
    assert (hub.batch.state, hub.reasons()) == ("discrepant", ["fee_differs"])


def test_a_damaged_entry_is_set_aside_and_healed_by_the_next_file_with_its_day(hub: Hub, bank):
    named = sold(hub)
    lines = (("BATCH 4", "7.00"), (named, "96.80"))
    bank(*lines, damaged=2)
    assert (hub.batch.state, hub.reasons()) == ("waiting", ["unreadable_statement_line"])
    bank(*lines, name="z-clean")
    hub.settle()
    assert hub.batch.state == "tied_out"
    assert hub.reasons("resolved") == ["unreadable_statement_line"]


def test_lines_that_come_again_in_a_longer_file_are_duplicates(hub: Hub, bank):
    named = sold(hub)
    bank((named, "96.80"))
    bank((named, "96.80"), ("BATCH 90001", "5.00"), name="z-longer")
    hub.settle()
    assert hub.ends("bank_line") == ["booked", "booked", "duplicate"]
    assert hub.ledger()["1000-00"] == "96.80"


OTHER = """02,TIEOUT,BANK,1,101203,,USD,2/
03,999,USD,,,,/
16,165,100,0,,,X/
49,100,3/
98,100,1,5/
"""


@pytest.mark.parametrize("bank", ["bai2"], indirect=True)
def test_what_is_rightly_left_out_of_a_file_does_not_keep_it_from_healing(hub: Hub, bank):
    lines = (("BATCH 4", "7.00"), (sold(hub), "96.80"))
    bank(*lines, damaged=2)
    bank(*lines, name="z-clean", other=OTHER)
    hub.settle()
    assert hub.reasons("resolved") == ["unreadable_statement_line"]
    problem = Envelope.objects.get(name="z-clean").problem
    assert problem.startswith("1 entry was left out, of account 999 in USD")
