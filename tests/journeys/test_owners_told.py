"""Who looks after what the ERP refuses is settled by a rule, and hears of it."""

from django.contrib.auth.models import User
from django.core import mail

from tests.hub import Hub


def test_a_document_that_the_erp_refuses_goes_to_its_owner_and_is_told_them(
    hub: Hub, admin, finance
):
    User.objects.filter(username="demo-finance").update(email="fay@example.com")
    rule = {"position": 1, "reason": "period_closed", "owner": "demo-finance"}
    admin.send("/exceptions/owners/", **rule, amount_from="0", due_days=1)
    hub.sale("40.00")
    hub.close_period()
    hub.settle()
    shown = finance.source("/exceptions/", owner="demo-finance")
    assert shown.count('id="row-') == len(finance.exceptions("period_closed")) > 0
    item = finance.exceptions("period_closed")[0]
    assert "with demo-finance (Rule 1: " in finance.see(f"/exceptions/{item}/")
    [letter] = [each for each in mail.outbox if each.to == ["fay@example.com"]]
    assert "the ERP refused documents" in letter.body
    assert "demo-finance looks after them" in letter.body
