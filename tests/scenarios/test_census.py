"""The ERP changes behind the hub's back: one census finds it, under its own name."""

from decimal import Decimal

import pytest

from integrations.models import Alert, Pair
from integrations.sandbox.sage500 import faults as sage_faults
from reconciliation.models import Census, ExceptionItem
from reconciliation.services import census, desk
from tests.hub import Hub
from tests.world import operator

LAST_CUSTOMER = '(SELECT max("CustKey") FROM "tarCustomer")'
COPY = (
    'INSERT INTO "tarCustPmt" SELECT (jsonb_populate_record(p, jsonb_build_object('
    "'CustPmtKey', p.\"CustPmtKey\" + 500000, 'TranNo', 'T' || right(p.\"TranNo\", 9)))).*"
    ' FROM "tarCustPmt" p WHERE "CustPmtKey" = %s RETURNING 1'
)


@pytest.fixture
def posted(hub: Hub):
    """Two receipts on the books; the ERP's key of the first."""
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    hub.sale("100.00", "536365")
    hub.sale("50.00", "536366")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "145.05"))
    rows = hub.sql('SELECT "CustPmtKey" FROM "tarCustPmt" WHERE "TranAmt" = 100')
    return rows[0][0]


def count(hub: Hub) -> Census:
    return census.take(Pair.objects.get(pk=hub.pair.pk)).census


def wrong(row: Census) -> dict[str, int]:
    names = ("missing", "double", "edited", "unowed", "accepted")
    return {name: getattr(row, name) for name in names if getattr(row, name)}


def test_a_census_of_books_in_order_finds_all_that_is_owed(hub: Hub, posted):
    row = count(hub)
    assert (row.owed, row.found, row.fits) == (7, 7, True)
    assert (wrong(row), row.waiting, row.findings.count()) == ({}, 0, 0)
    assert hub.reasons() == []


def test_an_edited_amount_is_a_foreign_edit_with_both_sides(hub: Hub, posted):
    sage_faults.edit_behind(hub.sage_url, posted, "amount", amount=Decimal("90.00"))
    row = count(hub)
    finding = row.findings.get()
    assert wrong(row) == {"edited": 1}
    assert (finding.owed["amount"], finding.found["amount"]) == ("100.00 USD", "90.00 USD")
    assert finding.differing == ["amount", "applications"]
    assert finding.changed_by == "bookkeeper"
    assert "“100.00 USD” → “90.00 USD”" in finding.message
    assert hub.reasons() == ["foreign_edit"]


@pytest.mark.parametrize(
    ("statement", "field"),
    [
        ("UPDATE \"tarCustPmt\" SET \"TranDate\" = '2010-12-25'", "date"),
        (f'UPDATE "tarCustPmt" SET "CustKey" = {LAST_CUSTOMER}', "customer"),
        ("UPDATE \"tarCustPmt\" SET \"SettlementRefNo\" = 'OTHER'", "settlement"),
    ],
)  # fmt: skip
def test_any_field_of_a_receipt_is_watched(hub: Hub, posted, statement, field):
    hub.invoice("536999", "1.00", customer="99999")
    hub.sql(f'{statement} WHERE "CustPmtKey" = %s RETURNING 1', posted)
    assert count(hub).findings.get().differing == [field]


def test_a_voided_receipt_is_a_foreign_edit_that_says_so(hub: Hub, posted):
    sage_faults.edit_behind(hub.sage_url, posted, "void")
    finding = count(hub).findings.get()
    assert (finding.kind, finding.found["status"]) == ("edited", "voided")
    assert "was voided in the ERP by bookkeeper" in finding.message


def test_a_deleted_receipt_is_found_by_the_key_that_it_left(hub: Hub, posted):
    hub.sql('DELETE FROM "tarCustPmt" WHERE "CustPmtKey" = %s RETURNING 1', posted)
    row = count(hub)
    assert (row.owed, row.found, wrong(row)) == (7, 6, {"edited": 1})
    assert "was deleted in the ERP" in row.findings.get().message


