import pytest

from audit.roles import Role
from integrations.services import intake
from reconciliation.models import BankLine
from tests.hub import Hub
from tests.world import person


def sold(hub: Hub) -> str:
    """A batch of one exact sale; how the bank names it."""
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    return f"BATCH {hub.batch.vendor_ref}"


def test_a_line_without_a_name_is_matched_by_its_amount(hub: Hub):
    sold(hub)
    hub.bank(("", "96.80"))
    assert hub.batch.state == "tied_out"
    assert hub.batch.matches.get().rule == "the only batch of this amount"


def test_a_fee_that_differs_is_named_and_posted(hub: Hub):
    named = sold(hub)
    hub.bank((named, "96.15"))
    assert (hub.batch.state, hub.reasons()) == ("discrepant", ["fee_differs"])
    assert hub.ledger() == {
        "1000-00": "96.15", "1050-00": "0.00", "1200-00": "-100.00", "6200-00": "3.20",
        "6290-00": "0.65",
    }  # fmt: skip
    certificate = hub.certificate()
    assert (certificate.ties_out, certificate.body["residual"]) == (False, "0.65")
    assert certificate.body["residuals"][0]["amount"] == "-0.65"


def test_a_deposit_that_differs_otherwise_has_another_name(hub: Hub):
    hub.bank((sold(hub), "120.00"))
    assert (hub.batch.state, hub.reasons()) == ("discrepant", ["deposit_differs"])
    assert hub.ledger()["1050-00"] == "0.00"
    assert hub.ledger()["6290-00"] == "-23.20"


def test_a_missing_deposit_is_told_once_the_statements_go_past_it(hub: Hub):
    sold(hub)
    hub.pass_days(4)
    assert hub.reasons() == []
    hub.pass_days(2)
    hub.bank(("BATCH 90001", "5.00"))
    assert hub.batch.state == "discrepant"
    assert hub.reasons() == ["deposit_missing"]
    assert hub.ledger()["1050-00"] == "100.00"


def test_a_late_deposit_heals_its_batch(hub: Hub):
    named = sold(hub)
    hub.pass_days(6)
    hub.bank(("BATCH 90001", "5.00"))
    hub.settle()
    hub.bank((named, "96.80"))
    assert hub.batch.state == "tied_out"
    assert hub.reasons("resolved") == ["deposit_missing"]


def test_a_stray_deposit_is_unidentified_after_some_days(hub: Hub):
    hub.settle()
    hub.bank(("BATCH 90001", "250.00"))
    assert BankLine.objects.get().state == "new"
    hub.pass_days(5)
    line = BankLine.objects.get()
    assert (line.state, hub.reasons()) == ("unmatched", ["deposit_unmatched"])
    assert hub.ledger(f"BANK-{line.pk}") == {"1000-00": "250.00", "2300-00": "-250.00"}


def test_a_stray_deposit_of_a_batchs_amount_is_not_taken_for_it(hub: Hub):
    sold(hub)
    hub.bank(("BATCH 90001", "96.80"))
    assert hub.batch.state == "waiting"
    assert BankLine.objects.get().state == "new"


def test_a_line_waits_for_the_batch_that_it_names(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.pair.rule_sets.update(active_from="2010-12-20")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    hub.pass_days(6)
    assert hub.batch.state == "closed"
    assert BankLine.objects.get().state == "new"
    assert "deposit_unmatched" not in hub.reasons()


def test_a_statement_that_comes_twice_changes_nothing(hub: Hub):
    named = sold(hub)
    hub.bank((named, "96.80"))
    hub.deliver((named, "96.80"), name="again.csv")
    [path] = hub.statements.glob("2010*.csv")
    text = path.read_bytes()
    hub.settle()
    person("x", Role.OPERATOR)
    received = [intake.receive_file(hub.pair.bank, "x.csv", text + b"\n", "user:x") for _ in "ab"]
    hub.run()
    assert [one.is_new for one in received] == [True, False]
    assert BankLine.objects.count() == 1
    assert hub.ledger()["1000-00"] == "96.80"


def test_true_twins_on_the_bank_stay_two(hub: Hub):
    hub.settle()
    hub.bank(("", "5.00"), ("", "5.00"))
    hub.pass_days(5)
    assert BankLine.objects.filter(state="unmatched").count() == 2
    assert hub.ledger("BANK-%")["1000-00"] == "10.00"


def test_an_unreadable_line_is_shown_and_the_others_go_on(hub: Hub):
    named = sold(hub)
    hub.bank((named, "96.80"), ("BATCH 5", "7.00"), damaged=1)
    assert hub.batch.state == "tied_out"
    assert hub.reasons() == ["unreadable_statement_line"]
    assert hub.ends("bank_line") == ["booked", "unreadable"]


def test_a_later_statement_with_the_same_days_heals_the_line(hub: Hub):
    named = sold(hub)
    lines = (("BATCH 4", "7.00"), (named, "96.80"))
    hub.bank(*lines, damaged=1)
    assert hub.batch.state == "waiting"
    hub.deliver(*lines, name="2010-12-03.csv")
    hub.settle()
    assert hub.batch.state == "tied_out"
    assert hub.reasons("resolved") == ["unreadable_statement_line"]


@pytest.mark.parametrize("lines", [[], [("BATCH 4", "7.00")]])
def test_a_later_statement_without_the_line_heals_nothing(hub: Hub, lines):
    hub.settle()
    hub.bank(("BATCH 4", "7.00"), ("BATCH 5", "8.00"), damaged=1)
    hub.settle()
    hub.deliver(*lines, ("BATCH 6", "9.00"))
    hub.afternoon()
    assert hub.reasons() == ["unreadable_statement_line"]


def test_a_line_that_is_known_with_another_balance_is_a_duplicate(hub: Hub):
    hub.settle()
    head = "date,description,reference,amount,balance\n"
    rows = f"{hub.day},MERCHANT DEPOSIT,BATCH 4,7.00,{{}}\n{hub.day},RENT,,-5.00,\n"
    for name, balance in (("a.csv", "107.00"), ("b.csv", "207.00")):
        (hub.statements / name).write_text(head + rows.format(balance))
        hub.afternoon() if name == "a.csv" else hub.settle()
    assert hub.ends("bank_line") == ["booked", "duplicate", "duplicate", "ignored"]
    assert BankLine.objects.count() == 2
