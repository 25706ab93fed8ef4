"""A payment that a validation stops: held with its reason, and posted once it is mended."""

from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.clock import wall_now
from mapping.models import CurrencyRule, MethodRule, ValidationRule
from mapping.services.links import link
from mapping.services.rulesets import version_in_force
from mapping.services.versions import activate, draft_from
from reconciliation.choices import DecisionState, ExceptionState, Reason
from reconciliation.comparison import details_of
from reconciliation.models import DeskLimit, ExceptionItem, Transaction
from reconciliation.services import checked_again, desk
from reconciliation.services.bulk import singles
from reconciliation.services.desk.undo import undo
from reconciliation.two_sides import of_item
from tests.builders import ExchangeRateFactory
from tests.reconciliation.desk_world import APPROVER, DAY, FINANCE, MAPPER
from tests.sealed import unsealed
from tests.world import operator


def ask(hub, checks, severity="hold", **more):
    """Have the rules in force ask for a check, before anything is decided."""
    version = version_in_force(hub.pair, DAY)
    place = ValidationRule.objects.filter(version=version).count() + 1
    with unsealed():
        ValidationRule.objects.create(
            version=version, position=place, checks=checks, severity=severity, **more
        )


def short(hub, **more):
    """A payment of 90.00 for an invoice of 100.00."""
    row = hub.payment("90.00", f"INV {hub.invoice('1', '100.00')}", **more)
    hub.run()
    row.refresh_from_db()
    return row


def look_again(hub, row):
    """Some time later."""
    Transaction.objects.filter(pk=row.pk).update(updated_at=wall_now() - timedelta(hours=1))
    looked = checked_again.drain()
    hub.run()
    row.refresh_from_db()
    return looked


