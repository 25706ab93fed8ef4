from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from integrations.choices import EnvelopeSource, EnvelopeState, FactEnd
from integrations.models import Envelope
from integrations.services import vault
from integrations.templatetags.integrations import named
from tests.builders import ConnectionFactory, EnvelopeFactory, FactFactory, PullFactory
from tests.clock import business_day  # noqa: F401
from tests.pages import htmx
from tests.world import operator, viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]
CSV = b"date,description,reference,amount,balance\n2011-02-14,MERCHANT DEPOSIT,4001,919.80,919.80\n"


@pytest.fixture
def desk(client):
    client.force_login(operator())
    return client


@pytest.fixture
def bank():
    return ConnectionFactory(bank=True)


def upload(client, bank, body=CSV, name="feb.csv"):
    file = SimpleUploadedFile(name, body, "text/csv")
    return client.post("/statements/upload/", {"connection": bank.pk, "file": file})


def read(bank, **ends):
    envelope = EnvelopeFactory(
        connection=bank, source=EnvelopeSource.FILE, kind="statement", name="feb.csv"
    )
    first = FactFactory(envelope=EnvelopeFactory(connection=bank))
    for end, number in ends.items():
        for position in range(number):
            more = {"duplicate_of": first} if end == FactEnd.DUPLICATE else {}
            FactFactory(
                envelope=envelope, end=end, rule="x", reason=f"line {position + 2}: no date", **more
            )
    return envelope


def figures(html):
    parts = html.split('<span class="figure-value">')[1:]
    return [int(part.split("<")[0]) for part in parts]


def test_an_uploaded_file_is_stored_and_leads_to_what_becomes_of_it(desk, bank):
    response = upload(desk, bank)
    envelope = Envelope.objects.get()
    assert response["Location"] == f"/statements/{envelope.pk}/"
    assert envelope.state == EnvelopeState.RECEIVED


def test_the_same_file_again_changes_nothing_and_says_so(desk, bank):
    upload(desk, bank)
    response = upload(desk, bank, name="again.csv")
    assert Envelope.objects.count() == 1
    assert "It changed nothing" in desk.get(response["Location"]).content.decode()


@pytest.mark.parametrize(
    ("body", "sentence"), [(b"", "This file is empty."), (None, "Choose a file.")]
)
def test_no_file_and_an_empty_file_are_refused_in_words(desk, bank, body, sentence):
    data = {"connection": bank.pk}
    if body is not None:
        data["file"] = SimpleUploadedFile("feb.csv", body)
    response = desk.post("/statements/upload/", data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Envelope.objects.exists()


def test_a_file_that_is_too_large_is_refused(desk, bank, monkeypatch):
    monkeypatch.setattr("integrations.forms.LARGEST", 10)
    response = upload(desk, bank)
    assert response.status_code == 422
    assert "larger than 50 MB" in response.content.decode()


def test_only_bank_accounts_take_statements(desk, bank):
    response = upload(desk, ConnectionFactory())
    assert response.status_code == 422
    assert not Envelope.objects.exists()


def test_who_may_not_upload_is_refused_and_nothing_is_stored(client, bank):
    client.force_login(viewer())
    assert upload(client, bank).status_code == 403
    assert not Envelope.objects.exists()


def test_the_page_asks_again_until_the_file_is_read(desk, bank):
    upload(desk, bank)
    url = f"/statements/{Envelope.objects.get().pk}/"
    assert 'hx-trigger="load delay:2s"' in desk.get(url).content.decode()
    Envelope.objects.update(state=EnvelopeState.READ)
    fragment = desk.get(url, headers=htmx("reading")).content.decode()
    assert fragment.strip().startswith('<div id="reading"')
    assert "hx-trigger" not in fragment


def test_new_known_and_refused_lines_are_counted(desk, bank):
    envelope = read(bank, booked=3, ignored=1, duplicate=2, unreadable=2)
    html = desk.get(f"/statements/{envelope.pk}/").content.decode()
    assert figures(html) == [4, 2, 2]


def test_refused_lines_are_told_by_their_numbers(desk, bank):
    envelope = read(bank, booked=1, unreadable=2)
    html = desk.get(f"/statements/{envelope.pk}/").content.decode()
    assert "Line 2: no date" in html
    assert "Line 3: no date" in html


def test_a_file_that_cannot_be_read_at_all_says_why(desk, bank):
    envelope = read(bank)
    Envelope.objects.filter(pk=envelope.pk).update(
        state=EnvelopeState.UNREADABLE, problem="The first line has to name the columns."
    )
    html = desk.get(f"/statements/{envelope.pk}/").content.decode()
    assert "The first line has to name the columns." in html


def test_connections_show_their_health_and_that_they_are_a_sandbox(desk):
    PullFactory(connection=ConnectionFactory(), failures=3, problem="No answer in 30 s.")
    html = desk.get("/connections/").content.decode()
    assert "Reading transactions failed 3 times in a row. No answer in 30 s." in html
    assert "Sandbox" in html


@pytest.mark.parametrize("name", ["PayTrace", "PayTrace sandbox"])
def test_a_sandbox_is_marked_once(name):
    assert str(named(ConnectionFactory(name=name))).lower().count("sandbox") == 1


def test_a_production_connection_is_not_marked():
    assert named(ConnectionFactory(environment="production")) == "PayTrace"


def test_a_connection_that_is_only_written_to_is_not_waited_for(desk):
    ConnectionFactory(erp=True, newest_fact_at=None)
    html = desk.get("/connections/").content.decode()
    assert "only posted to" in html
    assert "never" not in html


def test_a_connection_that_was_paused_says_why(desk):
    connection = ConnectionFactory(state="paused", pause_reason="Password is being changed.")
    html = desk.get(f"/connections/{connection.pk}/").content.decode()
    assert "Password is being changed." in html


def test_a_connection_that_does_not_answer_says_when_it_is_tried_again(desk):
    later = datetime.now(UTC) + timedelta(minutes=3)
    connection = ConnectionFactory(
        circuit="open", circuit_at=later, failures_in_a_row=6, paused_until=later,
        pause_reason="Connection refused.",
    )  # fmt: skip
    html = desk.get(f"/connections/{connection.pk}/").content.decode()
    for words in ("Not answering", "Connection refused.", "6 failures in a row", "Goes on"):
        assert words in html


def test_no_secret_of_a_connection_is_on_its_page(desk):
    connection = ConnectionFactory(settings={"username": "shop", "base_url": "https://x.test"})
    vault.set_credential(connection, "password", "never-on-a-page")
    html = desk.get(f"/connections/{connection.pk}/").content.decode()
    assert "https://x.test" in html
    assert "never-on-a-page" not in html
