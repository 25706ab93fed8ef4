"""An ERP batch in which nothing is left is closed: no certificate waits for its posting."""

from datetime import date

import pytest

from audit.models import Entry
from integrations.choices import PostingState
from integrations.models import Posting
from integrations.services import posting as sending
from integrations.services.posting_owe import ContentConflictError
from integrations.services.posting_release import cancel_empty
from reconciliation.choices import EffectKind, TransactionKind, TransactionStatus
from reconciliation.models import Effect, SettlementBatch, Transaction
from reconciliation.services import census, decide, effects, empty_batches, replay
from tests.reconciliation.desk_world import DAY, FINANCE

pytestmark = pytest.mark.django_db


@pytest.fixture
def refund(hub):
    """A refund, the only one of its batch, whose journal is held before it left."""
    sale = hub.payment("100.00", hub.invoice("1", "100.00"), hub.customer)
    row = hub.payment("40.00", customer_ref=hub.customer, kind=TransactionKind.REFUND, parent=sale)
    decide.drain()
    held = Posting.objects.filter(effect__transaction=row)
    assert held.update(state=PostingState.HELD, code="refused") == 1
    sending.drain()
    return row


def refund_batch():
    effects = Effect.objects.filter(kind=EffectKind.ERP_BATCH, key__contains="erp-batch-refunds")
    return effects.order_by("id").last().posting


def set_aside(row, **owes):
    """Set the document aside; by then the gateway says something else of its payment."""
    replay.set_aside(row.effects.get().posting, FINANCE, "It was refused.")
    if owes:
        Transaction.objects.filter(pk=row.pk).update(**owes)


def void(hub, row):
    set_aside(row, status=TransactionStatus.VOIDED)
    SettlementBatch.objects.filter(pk=hub.batch.pk).update(
        reported_count=1, reported_sales=100, reported_refunds=0
    )


def test_a_batch_whose_only_document_is_owed_no_more_is_closed(hub, refund):
    assert refund_batch().state == "entered"
    void(hub, refund)
    hub.run()
    closed = refund_batch()
    assert (closed.state, closed.message) == ("cancelled", empty_batches.WHY)
    told = Entry.objects.get(action="posting.cancelled", subject_id=str(closed.pk))
    assert "stays empty in the ERP" in told.summary
    assert not empty_batches.drain()


def test_the_certificate_does_not_wait_for_it(hub, refund):
    void(hub, refund)
    hub.run()
    hub.pay_batch()
    hub.run()
    hub.batch.refresh_from_db()
    assert hub.batch.state == "tied_out", hub.batch.reasons


def test_a_census_expects_it_to_be_empty_in_the_erp(hub, refund):
    void(hub, refund)
    hub.run()
    # The ERP's database outlives a test: it holds what other tests have left there.
    found = set(census.take(hub.pair).census.findings.values_list("key", flat=True))
    assert refund_batch().key not in found


def test_it_is_kept_while_the_payment_is_not_decided_and_used_again(hub, refund):
    set_aside(refund)
    assert not empty_batches.drain()
    hub.run()
    assert refund_batch().state in ("entered", "posted")
    assert refund.effects.filter(posting__group=refund_batch()).count() == 2


def test_what_comes_later_opens_the_next_one(hub, refund):
    void(hub, refund)
    hub.run()
    Transaction.objects.filter(pk=refund.pk).update(
        status=TransactionStatus.SETTLED, decision="due"
    )
    hub.run()
    assert refund_batch().key.endswith("|2")
    assert refund_batch().state == "posted"


def test_a_batch_of_a_day_is_kept_until_its_day_is_over(hub, refund):
    version = refund.effects.get().version_id
    group = effects.day_batch(hub.pair, DAY, "1050-00", version)
    sent = Posting.objects.filter(effect__transaction=refund)
    sent.update(group=group, state=PostingState.CANCELLED)
    hub.at(DAY)
    assert not empty_batches.drain()
    hub.at(date(2010, 12, 7))
    assert empty_batches.drain() >= 1
    group.refresh_from_db()
    assert group.state == "cancelled"


def test_a_batch_that_holds_documents_is_not_closed(hub, refund):
    with pytest.raises(ContentConflictError, match="still holds documents"):
        cancel_empty(refund_batch(), FINANCE, "A mistake.")
    with pytest.raises(ContentConflictError, match="is no ERP batch"):
        cancel_empty(refund.effects.get().posting, FINANCE, "A mistake.")
