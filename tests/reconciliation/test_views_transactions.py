from datetime import UTC, datetime
from decimal import Decimal

import pytest

from audit.roles import Role
from integrations.choices import PostingState
from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem
from tests.builders import (
    AttemptFactory,
    BankLineFactory,
    CertificateFactory,
    EffectFactory,
    ExceptionItemFactory,
    MatchFactory,
    PostingFactory,
    ReservationFactory,
    TransactionFactory,
    TransactionHistoryFactory,
)
from tests.pages import row_ids
from tests.world import person

pytestmark = pytest.mark.django_db


def found(client, **query):
    return row_ids(client.get("/transactions/", query))


def test_the_newest_comes_first_and_the_order_can_be_turned(desk):
    old = TransactionFactory(captured_at=datetime(2011, 2, 1, tzinfo=UTC)).pk
    new = TransactionFactory(captured_at=datetime(2011, 2, 2, tzinfo=UTC)).pk
    assert found(desk) == [new, old]
    assert found(desk, sort="captured_at") == [old, new]


def test_a_column_without_an_index_does_not_sort(desk):
    TransactionFactory.create_batch(2)
    assert found(desk, sort="amount") == found(desk)


@pytest.mark.parametrize("words", ["700099", "70009999", "INV 77", "99.95", "−99.95", "99.95 USD"])
def test_search_takes_the_beginning_of_an_id_or_reference_or_an_amount(desk, words):
    wanted = TransactionFactory(vendor_id="70009999", payer_ref="INV 77", amount=Decimal("99.95"))
    TransactionFactory(vendor_id="81", payer_ref="x INV 77", amount=Decimal("9.99"))
    assert found(desk, q=words) == [wanted.pk]


