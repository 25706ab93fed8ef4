from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import DataError, transaction

from audit.bulk import insert_new, insert_rows, update_rows
from audit.models import Entry
from integrations.models import Envelope, Fact, Posting
from tests.builders import ConnectionFactory, EnvelopeFactory, FactFactory, PostingFactory

pytestmark = pytest.mark.django_db
ODD = "quotes \" ' and \\ back, {braces}, tab\t, line\n, é and 💶"


def entry(number, **more):
    return Entry(actor="worker", action="a.b", subject_id=str(number), **more)


def test_rows_get_their_keys_in_their_order():
    rows = [entry(number) for number in range(300)]
    insert_rows(rows)
    stored = dict(Entry.objects.values_list("pk", "subject_id"))
    assert [stored[row.pk] for row in rows] == [str(number) for number in range(300)]
    assert not any(row._state.adding for row in rows)


def test_every_value_comes_back_as_it_went_in():
    row = entry(
        1,
        summary=ODD,
        business_on=date(2011, 2, 14),
        recorded_at=datetime(2011, 2, 14, 18, 30, 0, 123456, tzinfo=UTC),
        details={"text": ODD, "list": [1, None, True, {"a": "0.10"}], "empty": {}},
    )
    insert_rows([row])
    assert Entry.objects.get(pk=row.pk).record() == row.record()


def test_amounts_stay_exact_and_bytes_stay_bytes():
    posting = Posting(key="exact", **_values(PostingFactory()))
    posting.amount = Decimal("1234567.891")
    insert_rows([posting])
    assert Posting.objects.get(pk=posting.pk).amount == Decimal("1234567.891")
    envelope = EnvelopeFactory.build(connection=ConnectionFactory(), body=bytes(range(256)))
    insert_rows([envelope])
    assert bytes(Envelope.objects.get(pk=envelope.pk).body) == bytes(range(256))


def test_a_text_that_is_too_long_is_refused_and_never_cut():
    with pytest.raises(DataError), transaction.atomic():
        insert_rows([entry(1), entry(2, subject_type="x" * 81)])
    assert not Entry.objects.exists()


def test_what_is_there_already_is_left_as_it_is():
    known = PostingFactory(key="known", message="first")
    rows = [Posting(key=key, **_values(known)) for key in ("new", "known", "newer")]
    assert [row.key for row in insert_new(rows, "key")] == ["new", "newer"]
    assert (rows[0].pk, rows[1].pk) == (Posting.objects.get(key="new").pk, None)
    assert Posting.objects.get(key="known").message == "first"


def _values(posting):
    names = [
        f.attname for f in Posting._meta.local_concrete_fields if f.attname not in ("id", "key")
    ]
    return {name: getattr(posting, name) for name in names} | {"message": "second"}


def test_only_the_named_fields_of_the_given_rows_are_written():
    one, other = PostingFactory(), PostingFactory()
    one.message, one.code, one.draft = ODD, "not named", {"a": [ODD]}
    assert update_rows([one], ["message", "draft", "claim"]) == 1
    found = Posting.objects.get(pk=one.pk)
    assert (found.message, found.code, found.draft, found.claim) == (ODD, "", {"a": [ODD]}, None)
    assert Posting.objects.get(pk=other.pk).message == other.message


def test_a_row_may_refer_to_one_that_is_stored_just_before_it():
    first = FactFactory.build(envelope=EnvelopeFactory(), connection=ConnectionFactory())
    other = FactFactory.build(envelope=first.envelope, connection=first.connection, position=1)
    other.end, other.duplicate_of = "duplicate", first
    with pytest.raises(ValueError, match="not stored yet"):
        insert_rows([other])
    insert_rows([first])
    insert_rows([other])
    assert Fact.objects.get(pk=other.pk).duplicate_of_id == first.pk


def test_nothing_to_write_asks_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        insert_rows([])
        assert (insert_new([], "key"), update_rows([], ["message"])) == ([], 0)


def test_what_is_no_plain_value_is_refused():
    with pytest.raises(ValueError, match="no plain value"):
        insert_rows([Fact(reason=object())])
