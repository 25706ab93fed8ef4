from datetime import date
from decimal import Decimal

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.errors import TransientError
from integrations.standing import Standing
from reconciliation.choices import EffectKind
from reconciliation.document_table import DOCUMENTS
from reconciliation.services import read_documents
from reconciliation.views.documents import DocumentList
from tests.builders import (
    CensusFindingFactory,
    DocumentReadingFactory,
    EffectFactory,
    PostingFactory,
    ReservationFactory,
    TransactionFactory,
)
from tests.clock import business_day  # noqa: F401
from tests.kept_world import kept_world
from tests.pages import row_ids
from tests.reconciliation.services.fake_erp import FakeErp, standing
from tests.world import person

pytestmark = pytest.mark.django_db


def document(**more):
    about = {key: more.pop(key) for key in ("amount", "document_no", "batch_ref") if key in more}
    posting = PostingFactory(posted=True, kind="cash_receipt", **about)
    return EffectFactory(posting=posting, pair__erp=posting.target, **more)


def shown(client, **query):
    return row_ids(client.get("/documents/", query))


def text(response):
    return " ".join(response.content.decode().split())


def test_only_what_the_erp_has_taken_is_a_document(desk):
    wanted = document()
    EffectFactory()
    document(kind=EffectKind.ERP_BATCH_POST)
    assert shown(desk) == [wanted.pk]


def test_the_newest_business_day_comes_first_and_days_narrow_the_list(desk):
    old, new = document(business_on=date(2011, 2, 1)), document(business_on=date(2011, 2, 3))
    assert shown(desk) == [new.pk, old.pk]
    assert shown(desk, sort="business_on") == [old.pk, new.pk]
    assert shown(desk, until="2011-02-02") == [old.pk]


def test_documents_are_found_by_how_they_were_read_back(desk):
    rows = {"never": document(), "as_posted": document(), "changed": document()}
    DocumentReadingFactory(posting=rows["as_posted"].posting)
    DocumentReadingFactory(posting=rows["changed"].posting, changed=True)
    for read, row in rows.items():
        assert shown(desk, read=read) == [row.pk]
    assert shown(desk, read="missing") == []


@pytest.mark.parametrize("words", ["CR-77", "CRB-9", "77.50", "−77.50"])
def test_a_document_is_found_by_number_erp_batch_or_amount(desk, words):
    wanted = document(document_no="CR-77", batch_ref="CRB-9", amount=Decimal("77.50"))
    document()
    assert shown(desk, q=words) == [wanted.pk]


def test_kind_company_erp_and_amounts_narrow_the_list(desk):
    wanted = document(kind=EffectKind.DEPOSIT, amount=Decimal(50))
    document(kind=EffectKind.DEPOSIT, amount=Decimal(500))
    document(amount=Decimal(50))
    query = {"kind": "deposit", "company": "SOA", "least": "50", "most": "50.00"}
    assert shown(desk, target=wanted.posting.target.pk, **query) == [wanted.pk]
    assert shown(desk, company="OTHER") == []


@pytest.mark.parametrize("amount", ["lots", "-1", "1e99"])
def test_a_limit_that_is_no_amount_shows_its_error_and_no_rows(desk, amount):
    document()
    response = desk.get("/documents/", {"least": amount})
    assert response.status_code == 422
    assert row_ids(response) == []
    assert "Least amount:" in text(response)


def test_a_changed_document_shows_both_sides_and_who_changed_it(desk):
    row = document(amount=Decimal("100.00"), transaction=TransactionFactory(settled=True))
    DocumentReadingFactory(posting=row.posting, changed=True)
    CensusFindingFactory(posting=row.posting)
    page = text(desk.get(f"/documents/{row.pk}/"))
    assert '<td>100.00 USD</td><td>90.00 USD <span class="differs-mark">differs</span>' in page
    assert "Last changed there by bookkeeper" in page
    assert "An ERP check says: Changed in the ERP" in page


def test_a_document_leads_both_ways_to_all_that_it_belongs_to(desk):
    sale = TransactionFactory(settled=True)
    row = document(transaction=sale)
    page = text(desk.get(f"/documents/{row.pk}/"))
    for url in (f"/transactions/{sale.pk}/", f"/batches/{sale.batch.pk}/"):
        assert f'href="{url}"' in page
        assert f'href="/documents/{row.pk}/"' in text(desk.get(url)), url
    assert f'href="/postings/{row.posting.pk}/"' in page
    assert f'href="/documents/{row.pk}/"' in text(desk.get(f"/postings/{row.posting.pk}/"))


def test_an_application_is_shown_by_the_invoice_that_people_know(desk):
    row = document()
    row.posting.draft["applications"] = [{"item_key": "118", "amount": "60.00 USD"}]
    row.posting.save()
    ReservationFactory(effect=row, item_key="118", document_no="536365")
    assert ">536365</a>" in text(desk.get(f"/documents/{row.pk}/"))


def test_a_document_that_the_erp_never_took_has_no_page(desk):
    assert desk.get(f"/documents/{EffectFactory().pk}/").status_code == 404


def read(client, row, erp, monkeypatch):
    def standing_of(connection):
        if isinstance(erp, Exception):
            raise erp
        return FakeErp(erp)

    monkeypatch.setattr(read_documents, "standing_of", standing_of)
    return text(client.post(f"/documents/{row.pk}/read/", follow=True))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, "Found, as posted"),
        ({"standing": Standing.VOIDED}, "Found, and changed"),
        (None, "Not found"),
    ],
)
def test_a_document_can_be_read_back_at_once(desk, monkeypatch, change, says):
    row = document()
    page = read(desk, row, [] if change is None else [standing(row, **change)], monkeypatch)
    assert f"Read back just now: {says.lower()}." in page
    assert f">{says}</span>" in page
    assert Entry.objects.get(action="document.read").summary.endswith(f"{says.lower()}.")


def test_an_erp_that_gives_no_answer_is_said_and_nothing_is_noted(desk, monkeypatch):
    row = document()
    page = read(desk, row, TransientError("No answer in 30 s."), monkeypatch)
    assert "The ERP could not be read: No answer in 30 s." in page
    assert "Not read back yet" in page


def test_whoever_only_looks_cannot_have_it_read(client):
    client.force_login(person("vera", Role.VIEWER))
    row = document()
    assert "Read it back now" not in text(client.get(f"/documents/{row.pk}/"))
    assert client.post(f"/documents/{row.pk}/read/").status_code == 403


def test_an_amount_longer_than_anybody_types_is_refused_in_words(desk):
    html = desk.get("/documents/", {"most": "0" * 61}).content.decode()
    assert "Enter an amount such as 1467.41." in html


def test_every_column_is_read_with_its_row(db, business_day, django_assert_num_queries):  # noqa: F811
    kept_world(days=6, per_day=1)
    rows = list(DocumentList().rows())
    assert rows
    with django_assert_num_queries(0):
        cells = [column.cell(row) for row in rows for column in DOCUMENTS.columns]
        values = [column.value(row) for row in rows for column in DOCUMENTS.columns]
    assert len(cells) == len(values)
