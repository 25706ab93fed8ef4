"""What was done later about the same payment is undone first, whichever exception asked for it."""

from datetime import timedelta

import pytest

from integrations.models import Posting
from integrations.sandbox.sage500.build import set_period_status
from mapping.models import CustomerLink, MethodRule, RuleSetVersion
from reconciliation.choices import EffectKind, ExceptionState, Reason
from reconciliation.models import Effect, ExceptionItem, Transaction
from reconciliation.services import desk, replay
from reconciliation.services.bulk import runs, singles
from reconciliation.services.decide import decide_again
from reconciliation.services.desk.question import question
from reconciliation.services.desk.undo import undo
from reconciliation.services.desk_open import close_by_machine
from tests.reconciliation.desk_world import COMPANY, DAY, FINANCE, MAPPER
from tests.reconciliation.test_bulk import work_off
from tests.reconciliation.test_desk_elsewhere import VALID, elsewhere, paid  # noqa: F401
from tests.reconciliation.test_desk_giving_back import give_back, known, on_account  # noqa: F401
from tests.reconciliation.test_desk_rules import without
from tests.sealed import unsealed


def test_an_earlier_move_is_not_undone_beneath_a_later_one(hub, paid):  # noqa: F811
    elsewhere(hub, paid, hub.invoice("2", "50.00", customer=hub.other))
    again = question(paid.transaction, "Not there either.", FINANCE)
    elsewhere(hub, again, hub.invoice("3", "50.00", customer=hub.other))
    with pytest.raises(desk.DeskError, match="on the same payment .*; undo that first"):
        undo(paid.bulk_items.get(), FINANCE)
    hub.run()
    assert hub.sql(VALID, hub.customer, hub.other) == [(1, 50)]
    undo(again.bulk_items.get(), FINANCE)
    hub.run()
    undo(paid.bulk_items.get(), FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}1") == "0.00"
    assert hub.sql(VALID, hub.customer, hub.other) == [(1, 50)]


def test_to_open_again_what_was_dismissed_takes_no_later_move_back(hub, paid):  # noqa: F811
    singles.do(paid, "dismiss", {"note": "It is right."}, FINANCE)
    again = question(paid.transaction, "It is not.", FINANCE)
    elsewhere(hub, again, hub.invoice("2", "50.00", customer=hub.other))
    with pytest.raises(desk.DeskError, match="undo that first"):
        undo(paid.bulk_items.get(), FINANCE)
    hub.run()
    assert hub.balance(f"{hub.number}2") == "0.00"


def test_to_open_again_what_was_dismissed_leaves_documents_made_since(hub):
    row = hub.payment("50.00")
    hub.run()
    item = hub.item(row, Reason.CUSTOMER_UNKNOWN)
    last = Effect.objects.latest("pk").pk
    singles.do(item, "dismiss", {"note": "Nobody's."}, FINANCE)
    bulk_item = item.bulk_items.get()
    # As if the machine had owed the receipt only after somebody dismissed the exception.
    bulk_item.before |= {"last_effect": 0}
    bulk_item.save()
    assert undo(bulk_item, FINANCE) == "It stands as it stood before."
    item.refresh_from_db()
    assert item.state == ExceptionState.OPEN
    assert Effect.objects.latest("pk").pk == last


def test_to_wait_is_not_undone_once_the_erp_has_taken_the_document(hub):
    hub.payment("50.00")
    set_period_status(hub.url, COMPANY, DAY, closed=True)
    try:
        hub.run()
    finally:
        set_period_status(hub.url, COMPANY, DAY, closed=False)
    item = ExceptionItem.objects.get(reason=Reason.PERIOD_CLOSED)
    singles.do(item, "wait", {"until": DAY + timedelta(days=3), "note": ""}, FINANCE)
    replay.replay_one(Posting.objects.get(pk=item.posting_id), FINANCE)
    hub.run()
    with pytest.raises(desk.DeskError, match="It has closed since"):
        undo(item.bulk_items.get(), FINANCE)
    assert not Effect.objects.filter(kind=EffectKind.REVERSAL).exists()


