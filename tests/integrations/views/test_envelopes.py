import pytest

from audit.models import Entry
from audit.roles import Role
from integrations.choices import EnvelopeSource, FactEnd
from integrations.services import envelope_look, intake
from tests.builders import ConnectionFactory, EnvelopeFactory, FactFactory
from tests.pages import row_ids
from tests.world import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client):
    client.force_login(person("auditor", Role.AUDITOR))
    return client


def received(body):
    arrival = intake.Arrival(kind="transactions", body=body, source=EnvelopeSource.PULL)
    return intake.receive(ConnectionFactory(), arrival).envelope_id


def test_the_bytes_are_shown_as_they_came_and_the_look_is_recorded(auditor):
    pk = received(b'{"amount": "87.15"}')
    html = auditor.get(f"/envelopes/{pk}/").content.decode()
    assert "&quot;amount&quot;: &quot;87.15&quot;" in html
    entry = Entry.objects.get(action="envelope.opened")
    assert (entry.subject_id, entry.actor) == (str(pk), "user:auditor")


def test_a_card_number_is_not_there_to_be_shown(auditor):
    pk = received(b'{"note": "card 4111 1111 1111 1111"}')
    html = auditor.get(f"/envelopes/{pk}/").content.decode()
    assert "1111 1111" not in html
    assert "Removed before it was stored" in html


def test_a_long_body_is_cut_and_says_so(auditor, monkeypatch):
    monkeypatch.setattr(envelope_look, "SHOWN_BYTES", 10)
    html = auditor.get(f"/envelopes/{received(b'x' * 50)}/").content.decode()
    assert "The first 10 characters." in html


def test_bytes_whose_key_is_gone_are_said_to_be_closed(auditor):
    envelope = EnvelopeFactory(key_id="long-gone")
    html = auditor.get(f"/envelopes/{envelope.pk}/").content.decode()
    assert "cannot be opened" in html


def test_facts_stand_with_their_ends(auditor):
    fact = FactFactory(
        envelope=EnvelopeFactory(), end=FactEnd.IGNORED, rule="not a payment", reason="code 103"
    )
    html = auditor.get(f"/envelopes/{fact.envelope_id}/").content.decode()
    assert "not a payment code 103" in html
    assert "1 ignored" in html


def test_an_envelope_is_found_by_the_vendor_id_of_a_fact_in_it(auditor):
    fact, _ = FactFactory(), EnvelopeFactory()
    assert row_ids(auditor.get("/envelopes/", {"q": fact.vendor_id})) == [fact.envelope_id]