def test_it_is_held_with_both_sides_and_the_row_that_asks(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    item = hub.item(row)
    assert (row.decision, row.effects.count()) == (DecisionState.HELD, 0)
    assert (item.reason, item.amount) == (Reason.VALIDATION_HELD, Decimal("90.00"))
    [field] = of_item(item).fields
    assert (field.left, field.right) == ("100.00 USD, up to 0.00 more or less", "90.00 USD")
    assert ("Rule", "validation 1 of version 1") in details_of(item)
    assert desk.actions_for(item) == ["claim", "retry", "post_anyway"]


def test_without_a_row_it_is_posted_and_what_was_asked_is_kept(hub):
    row = short(hub)
    assert (hub.balance(f"{hub.number}1"), row.asked_amount) == ("10.00", Decimal("100.00"))
    assert not ExceptionItem.objects.filter(transaction=row).exists()


def test_a_warning_is_posted_and_dismissed_with_a_reason(hub):
    ask(hub, "amount_matches", "warn")
    row = short(hub)
    item = hub.item(row)
    assert (item.reason, hub.balance(f"{hub.number}1")) == (Reason.VALIDATION_WARNED, "10.00")
    desk.dismiss(item, "Agreed with the customer.", FINANCE)
    assert item.state == ExceptionState.DISMISSED


def test_a_new_rule_lets_it_go_by_itself(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    draft = draft_from(version_in_force(hub.pair, DAY), MAPPER, "Ten dollars are no matter.")
    draft.validationrules.update(tolerance=10)
    activate(draft, DAY, APPROVER, evidence="test")
    assert checked_again.drain() == 1
    hub.run()
    assert hub.balance(f"{hub.number}1") == "10.00"
    item = hub.item(row)
    assert (item.state, item.closed_by) == (ExceptionState.RESOLVED, "worker")


def test_a_fact_that_is_mended_lets_it_go_by_itself(hub):
    ask(hub, "customer_exists")
    row = hub.payment("40.00", customer_ref=f"shop-{hub.number}")
    hub.run()
    assert hub.item(row).reason == Reason.VALIDATION_HELD
    hub.invoice("9", "1.00")
    link(hub.pair, f"shop-{hub.number}", hub.customer, FINANCE)
    assert checked_again.drain() == 1
    hub.run()
    assert hub.receipts() == [("40.00", "40.00", row.vendor_id)]
    assert hub.item(row, Reason.VALIDATION_HELD).state == ExceptionState.RESOLVED


def test_where_nothing_has_changed_only_the_time_of_the_look_is_noted(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    before = hub.item(row)
    assert look_again(hub, row) == 0
    after = hub.item(row)
    assert (row.decision, after.revision) == (DecisionState.HELD, before.revision)
    assert checked_again.drain() == 0


def test_what_holds_it_by_now_is_told_anew(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    paid = 'UPDATE "tarInvoice" SET "Balance" = 80 WHERE "CustPONo" = %s RETURNING 1'
    hub.sql(paid, f"{hub.number}1")
    assert look_again(hub, row) == 1
    assert "10.00 USD more than the 80.00 USD" in hub.item(row).message


def test_a_closed_period_is_asked_of_the_erp_before_anything_is_sent(hub, monkeypatch):
    ask(hub, "period_open")
    closed = frozenset({DAY})
    monkeypatch.setattr(
        "integrations.connectors.sage500.connector.Sage500Connector.closed_periods",
        lambda self, company, days: closed,
    )
    row = short(hub)
    assert "closed in the ERP" in hub.item(row).message
    closed = frozenset()
    assert look_again(hub, row) == 1
    assert hub.balance(f"{hub.number}1") == "10.00"


def test_a_person_has_it_posted_all_the_same_with_a_reason(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    with pytest.raises(desk.DeskError, match="Say why"):
        desk.post_anyway(hub.item(row), " ", FINANCE)
    item = hub.item(row)
    desk.post_anyway(item, "They pay the rest next month.", FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}1") == "10.00"
    assert (item.state, item.resolution) == ("resolved", "They pay the rest next month.")


def test_what_was_accepted_of_one_amount_is_not_accepted_of_another(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    desk.post_anyway(hub.item(row), "So be it.", FINANCE)
    Transaction.objects.filter(pk=row.pk).update(amount=50)
    hub.run()
    open_now = ExceptionItem.objects.get(transaction=row, state=ExceptionState.OPEN)
    assert "50.00 USD less than the 100.00 USD" in open_now.message


def test_above_the_limit_a_second_person_is_asked(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    DeskLimit.objects.create(
        action="post_anyway", alone_up_to=50, changed_by="test", changed_at=wall_now()
    )
    run = singles.do(hub.item(row), "post_anyway", {"note": "Fine."}, FINANCE)
    assert (run.state, hub.item(row).state) == ("asked", ExceptionState.OPEN)


def test_trying_again_decides_it_anew_and_leaves_it_open_while_it_is_held(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    item = hub.item(row)
    desk.retry(item, FINANCE)
    hub.run()
    item.refresh_from_db()
    assert (item.state, ExceptionItem.objects.filter(transaction=row).count()) == ("open", 1)


def test_it_cannot_be_dismissed_while_its_money_is_on_no_books(hub):
    ask(hub, "amount_matches")
    with pytest.raises(desk.DeskError, match="Nothing is posted before the check holds"):
        desk.dismiss(hub.item(short(hub)), "Never mind.", FINANCE)


def test_the_desk_shows_the_check_and_takes_the_reason(hub, client):
    ask(hub, "amount_matches")
    item = hub.item(short(hub))
    client.force_login(operator("ann"))
    html = client.get(f"/exceptions/{item.pk}/").content.decode()
    assert "Stopped by a check" in html
    assert "100.00 USD, up to 0.00 more or less" in html
    answer = client.post(f"/exceptions/{item.pk}/post_anyway/", {"note": "Agreed."})
    assert answer.status_code == 302
    item.refresh_from_db()
    assert item.resolution == "Agreed."


def test_what_was_posted_all_the_same_is_held_again_when_that_is_undone(hub):
    ask(hub, "amount_matches")
    row = short(hub)
    item = hub.item(row)
    singles.do(item, "post_anyway", {"note": "A slip."}, FINANCE)
    undo(singles.last_done(item), FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.decision, hub.item(row).state) == (DecisionState.HELD, ExceptionState.OPEN)
    assert hub.balance(f"{hub.number}1") == "100.00"


def test_a_payment_in_another_currency_is_held_until_it_is_the_pairs(hub):
    version = version_in_force(hub.pair, DAY)
    with unsealed():
        CurrencyRule.objects.create(
            version=version, position=1, currency="EUR", base="USD", rate_table="daily"
        )
    ExchangeRateFactory(table="daily", source="EUR", target="USD", valid_on=DAY, rate="1.25")
    row = hub.payment("40.00", f"INV {hub.invoice('1', '40.00')}", currency="EUR")
    hub.run()
    item = hub.item(row)
    assert (item.reason, item.currency, row.effects.count()) == ("currency_foreign", "EUR", 0)
    assert of_item(item).fields[1].right.startswith("50.00 USD by daily: 1 EUR = 1.25 USD")
    assert desk.actions_for(item) == ["claim", "book_at_rate", "retry"]
    Transaction.objects.filter(pk=row.pk).update(currency="USD")
    desk.retry(item, FINANCE)
    hub.run()
    item.refresh_from_db()
    assert (item.state, hub.balance(f"{hub.number}1")) == (ExceptionState.RESOLVED, "0.00")


def test_what_no_rule_was_for_goes_on_when_a_version_with_the_rule_is_in_force(hub):
    with unsealed():
        MethodRule.objects.filter(method__in=("Amex", "American Express", "")).delete()
    row = hub.payment("40.00", f"INV {hub.invoice('1', '40.00')}", method="Amex")
    hub.run()
    assert (hub.item(row).reason, checked_again.drain()) == (Reason.METHOD_UNMAPPED, 0)
    draft = draft_from(version_in_force(hub.pair, DAY), MAPPER, "Amex comes too.")
    MethodRule.objects.create(version=draft, position=99, method="Amex", erp_method="AMEX")
    activate(draft, DAY, APPROVER, evidence="test")
    assert checked_again.drain() == 1
    hub.run()
    assert (hub.balance(f"{hub.number}1"), hub.item(row).state) == ("0.00", "resolved")


def test_what_a_rule_of_the_desk_covers_is_left_to_its_run(hub):
    with unsealed():
        MethodRule.objects.filter(method__in=("Amex", "American Express", "")).delete()
    rows = [hub.payment("40.00", method="Amex"), hub.payment("41.00", method="Amex")]
    hub.run()
    desk.map_method(hub.item(rows[0]), "Amex", "AMEX", MAPPER)
    desk.approve_rule(hub.item(rows[0]), APPROVER)
    assert checked_again.drain() == 0
    hub.run()
    assert hub.item(rows[1], Reason.METHOD_UNMAPPED).closed_by == APPROVER
