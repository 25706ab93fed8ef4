"""A document that the ERP refuses for ever does not hold its batch: it is set aside."""

import pytest

from audit.models import Entry
from integrations.models import Posting
from reconciliation.choices import EffectKind, Reason
from reconciliation.models import Effect, ExceptionItem
from reconciliation.services import adding_up, decide, desk
from tests.reconciliation.desk_world import FINANCE

pytestmark = pytest.mark.django_db


def drain_and_close(hub, *rows):
    """Decide, then let the invoices be paid otherwise before the documents reach the ERP."""
    decide.drain()
    for number in rows:
        hub.erp.execute('UPDATE "tarInvoice" SET "Balance" = 0 WHERE "CustPONo" = %s', [number])
    hub.run()
    return ExceptionItem.objects.filter(reason=Reason.REFUSED_BY_ERP)


@pytest.fixture
def refused(hub):
    """Of two payments of one batch the ERP refuses the second."""
    good, bad = hub.invoice("1", "100.00"), hub.invoice("2", "40.00")
    hub.payment("100.00", good, hub.customer)
    hub.payment("40.00", bad, hub.customer)
    return drain_and_close(hub, bad).get()


def states(kind):
    effects = Effect.objects.filter(kind=kind).order_by("id")
    return list(effects.values_list("posting__state", flat=True))


def test_a_refused_member_holds_its_whole_batch_until_it_is_set_aside(hub, refused):
    assert states(EffectKind.RECEIPT) == ["entered", "held"]
    assert states(EffectKind.ERP_BATCH_POST) == ["ready"]
    desk.set_aside(refused, "The invoice is paid otherwise.", FINANCE)
    hub.run()
    assert states(EffectKind.RECEIPT) == ["posted", "cancelled", "posted"]
    assert states(EffectKind.ERP_BATCH_POST) == ["posted", "posted"]
    assert hub.receipts() == [
        ("100.00", "0.00", refused_ids(hub)[0]),
        ("40.00", "40.00", refused_ids(hub)[1]),
    ]


def refused_ids(hub):
    return [f"{hub.number}01", f"{hub.number}02"]


def test_the_payment_is_decided_anew_into_a_later_leg(hub, refused):
    desk.set_aside(refused, "The invoice is paid otherwise.", FINANCE)
    hub.run()
    keys = [e.key for e in Effect.objects.filter(transaction=refused.transaction).order_by("id")]
    assert [key.rsplit("|", 2)[1:] for key in keys] == [["receipt", "1"], ["receipt", "2"]]
    groups = {p.group.key for p in Posting.objects.filter(effect__kind=EffectKind.RECEIPT)}
    assert sorted(key.rsplit("|", 1)[1] for key in groups) == ["1", "2"]
    assert hub.doubled_keys() == []


def test_setting_aside_is_noted_with_its_reason_and_the_person(hub, refused):
    desk.set_aside(refused, "The invoice is paid otherwise.", FINANCE)
    refused.refresh_from_db()
    assert (refused.state, refused.closed_by) == ("resolved", FINANCE)
    entry = Entry.objects.get(action="posting.cancelled")
    assert (entry.actor, entry.summary) == (FINANCE, "The invoice is paid otherwise.")
    with pytest.raises(desk.DeskError, match="Say why"):
        desk.set_aside(refused, " ", FINANCE)


def test_the_only_member_is_set_aside_and_its_erp_batch_is_used_again(hub):
    bad = hub.invoice("1", "40.00")
    hub.payment("40.00", bad, hub.customer)
    item = drain_and_close(hub, bad).get()
    adding_up.drain()
    desk.set_aside(item, "Paid otherwise.", FINANCE)
    assert states(EffectKind.ERP_BATCH_POST) == ["cancelled"]
    hub.run()
    assert states(EffectKind.ERP_BATCH) == ["posted"]
    assert states(EffectKind.RECEIPT) == ["cancelled", "posted"]
    assert states(EffectKind.ERP_BATCH_POST) == ["posted"]


def test_the_books_tie_out_after_a_member_was_set_aside(hub, refused):
    desk.set_aside(refused, "Paid otherwise.", FINANCE)
    hub.run()
    hub.pay_batch()
    hub.run()
    assert hub.account("1050-00") == "0.00"
    hub.batch.refresh_from_db()
    assert hub.batch.state == "tied_out"


def test_what_may_have_reached_the_erp_is_not_set_aside(hub, refused):
    Posting.objects.filter(pk=refused.posting_id).update(state="posted")
    with pytest.raises(desk.DeskError):
        desk.set_aside(refused, "Paid otherwise.", FINANCE)
    assert Posting.objects.get(pk=refused.posting_id).state == "posted"
