"""What stands in the ERP under our keys, read back from its own tables."""

from decimal import Decimal

import pytest
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.mssql import mssqlpython

from integrations.canonical import (
    BatchDraft,
    BatchPurpose,
    CreditMemoDraft,
    CustomerDraft,
    DocumentKind,
    JournalDraft,
    JournalLineDraft,
    ReceiptReversalDraft,
    draft_to_json,
)
from integrations.connectors.sage500 import standing_reads
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.tables import tables_of
from integrations.sandbox.sage500.faults import edit_behind
from integrations.standing import Standing, owed_fields
from tests.integrations.connectors.sage500.conftest import COMPANY, DAY, receipt, usd

COPY = (
    'INSERT INTO "tarCustPmt" SELECT (jsonb_populate_record(p, jsonb_build_object('
    "'CustPmtKey', p.\"CustPmtKey\" + 500000, 'TranNo', 'T' || right(p.\"TranNo\", 9)))).*"
    ' FROM "tarCustPmt" p WHERE "CustPmtKey" = %s'
)


def mine(sage, shop):
    found = {row.key: row for row in sage.list_postings(COMPANY, f"{shop.prefix}:", 1000)}
    return {key: row for key, row in found.items() if key.startswith(f"{shop.prefix}:")}


@pytest.fixture
def posted(shop):
    """A posted receipt: its draft and its key in the ERP."""
    draft = receipt(shop.invoice(1, "100.00"), "100.00", payment_ref=f"P{shop.prefix}")
    batch = shop.open_batch()
    document = shop.post("receipt", draft, batch).document
    shop.post_batch(batch, 1, "100.00")
    return draft, int(document.key)


def test_what_is_owed_is_what_stands_field_by_field(sage, shop, posted):
    draft, _ = posted
    found = mine(sage, shop)
    assert found[f"{shop.prefix}:receipt"].fields == owed_fields(draft_to_json(draft))
    assert {row.standing for row in found.values()} == {Standing.POSTED}
    assert {row.kind for row in found.values()} == {
        DocumentKind.BATCH, DocumentKind.CASH_RECEIPT, DocumentKind.BATCH_POST,
    }  # fmt: skip


def test_a_customer_of_ours_stands_until_somebody_takes_it_away(sage, shop, sql):
    draft = CustomerDraft(COMPANY, "Ann Lee", DAY, number_prefix=shop.prefix[:4])
    number = shop.post("customer", draft).document.number
    [row] = mine(sage, shop).values()
    assert (row.kind, row.standing, row.document.number) == (
        DocumentKind.CUSTOMER, Standing.POSTED, number,
    )  # fmt: skip
    assert row.fields == owed_fields(draft_to_json(draft)) == {}
    sql('DELETE FROM "tarCustomer" WHERE "CustID" = %s', number)
    assert mine(sage, shop)[row.key].standing is Standing.GONE
    [found] = sage.find_postings(COMPANY, [row.key])
    assert found.details["document_present"] is False


def test_a_receipt_that_waits_for_its_batch_is_pending(sage, shop):
    draft = receipt(shop.invoice(1, "30.00"), "30.00", payment_ref="")
    shop.post("receipt", draft, shop.open_batch())
    found = mine(sage, shop)[f"{shop.prefix}:receipt"]
    assert found.standing is Standing.PENDING
    assert found.fields == owed_fields(draft_to_json(draft))


def test_a_journal_and_a_memo_stand_as_they_are_owed(sage, shop):
    lines = (
        JournalLineDraft("1000-00", usd("96.80"), usd("0.00"), "J-1", "net"),
        JournalLineDraft("1050-00", usd("0.00"), usd("96.80"), "J-1", "clearing"),
    )
    journal = JournalDraft(COMPANY, DAY, "Deposit", lines)
    memo = CreditMemoDraft(COMPANY, "17850", DAY, usd("5.00"), "4100-00", "M-1", "Return")
    for purpose, name, draft in (
        (BatchPurpose.JOURNALS, "j", journal), (BatchPurpose.MEMOS, "m", memo),
    ):  # fmt: skip
        batch = shop.post(f"batch-{name}", BatchDraft(COMPANY, purpose, DAY, "B")).document
        shop.post(name, draft, batch.batch_ref)
    found = mine(sage, shop)
    assert found[f"{shop.prefix}:j"].fields == owed_fields(draft_to_json(journal))
    assert found[f"{shop.prefix}:m"].fields == owed_fields(draft_to_json(memo))


