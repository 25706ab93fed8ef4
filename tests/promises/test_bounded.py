"""Work is bounded: a drain takes a portion, however much there is to do."""

import pytest

from integrations.choices import EnvelopeState, PostingState
from integrations.services import posting
from reconciliation.services import book
from tests.builders import ConnectionFactory, EnvelopeFactory, PostingFactory

pytestmark = pytest.mark.django_db


def test_booking_takes_so_many_envelopes_at_once():
    gateway = ConnectionFactory()
    EnvelopeFactory.create_batch(
        book.ENVELOPES_AT_ONCE + 5, connection=gateway, state=EnvelopeState.RECEIVED
    )
    portion = book._portion(gateway)
    assert len(portion) == book.ENVELOPES_AT_ONCE
    assert [envelope.pk for envelope in portion] == sorted(envelope.pk for envelope in portion)


def test_booking_takes_so_many_bytes_at_once():
    gateway = ConnectionFactory()
    size = book.BYTES_AT_ONCE // 2
    for _ in range(5):
        EnvelopeFactory(connection=gateway, state=EnvelopeState.RECEIVED, size=size)
    assert len(book._portion(gateway)) == 3


def test_so_many_postings_are_claimed_at_once():
    target = ConnectionFactory(erp=True)
    PostingFactory.create_batch(
        posting.CLAIM_AT_ONCE + 5, target=target, state=PostingState.READY, attempt_count=0
    )
    assert len(posting._claim(target)) == posting.CLAIM_AT_ONCE
    assert len(posting._claim(target)) == 5
