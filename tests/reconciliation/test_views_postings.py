import pytest

from integrations.choices import AttemptOutcome, PostingState
from reconciliation.choices import EffectKind
from reconciliation.tables import POSTINGS
from reconciliation.views.postings import PostingList
from tests.builders import AttemptFactory, EffectFactory, PostingFactory, TransactionFactory
from tests.kept_world import kept_world
from tests.pages import row_ids

pytestmark = pytest.mark.django_db


def test_postings_can_be_listed_by_their_state(desk):
    held = PostingFactory(held=True)
    PostingFactory(posted=True)
    assert row_ids(desk.get("/postings/", {"state": PostingState.HELD})) == [held.pk]


@pytest.mark.parametrize("words", ["CR-77", "SOA:x:1", "CRB-9"])
def test_a_posting_is_found_by_document_key_or_erp_batch(desk, words):
    wanted = PostingFactory(posted=True, document_no="CR-77", key="SOA:x:1:r", batch_ref="CRB-9")
    PostingFactory(posted=True)
    assert row_ids(desk.get("/postings/", {"q": words})) == [wanted.pk]


def test_the_detail_shows_every_attempt_and_its_answer(desk):
    posting = PostingFactory(held=True)
    AttemptFactory(posting=posting, outcome=AttemptOutcome.NOT_SENT, message="Never connected.")
    AttemptFactory(posting=posting, number=2, outcome=AttemptOutcome.REFUSED, message="No period.")
    html = desk.get(f"/postings/{posting.pk}/").content.decode()
    for words in (
        "Never left",
        "Never connected.",
        "Refused",
        "No period.",
        "is closed in company",
    ):
        assert words in html


def test_the_detail_says_why_it_is_owed(desk):
    row = TransactionFactory()
    effect = EffectFactory(transaction=row, rules=["status 3: settled sale"])
    html = desk.get(f"/postings/{effect.posting.pk}/").content.decode()
    assert f'href="/transactions/{row.pk}/"' in html
    assert "status 3: settled sale" in html


def test_postings_are_listed_by_what_they_are_in_the_books(desk):
    refund = EffectFactory(kind=EffectKind.REFUND, posting__kind="journal").posting
    EffectFactory(kind=EffectKind.DEPOSIT, posting__kind="journal")
    response = desk.get("/postings/", {"kind": "refund"})
    assert row_ids(response) == [refund.pk]
    assert "Refund journal</td>" in response.content.decode()


def test_a_posting_leads_to_what_it_is_owed_for(desk):
    row = EffectFactory(transaction=TransactionFactory()).transaction
    assert f'href="/transactions/{row.pk}/"' in desk.get("/postings/").content.decode()


def test_the_draft_is_shown_field_by_field(desk):
    draft = {"customer_id": "12583", "lines": [{"account": "1055", "debit": "5.00"}], "memo": ""}
    posting = PostingFactory(draft=draft)
    html = desk.get(f"/postings/{posting.pk}/").content.decode()
    assert "Customer id" in html
    assert "Lines, 1" in html
    assert "debit 5.00, account 1055" in html
    assert "Memo" not in html


@pytest.fixture
def refund():
    """A refund that is ready and goes after the receipt of its sale."""
    sale = PostingFactory(key="SOA:x:1:receipt", state=PostingState.HELD)
    return PostingFactory(key="SOA:x:2:refund", after=sale.key), sale


def test_a_refund_says_that_it_waits_for_the_receipt_of_its_sale(desk, refund):
    row, sale = refund
    html = desk.get(f"/postings/{row.pk}/").content.decode()
    assert f'Waits for the receipt of its sale: <a href="/postings/{sale.pk}/">' in html
    assert "is held for a person." in html
    listed = desk.get("/postings/").content.decode()
    assert f'<a href="/postings/{sale.pk}/">Waits for the receipt of its sale</a>' in listed


@pytest.mark.parametrize("state", [PostingState.ENTERED, PostingState.POSTED])
def test_it_waits_no_more_once_the_receipt_stands(desk, refund, state):
    row, sale = refund
    sale.state = state
    sale.save()
    for url in ("/postings/", f"/postings/{row.pk}/"):
        assert "Waits for the receipt" not in desk.get(url).content.decode()


def test_a_document_says_that_it_waits_for_its_erp_batch(desk):
    group = PostingFactory(kind="batch")
    row = PostingFactory(group=group)
    html = desk.get(f"/postings/{row.pk}/").content.decode()
    assert f'Waits for its ERP batch to be opened: <a href="/postings/{group.pk}/">' in html


def test_every_column_is_read_with_its_row(db, business_day, django_assert_num_queries):
    kept_world(days=6, per_day=1)
    PostingFactory(state=PostingState.UNKNOWN)
    rows = list(PostingList().rows())
    assert rows
    with django_assert_num_queries(0):
        cells = [column.cell(row) for row in rows for column in POSTINGS.columns]
        values = [column.value(row) for row in rows for column in POSTINGS.columns]
    assert len(cells) == len(values)
