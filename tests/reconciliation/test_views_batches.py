from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.plain import canonical_json
from reconciliation.choices import BatchState, Reason
from tests.builders import (
    BankLineFactory,
    BatchHistoryFactory,
    CertificateFactory,
    ConnectionFactory,
    MatchFactory,
    SettlementBatchFactory,
    TransactionFactory,
)
from tests.pages import htmx, row_ids
from tests.world import certificate_body, person

pytestmark = pytest.mark.django_db


def test_money_that_is_not_on_the_bank_yet_can_be_listed(desk):
    waiting = SettlementBatchFactory(state=BatchState.WAITING)
    SettlementBatchFactory(tied_out=True)
    SettlementBatchFactory(state=BatchState.OPEN)
    assert row_ids(desk.get("/batches/", {"bank": "no"})) == [waiting.pk]


def test_money_that_arrived_can_be_listed(desk):
    SettlementBatchFactory(state=BatchState.WAITING)
    arrived = SettlementBatchFactory(tied_out=True)
    assert row_ids(desk.get("/batches/", {"bank": "yes"})) == [arrived.pk]


def test_days_of_a_batch_are_whole_days(desk):
    inside = SettlementBatchFactory(closed_on=date(2011, 2, 2))
    SettlementBatchFactory(closed_on=date(2011, 2, 3))
    assert row_ids(desk.get("/batches/", {"since": "2011-02-02", "until": "2011-02-02"})) == [
        inside.pk
    ]


def test_a_discrepancy_is_told_in_words(desk):
    batch = SettlementBatchFactory(discrepant=True)
    html = desk.get(f"/batches/{batch.pk}/").content.decode()
    assert "Deposit differs" in html
    assert "The bank line is 1.25 below the batch&#x27;s net." in html
    assert Reason.DEPOSIT_DIFFERS.value not in html


def test_both_sides_of_a_batch_stand_side_by_side_and_say_where_they_differ(desk):
    batch = SettlementBatchFactory(reported_count=0, reported_sales=Decimal("990.00"))
    html = desk.get(f"/batches/{batch.pk}/").content.decode()
    assert "990.00 USD" in html
    assert html.count("differs-mark") == 1


def test_members_come_a_page_at_a_time_and_each_once(desk):
    gateway = ConnectionFactory()
    batch = SettlementBatchFactory(connection=gateway)
    members = TransactionFactory.create_batch(27, connection=gateway, settled=True, batch=batch)
    first = desk.get(f"/batches/{batch.pk}/")
    html = first.content.decode()
    link = html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = desk.get(f"/batches/{batch.pk}/{link}", headers=htmx("members"))
    assert row_ids(first) + row_ids(second) == [row.pk for row in members]
    assert second.content.decode().strip().startswith('<div id="members">')


def test_a_certificate_shows_every_line_of_its_body(desk):
    batch = SettlementBatchFactory(discrepant=True)
    body = certificate_body(batch, ties_out=False) | {"signed_by": "chain 17", "version": 3}
    CertificateFactory(batch=batch, body=body, ties_out=False)
    html = desk.get(f"/batches/{batch.pk}/certificates/1/").content.decode()
    shown = [
        "Does not tie out", "1,000.00 USD", "−50.00 USD", "−30.20 USD", "919.80 USD", "918.55 USD",
        "−1.25 USD", "MERCHANT DEPOSIT PAYTRACE", "exact: reference and net", "1,050.00 USD",
        "SOA:PT:70000002:receipt", "CR-100001", "Cash receipt", "Deposit differs",
        body["reference"], body["gateway"], "paytrace-sage500", "chain 17",
    ]  # fmt: skip
    assert [words for words in shown if words not in html] == []


def test_every_scalar_of_a_body_appears_on_the_certificate(desk):
    batch = SettlementBatchFactory(tied_out=True)
    body = certificate_body(batch) | {"new_key": {"inner": ["alpha", "beta"]}}
    CertificateFactory(batch=batch, body=body)
    html = desk.get(f"/batches/{batch.pk}/certificates/1/").content.decode()
    assert "New key" in html
    assert "Inner: alpha, beta" in html


def test_a_superseded_certificate_points_to_the_newer_one(desk):
    batch = SettlementBatchFactory(tied_out=True)
    first = CertificateFactory(batch=batch)
    CertificateFactory(batch=batch, number=2, supersedes=first)
    html = desk.get(f"/batches/{batch.pk}/certificates/1/").content.decode()
    assert f'href="/batches/{batch.pk}/certificates/2/"' in html