def test_a_run_over_two_exceptions_of_one_payment_is_undone_from_its_end(hub):
    numbers = hub.invoice("1", "20.00"), hub.invoice("2", "9.00")
    row = hub.payment("50.00", reference="none", customer_ref=f"r-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    hub.run()
    row.refresh_from_db()
    both = [question(row, "Whose?", FINANCE), hub.item(row, Reason.INVOICE_NOT_FOUND)]
    rows = [
        runs.Row(item.pk, item.amount, "USD", "link_invoice", {"document_no": number})
        for item, number in zip(both, numbers, strict=True)
    ]
    run = runs.begin(rows, action="", values={}, origin="sheet", chosen_by="x", actor=FINANCE)
    assert work_off(run).done == 2
    assert work_off(runs.undo_all(run, FINANCE)).done == 2
    for item in both:
        item.refresh_from_db()
        assert (item.state, item.amount) == (ExceptionState.OPEN, 50)
    states = Effect.objects.filter(kind=EffectKind.APPLICATION).values_list("posting__state")
    assert set(states) == {("cancelled",)}


def test_a_refund_that_took_of_the_money_since_is_undone_first(hub, known):  # noqa: F811
    sale, refund = on_account(hub, known, "80.00", "50.00")
    item = hub.item(sale, Reason.INVOICE_NOT_FOUND)
    singles.do(item, "link_invoice", {"document_no": hub.invoice("1", "20.00")}, FINANCE)
    hub.run()
    give_back(refund, hub.customer)
    with pytest.raises(desk.DeskError, match="on the same payment .give back, exception"):
        undo(item.bulk_items.get(), FINANCE)
    assert Effect.objects.filter(kind=EffectKind.GIVEN_BACK).get().posting.state == "ready"


def test_what_was_done_first_is_undone_once_what_came_later_has_been(hub):
    item = hub.item(_stranger(hub), Reason.CUSTOMER_UNKNOWN)
    before = (item.state, item.owner, item.owner_why)
    singles.do(item, "claim", {}, FINANCE)
    singles.do(item, "dismiss", {"note": "Nobody's."}, MAPPER)
    with pytest.raises(desk.DeskError, match="worked on it .dismiss.; undo that first"):
        undo(item.bulk_items.get(action="claim"), FINANCE)
    for action in ("dismiss", "claim"):
        assert singles.last_done(item).action == action
        undo(singles.last_done(item), FINANCE)
    item.refresh_from_db()
    assert (item.state, item.owner, item.owner_why) == before
    assert singles.last_done(item) is None


@pytest.mark.parametrize(
    ("action", "values"),
    [("claim", {}), ("map_method", {"method": "Amex", "erp_method": "AMEX"})],
)
def test_what_only_prepared_takes_no_receipt_back_that_the_rules_made_since(hub, action, values):
    without(MethodRule, method__in=("Amex", "American Express", ""))
    row = hub.payment("45.00", method="Amex")
    hub.run()
    item = hub.item(row, Reason.METHOD_UNMAPPED)
    singles.do(item, action, values, MAPPER)
    with unsealed():
        version = RuleSetVersion.objects.get()
        MethodRule.objects.create(version=version, position=99, method="Amex", erp_method="AMEX")
    close_by_machine(ExceptionItem.objects.filter(pk=item.pk), "Covered by version 1.")
    decide_again(Transaction.objects.filter(pk=row.pk))
    hub.run()
    with pytest.raises(desk.DeskError, match="It has closed since: Covered by version 1"):
        undo(item.bulk_items.get(), MAPPER)
    assert not Effect.objects.filter(kind=EffectKind.REVERSAL).exists()


def _stranger(hub):
    row = hub.payment("50.00")
    hub.run()
    return row
