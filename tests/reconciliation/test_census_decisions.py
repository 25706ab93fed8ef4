"""What a document found in the ERP is, against what is owed; nothing is read here."""

from decimal import Decimal

import pytest

from integrations.canonical import DocumentKind, DocumentRef
from integrations.standing import Standing, StandingDocument
from reconciliation import census
from reconciliation.census import Owed

FIELDS = {"amount": "10.00 USD", "customer": "17850"}


def owed(**changes):
    values = {
        "key": "k", "posting_id": 7, "kind": "cash_receipt", "stands": True, "is_cancelled": False,
        "is_posted": True, "fields": FIELDS, "amount": Decimal("10.00"), "currency": "USD",
        "document_no": "1-CR",
    }  # fmt: skip
    return Owed(**(values | changes))


def found(standing=Standing.POSTED, **fields):
    document = DocumentRef("1-CR", "1", "4", True)
    return StandingDocument(
        "k", DocumentKind.CASH_RECEIPT, "h", document, standing, FIELDS | fields
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "differing"),
    [
        (owed(), found(), []),
        (owed(), found(amount="9.00 USD"), ["amount"]),
        (owed(), found(amount="9.00 USD", customer="1"), ["amount", "customer"]),
        (owed(), found(Standing.PENDING), ["status"]),
        (owed(is_posted=False), found(Standing.PENDING), []),
        (owed(is_posted=False), found(), []),
        (owed(), found(Standing.VOIDED), ["status"]),
        (owed(), found(Standing.GONE), ["status"]),
        (owed(is_reversed=True), found(Standing.VOIDED), []),
        (owed(is_reversed=True), found(Standing.VOIDED, amount="9.00 USD"), ["amount"]),
        (owed(is_reversed=True), found(Standing.GONE), ["status"]),
        (owed(is_reversed=True), found(), []),
    ],
)
def test_what_differs_is_named(ours, theirs, differing):
    assert census.differing_fields(ours, theirs) == differing


def test_a_field_that_the_erp_adds_is_no_difference():
    assert census.differing_fields(owed(), found(comment="by hand")) == []


def test_the_same_difference_has_the_same_fingerprint_and_another_one_not():
    first = census.edited(owed(), found(amount="9.00 USD"), ["amount"])
    again = census.edited(owed(), found(amount="9.00 USD"), ["amount"])
    other = census.edited(owed(), found(amount="8.00 USD"), ["amount"])
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_a_finding_says_both_sides_in_words():
    finding = census.edited(owed(), found(amount="9.00 USD"), ["amount"])
    said = "Cash receipt 1-CR was changed in the ERP: amount “10.00 USD” → “9.00 USD”."
    assert finding.message == said
    assert (finding.owed["status"], finding.found["status"]) == ("posted", "posted")
