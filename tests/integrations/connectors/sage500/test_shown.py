"""What is found by our keys is shown as it stands, and compared with what is owed."""

from dataclasses import replace
from decimal import Decimal

import pytest

from integrations.canonical import (
    BatchDraft,
    BatchPostDraft,
    BatchPurpose,
    CreditMemoDraft,
    ReceiptApplicationDraft,
    ReceiptReversalDraft,
    content_hash,
)
from integrations.content import differences
from integrations.sandbox.sage500.faults import edit_behind
from tests.integrations.connectors.sage500.conftest import COMPANY, DAY, Shop, receipt, usd
from tests.integrations.connectors.sage500.test_posting import journal


def fields(sage, key, draft):
    [found] = sage.find_postings(COMPANY, [key])
    return {d.field: (d.owed, d.found) for d in differences(draft, content_hash(draft), found)}


@pytest.fixture
def posted(shop: Shop):
    """A posted receipt: its outcome and its draft."""
    draft = receipt(shop.invoice(1, "25.00"), "25.00")
    batch_ref = shop.open_batch()
    made = shop.post("receipt", draft, batch_ref)
    shop.post_batch(batch_ref, 1, "25.00")
    return made, draft


def test_what_stands_as_it_is_owed_has_no_difference_entered_and_posted(shop: Shop, sage):
    draft = receipt(shop.invoice(1, "25.00"), "25.00")
    batch_ref = shop.open_batch()
    made = shop.post("receipt", draft, batch_ref)
    assert fields(sage, made.key, draft) == {}
    shop.post_batch(batch_ref, 1, "25.00")
    assert fields(sage, made.key, draft) == {}


def test_every_kind_of_document_is_shown_and_equal(shop: Shop, sage):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    on_account = receipt(item, "40.00", applications=())
    money = shop.post("receipt", on_account, batch_ref)
    shop.post_batch(batch_ref, 1, "40.00")
    applied = ReceiptApplicationDraft(
        COMPANY, money.document.key, money.document.number, item, "", usd("25.00")
    )
    memo = CreditMemoDraft(COMPANY, "17850", DAY, usd("5.00"), "4100-00", "GB1208", "Refund")
    drafts = {
        "application": (applied, BatchPurpose.APPLICATIONS),
        "memo": (memo, BatchPurpose.MEMOS),
        "journal": (journal(), BatchPurpose.JOURNALS),
    }
    for name, (draft, purpose) in drafts.items():
        opened = shop.post(f"batch {name}", BatchDraft(COMPANY, purpose, DAY, "1209")).document
        made = shop.post(name, draft, opened.batch_ref)
        [found] = sage.find_postings(COMPANY, [made.key])
        assert found.shown is not None, name
        assert fields(sage, made.key, draft) == {}, name
    assert fields(sage, money.key, on_account) == {}


def test_a_later_application_is_no_difference_of_the_receipt(shop: Shop, sage):
    item, batch_ref = shop.invoice(1, "25.00"), shop.open_batch()
    draft = receipt(item, "40.00", applications=())
    money = shop.post("receipt", draft, batch_ref)
    shop.post_batch(batch_ref, 1, "40.00")
    applied = ReceiptApplicationDraft(COMPANY, money.document.key, "", item, "", usd("25.00"))
    later = shop.post("later", BatchDraft(COMPANY, BatchPurpose.APPLICATIONS, DAY, "1209"))
    shop.post("application", applied, later.document.batch_ref)
    post = BatchPostDraft(COMPANY, BatchPurpose.APPLICATIONS, 1, usd("25.00"))
    shop.post("post later", post, later.document.batch_ref)
    assert fields(sage, money.key, draft) == {}


def test_an_amount_that_was_changed_behind_our_back_is_a_difference(sage, sage_url, posted):
    made, draft = posted
    edit_behind(sage_url, int(made.document.key), "amount", amount=Decimal("20.00"))
    assert fields(sage, made.key, draft)["Amount"] == ("25.00 USD", "20.00 USD")


def test_a_receipt_that_was_voided_is_a_difference(sage, sage_url, posted):
    made, draft = posted
    edit_behind(sage_url, int(made.document.key), "void")
    assert fields(sage, made.key, draft)["State"] == ("valid", "void")


def test_another_customer_and_another_invoice_are_differences(sage, posted):
    made, draft = posted
    other = replace(draft, customer_id="12583", applications=())
    found = fields(sage, made.key, other)
    assert found["Customer"] == ("12583", "17850")
    assert found["Applications"][0] == "none"


@pytest.fixture
def reversal(shop: Shop):
    """An entered reversal of an entered receipt: its outcome, its draft and their batch."""
    batch_ref = shop.open_batch()
    money = shop.post("receipt", receipt(shop.invoice(1, "25.00"), "25.00"), batch_ref).document
    taken = (money.key, money.number, DAY, usd("25.00"), "512345678", "GB1208", "Voided")
    draft = ReceiptReversalDraft(COMPANY, *taken)
    return shop.post("reversal", draft, batch_ref), draft, batch_ref


def test_a_reversal_is_shown_and_equal_entered_and_posted(shop: Shop, sage, reversal):
    made, draft, batch_ref = reversal
    assert fields(sage, made.key, draft) == {}
    shop.post_batch(batch_ref, 2, "50.00")
    [found] = sage.find_postings(COMPANY, [made.key])
    assert (found.shown.amount, found.shown.receipt_key) == (usd("25.00"), draft.receipt_key)
    assert fields(sage, made.key, draft) == {}


def test_a_reversal_that_was_changed_behind_our_back_is_a_difference(sage, sql, reversal):
    made, draft, _ = reversal
    sql(
        'UPDATE "tarPendCustPmt" SET "TranAmt" = -20, "SettlementRefNo" = %s, "RvrsdPmtKey" = 1'
        ' WHERE "CustPmtKey" = %s',
        "GB9999",
        int(made.document.key),
    )
    found = fields(sage, made.key, draft)
    assert found["Amount"] == ("25.00 USD", "20.00 USD")
    assert found["Settlement reference"] == ("GB1208", "GB9999")
    assert found["Receipt"] == (draft.receipt_key, "1")