def test_markup_in_a_search_comes_back_as_text(desk):
    html = desk.get("/transactions/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in html


def test_days_are_taken_whole_on_both_ends(desk):
    first = TransactionFactory(captured_at=datetime(2011, 2, 1, 0, 0, tzinfo=UTC)).pk
    last = TransactionFactory(captured_at=datetime(2011, 2, 2, 23, 59, 59, tzinfo=UTC)).pk
    TransactionFactory(captured_at=datetime(2011, 2, 3, 0, 0, tzinfo=UTC))
    TransactionFactory(captured_at=datetime(2011, 1, 31, 23, 59, 59, tzinfo=UTC))
    assert found(desk, since="2011-02-01", until="2011-02-02") == [last, first]


def test_status_kind_batch_and_customer_narrow_the_list(desk):
    wanted = TransactionFactory(settled=True, refund=True, customer_id="999")
    TransactionFactory(settled=True)
    query = {"status": "settled", "kind": "refund", "customer": "999", "batch": wanted.batch_ref}
    assert found(desk, **query) == [wanted.pk]


def test_a_filter_survives_turning_the_page(desk):
    TransactionFactory.create_batch(52, settled=True)
    html = desk.get("/transactions/", {"status": "settled"}).content.decode()
    assert "52 rows" in html
    assert 'rel="next" href="/transactions/?status=settled&amp;page=' in html


def test_an_empty_result_offers_to_clear_the_filters(desk):
    html = desk.get("/transactions/", {"q": "nothing like this"}).content.decode()
    assert "Nothing matches these filters." in html


def test_a_refund_shows_a_true_minus_and_its_currency(desk):
    TransactionFactory(refund=True, amount=Decimal("1234.50"))
    assert (
        '−1,234.50 <span class="currency">USD</span>' in desk.get("/transactions/").content.decode()
    )


def test_the_detail_tells_the_way_from_the_envelope_to_the_certificate(desk):
    row = TransactionFactory(settled=True)
    TransactionHistoryFactory(transaction=row, to_status="captured")
    posting = PostingFactory(posted=True, document_no="CR-7")
    effect = EffectFactory(transaction=row, posting=posting, rules=["status 3: settled sale"])
    ReservationFactory(effect=effect, document_no="536365")
    AttemptFactory(posting=posting)
    MatchFactory(batch=row.batch, line=BankLineFactory(description="DEPOSIT 14 FEB"))
    CertificateFactory(batch=row.batch)
    html = desk.get(f"/transactions/{row.pk}/").content.decode()
    told = [
        "Gateway says: captured", "Came by", "Decided by the rules", "status 3: settled sale",
        "Cash receipt of", "/invoices/536365/", "CR-7", "Attempt 1", "Settled in a batch",
        "DEPOSIT 14 FEB", "Proven",
    ]  # fmt: skip
    places = [html.find(words, html.find("From the gateway to the proof")) for words in told]
    assert -1 not in places
    assert html.count("Not at the bank yet") == 0


def test_steps_that_are_to_come_say_what_they_wait_for(desk):
    row = TransactionFactory()
    html = desk.get(f"/transactions/{row.pk}/").content.decode()
    assert "Not due until the gateway settles it" in html
    assert "Waits for the gateway to close its batch" in html


@pytest.mark.parametrize(
    ("state", "words"), [(PostingState.POSTED, "In the ledger"), (PostingState.READY, "On its way")]
)
def test_a_refund_says_whether_its_journal_is_in_the_ledger(desk, state, words):
    row = TransactionFactory(settled=True, refund=True, placement="")
    EffectFactory(transaction=row, posting__state=state)
    assert f">{words}</td>" in desk.get("/transactions/").content.decode()


def test_what_the_payer_wrote_is_told_once_and_without_empty_fields(desk):
    TransactionFactory(reference_texts=["537244", "", "PO-6", "PO-6"], payer_ref="PO-6")
    assert ">537244, PO-6</td>" in desk.get("/transactions/").content.decode()


def test_an_open_exception_stands_on_top_of_the_detail(desk):
    row = TransactionFactory()
    item = ExceptionItemFactory(transaction=row, message="Nobody is called that.")
    html = desk.get(f"/transactions/{row.pk}/").content.decode()
    assert "Nobody is called that." in html
    assert f'href="/exceptions/{item.pk}/"' in html


def test_the_detail_of_a_long_life_stays_in_its_budget(desk, django_assert_max_num_queries):
    row = TransactionFactory(settled=True)
    TransactionHistoryFactory.create_batch(3, transaction=row)
    for _ in range(4):
        posting = EffectFactory(transaction=row).posting
        AttemptFactory.create_batch(3, posting=posting)
    with django_assert_max_num_queries(22):
        assert desk.get(f"/transactions/{row.pk}/").status_code == 200


def test_a_transaction_that_does_not_exist_is_not_found(desk):
    assert desk.get("/transactions/999999/").status_code == 404


def test_the_envelopes_of_its_life_are_linked_for_those_who_may_open_them(client, desk):
    history = TransactionHistoryFactory()
    url = f"/transactions/{history.transaction_id}/"
    link = f'href="/envelopes/{history.fact.envelope_id}/"'
    assert link not in desk.get(url).content.decode()
    client.force_login(person("anna", Role.AUDITOR))
    assert link in client.get(url).content.decode()


def test_where_a_payments_money_stands_is_questioned_from_its_page(desk):
    row = TransactionFactory(settled=True)
    page = f"/transactions/{row.pk}/"
    assert "Question where its money stands" in desk.get(page).content.decode()
    answer = desk.post(f"{page}question/", {"note": "It is the daughter company's."})
    item = ExceptionItem.objects.get(reason=Reason.QUESTIONED)
    assert answer.url == f"/exceptions/{item.pk}/"
    assert item.message == "operator: It is the daughter company's."
    again = desk.post(f"{page}question/", {"note": "Once more."})
    assert again.url == answer.url


def test_a_question_needs_words_and_money_that_stands_with_a_customer(desk):
    row = TransactionFactory(settled=True)
    desk.post(f"/transactions/{row.pk}/question/", {"note": " "})
    assert "Say what is wrong" in desk.get(f"/transactions/{row.pk}/").content.decode()
    held = TransactionFactory(placement="")
    assert "Question where" not in desk.get(f"/transactions/{held.pk}/").content.decode()
    desk.post(f"/transactions/{held.pk}/question/", {"note": "Why?"})
    assert not ExceptionItem.objects.exists()
