"""A text that does not fit: a change is suggested with before and after, and all alike follow."""

import pytest

from tests.hub import FIRST_DAY, Hub
from tests.journeys.people import Person, change_rules

LONG = 'concat("Payment of invoice ", reference_1, " by card, thank you very much")'


@pytest.fixture
def held(hub: Hub, finance: Person, approver: Person) -> list[int]:
    """Two payments whose comment is longer than the ERP's field, and one whose is not."""
    row = ("fields", {"target": "receipt.comment", "formula": LONG})
    change_rules(finance, approver, hub.pair.rule_sets.get().pk, [row], FIRST_DAY)
    for number in ("536365", "536366"):
        hub.invoice(number, "40.00")
        hub.sale("40.00", number)
    hub.sale("5.00", "")
    hub.settle()
    return finance.exceptions("field_unfit")


def test_what_would_fit_is_suggested_with_before_and_after(finance: Person, held):
    assert len(held) == 2
    said = finance.see(f"/exceptions/{held[0]}/")
    assert "Take the first 50 characters" in said
    assert "thank you very much”" in said
    assert "With the change suggested" in said
    assert "1 other open exception has the same cause" in said


def test_one_press_and_another_persons_yes_let_all_alike_go(hub, finance, approver, held):
    before = hub.receipts()
    finance.act(held[0], "mend_field")
    hub.run()
    assert hub.receipts() == before
    approver.act(held[0], "approve_rule")
    hub.run()
    assert hub.receipts() == ["40.00", "40.00", "5.00"]
    assert finance.exceptions("field_unfit") == []
    assert "Resolved" in finance.see(f"/exceptions/{held[1]}/")
