from datetime import date

import pytest

from config.demo.planted import exception_problems
from integrations.sandbox.world.kinds import Kind, Planted
from tests.builders import ExceptionItemFactory, TransactionFactory

pytestmark = pytest.mark.django_db
SECOND = Planted(Kind.SECOND_CHARGE, "sale of 244.20", transaction_id="1002")


@pytest.fixture
def charges():
    """The two charges for an invoice, the first of which was seen last and is on account."""
    first = TransactionFactory(vendor_id="1001", reference_texts=["537397", "PO-1"])
    TransactionFactory(
        connection=first.connection,
        vendor_id="1002",
        amount=first.amount,
        customer_ref=first.customer_ref,
        reference_texts=["537397", "PO-2"],
    )
    ExceptionItemFactory(
        connection=first.connection, transaction=first, fact=None, reason="second_charge"
    )
    return first


def test_of_two_charges_either_may_be_the_second_where_receipts_are_entered_at_once(charges):
    assert list(exception_problems([SECOND], at_capture=True)) == []


def test_where_they_are_entered_at_the_settlement_it_is_the_later_one(charges):
    missing, unexpected = exception_problems([SECOND], at_capture=False)
    assert missing.startswith("Planted and not found: second_charge")
    assert unexpected.startswith("Open and not planted: Second charge")


def test_a_charge_for_another_invoice_is_not_the_planted_one(charges):
    charges.reference_texts = ["537398"]
    charges.save()
    assert len(list(exception_problems([SECOND], at_capture=True))) == 2


@pytest.mark.parametrize(
    ("name", "problems"), [("2010-12-05", 0), ("id 1003", 0), ("2010-12-06", 2)]
)
def test_a_card_number_is_shown_by_a_document_that_holds_its_payment(name, problems):
    payment = TransactionFactory(vendor_id="1003", captured_on=date(2010, 12, 5))
    ExceptionItemFactory(
        connection=payment.connection,
        transaction=None,
        fact=None,
        reason="card_number_removed",
        details={"name": name},
    )
    planted = Planted(Kind.CARD_NUMBER, "please charge …", transaction_id="1003")
    assert len(list(exception_problems([planted], at_capture=False))) == problems