def test_pages_hold_every_key_once_whatever_their_size(sage, shop, posted):
    whole = [row.key for row in sage.list_postings(COMPANY, "", 10_000)]
    paged, after = [], ""
    while page := sage.list_postings(COMPANY, after, 2):
        paged += [row.key for row in page]
        after = page[-1].key
    assert paged == whole
    assert len(paged) == len(set(paged))


def test_what_a_bookkeeper_did_shows_with_who_did_it(sage, sage_url, shop, posted):
    _, key = posted
    edit_behind(sage_url, key, "amount", amount=Decimal("90.00"))
    [found] = sage.postings_of(COMPANY, [f"{shop.prefix}:receipt"])
    assert found.fields["amount"] == "90.00 USD"
    assert found.fields["applications"].endswith(": 90.00 USD")
    assert (found.changed_by, bool(found.changed_at)) == ("bookkeeper", True)
    edit_behind(sage_url, key, "void")
    [found] = sage.postings_of(COMPANY, [f"{shop.prefix}:receipt"])
    assert found.standing is Standing.VOIDED


def test_a_document_that_was_deleted_leaves_its_key_behind(sage, shop, posted, sql):
    sql('DELETE FROM "tarCustPmt" WHERE "CustPmtKey" = %s', posted[1])
    [found] = sage.postings_of(COMPANY, [f"{shop.prefix}:receipt"])
    assert (found.standing, found.fields) == (Standing.GONE, {})


def test_a_receipt_that_we_reversed_is_voided_by_a_document_of_ours(sage, shop, posted):
    _, key = posted
    draft = ReceiptReversalDraft(
        company=COMPANY, receipt_key=str(key), receipt_no="", dated_on=DAY, amount=usd("100.00"),
        payment_ref=f"P{shop.prefix}", settlement_ref="GB1208", comment="Void",
    )  # fmt: skip
    batch = shop.post("batch-2", BatchDraft(COMPANY, BatchPurpose.RECEIPTS, DAY, "B", "1050-00"))
    shop.post("reversal", draft, batch.document.batch_ref)
    found = mine(sage, shop)
    reversal = found[f"{shop.prefix}:reversal"]
    expected = owed_fields(draft_to_json(draft))
    assert {name: reversal.fields[name] for name in expected} == expected
    assert reversal.standing is Standing.PENDING
    assert found[f"{shop.prefix}:receipt"].standing is Standing.VOIDED
    assert f"{shop.prefix}:receipt" not in {stray.resembles for stray in strays(sage, 100)}


def strays(sage, limit):
    found, cursor = sage.list_strays(COMPANY, "", limit)
    while cursor:
        more, cursor = sage.list_strays(COMPANY, cursor, limit)
        found += more
    return found


@pytest.mark.parametrize("limit", [1, 100])
def test_a_copy_of_our_receipt_is_a_stray_that_resembles_it(sage, shop, posted, sql, limit):
    before = {row.document.key for row in strays(sage, limit)}
    sql(COPY, posted[1])
    [stray] = [row for row in strays(sage, limit) if row.document.key not in before]
    assert stray.resembles == f"{shop.prefix}:receipt"
    assert (stray.key, stray.fields["amount"]) == ("", "100.00 USD")
    sql('DELETE FROM "tarCustPmt" WHERE "CustPmtKey" = %s', posted[1] + 500000)


def test_every_question_is_also_sql_servers():
    tables = tables_of(Sage500Settings(url="postgresql://x/y"))
    queries = [
        standing_reads.keyed_documents(tables, COMPANY, after="a", limit=5),
        standing_reads.journal_lines(tables, [1]),
        *standing_reads.applications_of(tables, [1]),
        *(standing_reads.strays(tables, COMPANY, p, 0, 5) for p in standing_reads.PLACES),
    ]
    for query in queries:
        assert str(query.compile(dialect=postgresql.dialect()))
        asked = str(query.compile(dialect=mssqlpython.dialect(paramstyle="pyformat")))
        assert "LIMIT" not in asked
        assert "[tieout]" in asked or "tieout." in asked or "[PostingKey]" not in asked
