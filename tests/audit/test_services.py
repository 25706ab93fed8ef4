"""Recording belongs to the transaction of the change, and keeps nothing secret."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import connection, transaction

from audit import services
from audit.models import Entry
from audit.services import EntryDraft, RecordedOutsideTransaction, record, record_many


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RecordedOutsideTransaction, match="in the transaction of the change"):
        record("test.done", None, actor="worker")
    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_shares_the_fate_of_its_transaction_and_the_head_is_kept() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("test.done", None, actor="worker")
        raise ZeroDivisionError
    with transaction.atomic():
        record("test.done", ("thing", "7"), actor="worker")
    assert Entry.objects.get().subject_id == "7"
    assert services.seal() == 1
    report = services.verify()
    assert (report.ok, report.linked, report.heads) == (True, 1, 1)


@pytest.mark.django_db
def test_details_become_exact_json() -> None:
    details = {
        "amount": Decimal("12.50"),
        "on": date(2010, 12, 1),
        "at": datetime(2010, 12, 1, 8, tzinfo=UTC),
        "ids": (1, True, None),
        "uuid": UUID(int=5),
        "text": "a\0b\ud800é",
    }
    entry = record("test.done", None, actor="worker", details=details)
    entry.refresh_from_db()
    assert entry.details == {
        "amount": "12.50",
        "on": "2010-12-01",
        "at": "2010-12-01T08:00:00.000000Z",
        "ids": [1, True, None],
        "uuid": "00000000-0000-0000-0000-000000000005",
        "text": "a\ufffdb?é",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("value", [1.5, object(), {"a": [2.0]}])
def test_a_float_or_an_unknown_type_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="has no exact form in an audit entry"):
        record("test.done", None, actor="worker", details={"value": value})


@pytest.mark.django_db
def test_secrets_and_cards_do_not_reach_an_entry() -> None:
    entry = record(
        "test.done",
        None,
        actor="worker",
        summary="token=abcdef123 for 4111 1111 1111 1111",
        details={"password": "hunter2", "note": "cvv: 123", "n": 4111111111111111},
    )
    entry.refresh_from_db()
    assert entry.summary == "token=[redacted] for [card number removed]"
    assert entry.details == {
        "password": "[redacted]",
        "note": "cvv: [security code removed]",
        "n": "[card number removed]",
    }


@pytest.mark.django_db
def test_many_entries_are_one_insert(django_assert_num_queries: Any) -> None:
    group = Group.objects.get(name="viewer")
    drafts = (EntryDraft("test.done", group, "worker", details={"n": n}) for n in range(300))
    with django_assert_num_queries(1):
        entries = record_many(drafts)
    assert (entries[0].subject_type, entries[0].subject_id) == ("auth.group", str(group.pk))


@pytest.mark.django_db
def test_the_actor_is_the_user_or_anonymous() -> None:
    assert services.user_actor(User(username="demo-finance")) == "user:demo-finance"
    assert services.user_actor(AnonymousUser()) == "anonymous"
    assert services.user_actor(None) == "anonymous"


@pytest.mark.django_db(transaction=True)
def test_only_one_sealer_works_at_a_time() -> None:
    with transaction.atomic():
        record("test.done", None, actor="worker")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x7469_656F_7574])
            assert services.seal(wait=False) == 0
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert services.seal(wait=False) == 1
