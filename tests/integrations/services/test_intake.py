import pytest
from django.db import connection as database

from audit.models import Entry
from audit.roles import Role
from integrations.choices import EnvelopeSource
from integrations.models import Envelope
from integrations.services import intake, vault
from tests.builders import ConnectionFactory
from tests.world import person

pytestmark = pytest.mark.django_db
CARD = b'{"note": "my card is 4111-1111-1111-1111, code below", "id": "1001"}'


def arrival(body=b'{"id": "1001"}', identity="", **more):
    return intake.Arrival("transactions", body, EnvelopeSource.PULL, identity, **more)


def raw_rows():
    with database.cursor() as cursor:
        cursor.execute("SELECT e::text || encode(body, 'escape') FROM integrations_envelope e")
        return "".join(row[0] for row in cursor.fetchall())


def test_bytes_are_kept_as_they_came_and_read_by_nobody_without_the_key():
    received = intake.receive(ConnectionFactory(), arrival(b'{"id": "very readable"}'))
    envelope = Envelope.objects.get(pk=received.envelope_id)
    assert intake.open_body(envelope) == b'{"id": "very readable"}'
    assert "very readable" not in raw_rows()
    assert (envelope.size, envelope.state) == (23, "received")


@pytest.mark.parametrize("identity", ["", "event-1"])
def test_a_repeat_changes_nothing(identity):
    connection = ConnectionFactory()
    first = intake.receive(connection, arrival(identity=identity))
    again = intake.receive(connection, arrival(identity=identity))
    assert (first.is_new, again.is_new) == (True, False)
    assert first.envelope_id == again.envelope_id
    assert Envelope.objects.count() == 1


def test_one_identity_with_two_bodies_is_two_envelopes():
    connection = ConnectionFactory()
    bodies = [b"one", b"two", b"two", b"one"]
    received = [intake.receive(connection, arrival(body, "event-1")) for body in bodies]
    assert [one.is_new for one in received] == [True, True, False, False]
    opened = [intake.open_body(envelope) for envelope in Envelope.objects.order_by("id")]
    assert opened == [b"one", b"two"]


def test_other_content_under_a_known_id_names_the_first():
    connection = ConnectionFactory()
    first = intake.receive(connection, arrival(b"one", "event-1", context={"day": "1"}))
    second = intake.receive(connection, arrival(b"two", "event-1", context={"day": "1"}))
    envelope = Envelope.objects.get(pk=second.envelope_id)
    assert envelope.context == {"day": "1", intake.SAME_ID_AS: str(first.envelope_id)}


def test_ids_that_differ_only_at_their_far_end_are_two():
    connection = ConnectionFactory()
    ids = ("e" * 299 + "1", "e" * 299 + "2", "e" * 299 + "1")
    received = [intake.receive(connection, arrival(identity=one)) for one in ids]
    assert [one.is_new for one in received] == [True, True, False]


def test_the_longest_identity_is_kept_apart_too():
    connection = ConnectionFactory()
    received = [intake.receive(connection, arrival(body, "e" * 300)) for body in (b"one", b"two")]
    assert [one.is_new for one in received] == [True, True]


def test_two_connections_may_say_the_same():
    for _ in range(2):
        assert intake.receive(ConnectionFactory(), arrival()).is_new


def test_a_card_number_is_removed_before_anything_is_written():
    received = intake.receive(ConnectionFactory(), arrival(CARD))
    envelope = Envelope.objects.get(pk=received.envelope_id)
    assert b"4111" not in intake.open_body(envelope)
    assert b'"1001"' in intake.open_body(envelope)
    assert len(envelope.guard_findings) == 1
    assert "4111-1111" not in raw_rows() + str(list(Entry.objects.values()))


def test_a_removed_card_number_is_audited_and_the_original_known_by_its_hash():
    connection = ConnectionFactory()
    intake.receive(connection, arrival(CARD))
    assert not intake.receive(connection, arrival(CARD)).is_new
    assert Envelope.objects.get().original_hash == vault.keyed_hash(CARD)
    assert Entry.objects.filter(action="guard.removed").count() == 1


def test_a_card_number_in_a_files_name_is_removed():
    intake.receive(ConnectionFactory(), arrival(name="4111111111111111.csv"))
    assert "4111111111111111" not in Envelope.objects.get().name


def test_a_file_that_comes_twice_says_so_and_changes_nothing():
    bank = ConnectionFactory(bank=True)
    names = ("december.csv", "copy of december.csv")
    person("ann", Role.OPERATOR)
    received = [intake.receive_file(bank, name, b"date\n", "user:ann") for name in names]
    assert [one.is_new for one in received] == [True, False]
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True)) == [
        "file.received",
        "file.known_already",
    ]


def test_the_newest_moment_of_a_connection_is_that_of_its_last_envelope():
    connection = ConnectionFactory()
    assert intake.newest_business_moment(connection) is None
    intake.receive(connection, arrival())
    assert intake.newest_business_moment(connection) == Envelope.objects.get().business_at
