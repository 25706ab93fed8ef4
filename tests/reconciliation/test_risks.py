"""Payments that a risk rule flags, holds or blocks, from the decision to what a person does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from integrations.clock import wall_now
from mapping.models import RiskRule, ValidationRule
from mapping.services.rulesets import load, version_in_force
from mapping.services.versions import activate, draft_from
from mapping.usage import times_fired
from reconciliation.choices import DecisionState, ExceptionState, Reason, TransactionStatus
from reconciliation.models import DeskLimit, ExceptionItem, Transaction
from reconciliation.services import checked_again, desk, risks
from reconciliation.services.bulk import singles
from reconciliation.services.desk import releasing
from reconciliation.services.desk.undo import undo
from reconciliation.services.known import case_of, desk_of
from reconciliation.two_sides import of_item
from tests.reconciliation.desk_world import APPROVER, DAY, FINANCE, MAPPER, NOON
from tests.sealed import unsealed

HIGH = {"amount_from": Decimal("80.00"), "why": "More than we sell by card"}


def ask(hub, level, **asked):
    """Put a risk rule below those in force, before anything is decided."""
    version = version_in_force(hub.pair, DAY)
    place = RiskRule.objects.filter(version=version).count() + 1
    with unsealed():
        RiskRule.objects.create(version=version, position=place, level=level, **asked)
    return load(version)


def high(hub, **more):
    """A payment of 90.00 for an invoice of 90.00."""
    hub.invoice("1", "90.00")
    row = hub.payment("90.00", f"INV {hub.number}1", **more)
    hub.run()
    row.refresh_from_db()
    return row


def histories(hub, book, *rows):
    cases = [case_of(row, DAY) for row in rows]
    return risks.histories_for(hub.pair, book, cases, desk_of(hub.pair, cases))


def test_what_is_flagged_is_posted_and_shown_to_its_owner(hub):
    ask(hub, "flag", **HIGH)
    row = high(hub)
    item = hub.item(row)
    assert (hub.balance(f"{hub.number}1"), item.reason) == ("0.00", Reason.RISK_FLAGGED)
    assert (item.owner, item.details["rule"]) == ("finance", "risk 1 of version 1")
    assert desk.actions_for(item) == ["claim", "dismiss"]
    assert "risk 1: amount_from 80 → flag" in row.effects.last().rules


def test_what_is_held_waits_with_its_figures_and_is_posted_when_released(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    item = hub.item(row)
    assert (row.decision, row.effects.count()) == (DecisionState.HELD, 0)
    [field] = of_item(item).fields
    assert (field.left, field.right) == ("80.00 USD or more", "90.00 USD")
    assert desk.actions_for(item) == ["claim", "retry", "release", "refuse"]
    with pytest.raises(desk.DeskError, match="Say why"):
        releasing.release(item, " ", FINANCE)
    releasing.release(item, "They called ahead.", FINANCE)
    hub.run()
    assert (hub.balance(f"{hub.number}1"), item.resolution) == ("0.00", "They called ahead.")
    assert "released by a person" in row.effects.last().rules


def test_a_release_is_taken_back_while_nothing_is_posted(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    item = hub.item(row)
    singles.do(item, "release", {"note": "A slip."}, FINANCE)
    undo(singles.last_done(item), FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.decision, hub.item(row).state) == (DecisionState.HELD, ExceptionState.OPEN)
    assert hub.balance(f"{hub.number}1") == "90.00"


def test_a_refusal_is_taken_back_while_nothing_is_posted(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    item = hub.item(row)
    singles.do(item, "refuse", {"note": "A slip."}, FINANCE)
    undo(singles.last_done(item), FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.decision, hub.item(row).state) == (DecisionState.HELD, ExceptionState.OPEN)


def test_what_was_released_to_its_customer_stands_with_nobody_again_when_that_is_undone(hub):
    ask(hub, "block", **HIGH)
    row = high(hub)
    item = hub.item(row)
    singles.do(item, "release", {"note": "A slip."}, FINANCE)
    undo(singles.last_done(item), FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.placement, row.customer_id, hub.item(row).state) == ("unidentified", "", "open")
    assert hub.balance(f"{hub.number}1") == "90.00"


def test_what_was_released_of_one_amount_is_not_released_of_another(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    releasing.release(hub.item(row), "So be it.", FINANCE)
    Transaction.objects.filter(pk=row.pk).update(amount=95)
    hub.run()
    open_now = ExceptionItem.objects.get(transaction=row, state=ExceptionState.OPEN)
    assert (open_now.reason, "95.00 USD" in open_now.message) == (Reason.RISK_HELD, True)


def test_what_is_refused_stands_with_nobody_and_can_be_released_later(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    releasing.refuse(hub.item(row), "Nobody ordered this.", FINANCE)
    hub.run()
    row.refresh_from_db()
    blocked = hub.item(row, Reason.RISK_BLOCKED)
    assert (row.placement, hub.balance(f"{hub.number}1")) == ("unidentified", "90.00")
    assert blocked.message.startswith("Refused by a person.")
    releasing.release(blocked, "They did order it.", FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}1") == "0.00"


def test_what_is_blocked_is_on_the_books_with_nobody_and_its_batch_goes_on(hub):
    ask(hub, "block", **HIGH)
    row = high(hub)
    item = hub.item(row)
    assert (row.decision, row.placement, row.customer_id) == ("effects", "unidentified", "")
    assert (hub.balance(f"{hub.number}1"), item.reason) == ("90.00", Reason.RISK_BLOCKED)
    assert desk.actions_for(item) == ["claim", "release", "dismiss"]
    hub.pay_batch()
    hub.run()
    assert hub.certificates() != "[]"
    assert hub.item(row).state == ExceptionState.OPEN


def test_what_is_blocked_goes_to_its_customer_and_invoice_when_released(hub):
    ask(hub, "block", **HIGH)
    row = high(hub)
    item = hub.item(row)
    releasing.release(item, "The bank confirms it.", FINANCE)
    hub.run()
    row.refresh_from_db()
    assert (row.customer_id, row.placement) == (hub.customer, "applied")
    assert (hub.balance(f"{hub.number}1"), item.state) == ("0.00", ExceptionState.RESOLVED)


def test_a_release_of_what_nobody_is_known_by_leaves_it_unidentified_and_says_so(hub):
    ask(hub, "block", **HIGH)
    row = hub.payment("90.00", customer_ref=f"shop-{hub.number}")
    hub.run()
    releasing.release(hub.item(row), "It is fine.", FINANCE)
    hub.run()
    row.refresh_from_db()
    assert row.placement == "unidentified"
    assert hub.item(row, Reason.CUSTOMER_UNKNOWN).state == ExceptionState.OPEN


def test_above_the_limit_a_second_person_releases(hub):
    ask(hub, "block", **HIGH)
    row = high(hub)
    DeskLimit.objects.create(
        action="release", alone_up_to=50, changed_by="test", changed_at=wall_now()
    )
    run = singles.do(hub.item(row), "release", {"note": "Fine."}, FINANCE)
    assert (run.state, hub.item(row).state) == ("asked", ExceptionState.OPEN)


def test_what_is_held_cannot_be_dismissed_and_what_is_blocked_can_once_it_is_on_the_books(hub):
    ask(hub, "hold", amount_from=Decimal("85.00"))
    ask(hub, "block", amount_from=Decimal("80.00"))
    held, blocked = high(hub), hub.payment("84.00")
    hub.run()
    with pytest.raises(desk.DeskError, match="releases or refuses it"):
        desk.dismiss(hub.item(held), "Never mind.", FINANCE)
    item = hub.item(blocked, Reason.RISK_BLOCKED)
    desk.dismiss(item, "Given back at the gateway.", FINANCE)
    assert item.state == ExceptionState.DISMISSED


def test_new_rules_let_go_what_was_held(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    assert checked_again.drain() == 0
    draft = draft_from(version_in_force(hub.pair, DAY), MAPPER, "Ninety is no matter.")
    draft.riskrules.update(amount_from=100)
    activate(draft, DAY, APPROVER, evidence="test")
    assert checked_again.drain() == 1
    hub.run()
    assert (hub.balance(f"{hub.number}1"), hub.item(row).closed_by) == ("0.00", "worker")


def test_what_a_check_stops_by_now_is_held_by_no_risk_rule_any_more(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    draft = draft_from(version_in_force(hub.pair, DAY), MAPPER, "A check comes first.")
    ValidationRule.objects.create(
        version=draft, position=1, checks="amount_matches", severity="hold"
    )
    hub.sql('UPDATE "tarInvoice" SET "Balance" = 80 WHERE "CustPONo" = %s RETURNING 1',
            f"{hub.number}1")  # fmt: skip
    activate(draft, DAY, APPROVER, evidence="test")
    assert checked_again.drain() == 1
    hub.run()
    assert hub.item(row, Reason.RISK_HELD).resolution == "It is held for another reason now."
    assert hub.item(row, Reason.VALIDATION_HELD).state == ExceptionState.OPEN


def test_what_is_voided_while_it_is_held_closes_by_itself(hub):
    ask(hub, "hold", **HIGH)
    row = high(hub)
    Transaction.objects.filter(pk=row.pk).update(
        status=TransactionStatus.VOIDED, decision=DecisionState.DUE
    )
    hub.run()
    assert (hub.item(row).state, row.effects.count()) == (ExceptionState.RESOLVED, 0)


def test_a_row_that_holds_payments_back_counts_as_one_that_fired(hub):
    ask(hub, "hold", **HIGH)
    ask(hub, "flag", amount_from=Decimal(1000))
    high(hub)
    fired = times_fired(version_in_force(hub.pair, DAY), 365)
    assert (fired["risks", 1], fired["risks", 2]) == (1, 0)


# --- what came before -------------------------------------------------------------------------


def earlier(hub, count, **over):
    """Payments before, a minute apart from each other."""
    return [
        hub.payment("10.00", **({"captured_at": NOON - timedelta(minutes=n + 1)} | over))
        for n in range(count)
    ]


def test_a_card_is_its_brand_and_last_four_and_declined_tries_count(hub):
    book = ask(hub, "flag", same_card=3, within_hours=2)
    earlier(hub, 1, last4="1111", status=TransactionStatus.DECLINED)
    earlier(hub, 1, last4="1111", captured_at=NOON - timedelta(hours=3))
    earlier(hub, 1, last4="1111", method="Amex")
    earlier(hub, 1, last4="2222")
    row = hub.payment("10.00", last4="1111")
    assert histories(hub, book, row)[row.vendor_id].by_card == (NOON - timedelta(minutes=1),)


def test_a_payer_is_known_by_invoice_too_and_payments_decided_together_count(hub):
    book = ask(hub, "flag", times_usual=Decimal(3))
    hub.invoice("1", "500.00")
    named = f"INV {hub.number}1"
    before = earlier(hub, 1, decision=DecisionState.POSTED_AS, customer_id=hub.customer)
    held = earlier(hub, 1, decision=DecisionState.HELD, customer_id=hub.customer)
    with_it = hub.payment("30.00", named, captured_at=NOON - timedelta(seconds=1))
    row = hub.payment("90.00", named)
    found = histories(hub, book, with_it, row)
    assert len(before + held) == len(found[with_it.vendor_id].by_payer) == 2
    assert found[row.vendor_id].paid == (Decimal("30.00"), Decimal("10.00"))


def test_of_a_payer_with_many_payments_the_latest_are_looked_at(hub):
    book = ask(hub, "flag", earlier_to=5)
    hub.invoice("1", "500.00")
    rows = earlier(hub, 12, payer_ref=f"INV {hub.number}1")
    newest = histories(hub, book, *rows)[rows[0].vendor_id]
    assert (len(newest.by_payer), newest.by_payer[0]) == (6, rows[1].captured_at)


def test_the_hour_of_the_day_is_the_pairs(hub):
    book = ask(hub, "flag", hour_from=22, hour_to=6)
    row = hub.payment("10.00")
    assert histories(hub, book, row)[row.vendor_id].hour == 12  # 20:00 UTC, on the Pacific


@pytest.mark.parametrize(
    ("asked", "statements"),
    [
        ({"amount_from": Decimal(5)}, 0),
        ({"hour_from": 22, "hour_to": 6}, 0),
        ({"same_card": 3, "within_hours": 24}, 1 + 2),
        ({"same_card": 3, "earlier_to": 0, "within_hours": 24}, 2 + 2),
    ],
)
def test_however_many_payments_are_decided_two_queries_tell_what_came_before(
    hub, asked, statements
):
    book = ask(hub, "flag", **asked)
    cases = [case_of(row, DAY) for row in earlier(hub, 20)]
    known = desk_of(hub.pair, cases)
    with CaptureQueriesContext(database) as queries:
        risks.histories_for(hub.pair, book, cases, known)
    assert len(queries) == statements


def test_a_rule_set_without_risk_rules_asks_nothing(hub):
    book = load(version_in_force(hub.pair, DAY))
    cases = [case_of(row, DAY) for row in earlier(hub, 3)]
    with CaptureQueriesContext(database) as queries:
        assert risks.histories_for(hub.pair, book, cases, None) == {}
    assert len(queries) == 0