def test_a_bank_line_leads_to_the_batch_it_pays(desk):
    match = MatchFactory(line=BankLineFactory(description="DEPOSIT 7"))
    html = desk.get("/bank-lines/", {"q": "DEPOSIT"}).content.decode()
    assert f'href="/batches/{match.batch.pk}/"' in html


def test_a_withdrawal_is_found_by_its_magnitude(desk):
    line = BankLineFactory(amount=Decimal("-1800.00"))
    BankLineFactory(amount=Decimal("18.00"))
    assert row_ids(desk.get("/bank-lines/", {"q": "1,800.00"})) == [line.pk]


@pytest.fixture
def anew():
    """Figures that a gateway has reported anew."""
    return BatchHistoryFactory(
        before={"Transactions": "3", "Sales": "100.00 USD"},
        after={"Transactions": "3", "Sales": "90.00 USD"},
    )


def test_figures_reported_anew_are_shown_before_and_after(desk, anew):
    html = desk.get(f"/batches/{anew.batch_id}/").content.decode()
    assert "Sales: 100.00 USD → 90.00 USD" in html
    assert "Transactions: 3" not in html
    assert f"transactions {anew.fact.envelope.name} · 512 bytes" in html


def test_the_envelope_behind_them_is_linked_for_those_who_may_open_it(client, desk, anew):
    link = f'href="/envelopes/{anew.fact.envelope_id}/"'
    assert link not in desk.get(f"/batches/{anew.batch_id}/").content.decode()
    client.force_login(person("anna", Role.AUDITOR))
    assert link in client.get(f"/batches/{anew.batch_id}/").content.decode()


def test_a_member_that_changed_is_told_by_its_number(desk):
    change = BatchHistoryFactory(
        before={"Transaction": "701", "Batch": "B1", "Amount": "sale 5.00 USD"},
        after={"Transaction": "701", "Batch": "", "Amount": ""},
    )
    html = desk.get(f"/batches/{change.batch_id}/").content.decode()
    assert "Payment 701 changed" in html
    assert "Batch: B1 → none" in html


def test_a_certificate_is_taken_as_the_bytes_of_its_hash_and_that_is_recorded(desk):
    body = certificate_body(SettlementBatchFactory(tied_out=True))
    of_it = sha256(canonical_json(body).encode()).hexdigest()
    row = CertificateFactory(body=body, body_hash=of_it)
    answer = desk.get(f"/batches/{row.batch_id}/certificates/{row.number}/file/")
    assert sha256(answer.content).hexdigest() == of_it
    assert "attachment" in answer["Content-Disposition"]
    assert Entry.objects.get(action="certificate.exported").details["hash"] == of_it


def test_who_may_not_take_files_is_offered_none(client):
    client.force_login(person("val", Role.VIEWER))
    row = CertificateFactory()
    assert "Download" not in client.get(f"/batches/{row.batch_id}/certificates/1/").content.decode()


def test_the_first_word_of_a_gateway_is_nothing_reported_anew(desk):
    first = BatchHistoryFactory(before={"Sales": ""}, after={"Sales": "90.00 USD"})
    assert "Reported anew" not in desk.get(f"/batches/{first.batch_id}/").content.decode()


def test_the_list_says_why_a_batch_does_not_tie_out(desk):
    reasons = [{"reason": Reason.FEE_DIFFERS, "message": "The bank paid 1245.13 USD."}] * 2
    batch = SettlementBatchFactory(state=BatchState.DISCREPANT, reasons=reasons)
    assert ">Fee differs<" in desk.get("/batches/").content.decode()
    assert "1,245.13 USD" in desk.get(f"/batches/{batch.pk}/").content.decode()


@pytest.mark.parametrize(
    ("url", "link"), [("/bank-lines/", "/statements/upload/"), ("/orders/", "/orders/upload/")]
)
def test_files_are_offered_to_those_who_may_load_them(desk, client, url, link):
    assert link in desk.get(url).content.decode()
    client.force_login(person("ada", Role.AUDITOR))
    assert link not in client.get(url).content.decode()


def test_a_certificate_says_route_and_difference_in_words(desk):
    row = CertificateFactory()
    html = desk.get(f"/batches/{row.batch_id}/certificates/1/").content.decode()
    assert "Difference" in html
    assert "Residual" not in html