def test_a_document_gone_with_its_key_is_missing(hub: Hub, posted):
    hub.sql('DELETE FROM "tarCustPmt" WHERE "CustPmtKey" = %s RETURNING 1', posted)
    hub.sql(
        'DELETE FROM tieout."PostingKey" WHERE "DocumentKind" = \'cash_receipt\''
        ' AND "DocumentKey" = %s RETURNING 1',
        posted,
    )
    row = count(hub)
    assert (row.owed, row.found, wrong(row)) == (7, 6, {"missing": 1})
    assert row.findings.get().posting.document_key == str(posted)
    assert hub.reasons() == ["census_missing"]


def test_a_receipt_that_stands_twice_is_double(hub: Hub, posted):
    hub.sql(COPY, posted)
    row = count(hub)
    assert (row.found, wrong(row)) == (7, {"double": 1})
    assert row.findings.get().document_key == str(posted + 500000)


def test_a_key_that_nothing_owes_is_named(hub: Hub, posted):
    hub.sql(
        'UPDATE tieout."PostingKey" SET "PostingKey" = "PostingKey" || \'x\''
        ' WHERE "DocumentKind" = \'cash_receipt\' AND "DocumentKey" = %s RETURNING 1',
        posted,
    )
    assert wrong(count(hub)) == {"missing": 1, "unowed": 1}


def test_what_stands_by_hand_in_a_batch_of_ours_is_not_owed(hub: Hub, posted):
    hub.sql(COPY, posted)
    hub.sql(
        'UPDATE "tarCustPmt" SET "PmtRefNo" = \'by hand\' WHERE "CustPmtKey" = %s RETURNING 1',
        posted + 500000,
    )
    assert wrong(count(hub)) == {"unowed": 1}


def test_what_is_on_its_way_is_never_missing(hub: Hub, posted):
    hub.close_period()
    hub.sale("20.00", "536365")
    hub.settle()
    row = count(hub)
    assert (row.fits, row.owed, row.on_the_way) == (True, 7, {"held": 1, "ready": 2})


def test_a_finding_closes_its_exception_once_it_is_gone(hub: Hub, posted):
    sage_faults.edit_behind(hub.sage_url, posted, "amount", amount=Decimal("90.00"))
    count(hub)
    hub.run()
    assert hub.reasons() == ["foreign_edit"]
    sage_faults.edit_behind(hub.sage_url, posted, "amount", amount=Decimal("100.00"))
    hub.sql(
        'UPDATE "tarCustPmtAppl" SET "PmtAmt" = 100 WHERE "ApplyFromPmtKey" = %s RETURNING 1',
        posted,
    )
    assert count(hub).fits
    assert (hub.reasons(), hub.reasons("resolved")) == ([], ["foreign_edit"])


def test_what_a_person_accepted_is_counted_apart_and_not_asked_again(hub: Hub, posted):
    sage_faults.edit_behind(hub.sage_url, posted, "void")
    count(hub)
    desk.dismiss(ExceptionItem.objects.get(), "Voided by the controller.", f"user:{operator()}")
    row = count(hub)
    assert (wrong(row), row.fits, row.findings.get().is_accepted) == ({"accepted": 1}, True, True)
    assert hub.reasons() == []


def test_finance_hears_of_a_difference_and_operations_of_a_double(hub: Hub, posted):
    hub.sql(COPY, posted)
    count(hub)
    assert set(Alert.objects.values_list("kind", "state")) == {
        ("census_finding", "open"), ("erp_count", "open"),
    }  # fmt: skip
    hub.sql('DELETE FROM "tarCustPmt" WHERE "CustPmtKey" = %s RETURNING 1', posted + 500000)
    count(hub)
    assert set(Alert.objects.values_list("state", flat=True)) == {"cleared"}
