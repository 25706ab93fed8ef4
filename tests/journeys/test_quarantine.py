"""What no rule is for: told, kept aside, mapped by two people, and everything alike goes on."""

import pytest
from django.core import mail

from mapping.models import AccountRule, MethodRule
from tests.hub import Hub
from tests.journeys.people import Person
from tests.sealed import unsealed

ROUTE = {
    "name": "Finance", "channel": "email", "address": "finance@example.com", "audience": "finance",
    "digest_at": "07:00", "time_zone": "UTC", "sends_recoveries": "on", "is_active": "on",
}  # fmt: skip


@pytest.fixture
def told(admin: Person) -> None:
    """Finance hears of what is theirs."""
    admin.send("/settings/alerts/routes/new/", **ROUTE)


@pytest.fixture
def unmapped(hub: Hub) -> tuple[str, str]:
    """No account for refunds: two of them are held, their sales are posted."""
    with unsealed():
        AccountRule.objects.filter(role="refunds").delete()
    sales = [hub.sale("100.00"), hub.sale("70.00")]
    hub.settle()
    refunds = hub.refund(sales[0], "40.00"), hub.refund(sales[1], "30.00")
    hub.settle()
    return refunds


@pytest.mark.usefixtures("told")
def test_a_type_without_an_account_is_told_and_held(hub, finance, unmapped):
    assert "A rule is missing" in finance.see("/alerts/")
    assert "a rule is missing" in " ".join(each.subject for each in mail.outbox)
    assert len(finance.exceptions("account_unmapped")) == 2
    for refund in unmapped:
        assert "Held" in finance.transaction(refund)
    assert "2310-00" not in hub.ledger()


def test_it_is_mapped_in_place_and_all_alike_are_released(hub, finance, approver, unmapped):
    first, second = finance.exceptions("account_unmapped")
    assert "1 other open exception has the same cause" in finance.see(f"/exceptions/{first}/")
    finance.act(first, "map_account", role="refunds", account="2310-00")
    assert "2310-00" not in hub.ledger()
    approver.act(first, "approve_rule")
    hub.run()
    assert hub.ledger()["2310-00"] == "70.00"
    assert finance.exceptions("account_unmapped") == []
    assert "Resolved" in finance.see(f"/exceptions/{second}/")


def test_a_card_without_a_method_is_mapped_in_place(hub, finance, approver):
    with unsealed():
        MethodRule.objects.filter(method__in=("Visa", "")).delete()
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    item = finance.exception("method_unmapped")
    finance.act(item, "map_method", method="VISA", erp_method="CC")
    approver.act(item, "approve_rule")
    hub.run()
    assert (hub.receipts(), hub.balance("536365")) == (["100.00"], "0.00")
