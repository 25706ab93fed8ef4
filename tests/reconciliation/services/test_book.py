import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from integrations.canonical import BatchRecord, FactKind, HintRecord, TransactionKind, Unreadable
from integrations.canonical import TransactionRecord as Record
from integrations.canonical import TransactionStatus as Status
from integrations.choices import EnvelopeSource
from integrations.errors import ConfigError, UnreadableError
from integrations.models import Connection, Envelope, Fact
from integrations.money import Money
from integrations.services import connectors, intake
from reconciliation.models import ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import book
from reconciliation.services.desk import actions_for
from tests.builders import NOW, TODAY, ConnectionFactory
from tests.integrations.services.fakes import Source, put

pytestmark = pytest.mark.django_db
CAPTURED = Record(
    external_id="1001",
    kind=TransactionKind.SALE,
    status=Status.CAPTURED,
    amount=Money(Decimal("100.00"), "USD"),
    captured_at=NOW,
    captured_on=TODAY,
    customer_ref="17850",
    reference_texts=("536365",),
)
SETTLED = replace(
    CAPTURED,
    status=Status.SETTLED,
    settled_at=NOW + timedelta(hours=9),
    settled_on=TODAY,
    batch_ref="7",
)
SPOILED = Unreadable(0, "'1O.00' is not an amount.", "1001", FactKind.TRANSACTION)


@pytest.fixture
def source():
    return put(ConnectionFactory(), Source())


def receive(source, name, *records, body=""):
    """An envelope that holds these records; what it is called is what it holds."""
    connection = Connection.objects.get()
    source.records[body or name] = list(records)
    arrival = intake.Arrival(
        "transactions", (body or name).encode(), EnvelopeSource.PULL, name=name
    )
    intake.receive(connection, arrival)


def ends():
    return list(Fact.objects.order_by("envelope", "position").values_list("end", flat=True))


def open_reasons():
    return list(ExceptionItem.objects.filter(state="open").values_list("reason", flat=True))


def test_a_fact_becomes_a_row_with_its_history(source):
    receive(source, "one", CAPTURED)
    assert book.drain() == 1
    row = Transaction.objects.get()
    assert (row.vendor_id, row.status, row.amount, row.decision) == (
        "1001",
        "captured",
        100,
        "waiting",
    )
    assert row.history.get().meaning["amount"] == "100.00 USD"
    assert row.last_fact == Fact.objects.get()
    assert Envelope.objects.get().state == "read"


def test_a_change_is_a_new_fact_of_the_same_row(source):
    receive(source, "one", CAPTURED)
    receive(source, "two", SETTLED)
    book.drain()
    row = Transaction.objects.get()
    assert (row.status, row.batch.vendor_ref, row.decision) == ("settled", "7", "due")
    assert [(h.from_status, h.to_status) for h in row.history.all()] == [
        ("", "captured"),
        ("captured", "settled"),
    ]


def test_a_duplicate_names_its_first_in_a_later_portion(source):
    for name in ("one", "two"):
        receive(source, name, CAPTURED)
        book.drain()
    first, second = Fact.objects.order_by("id")
    assert (first.end, second.end, second.duplicate_of) == ("booked", "duplicate", first)
    assert Transaction.objects.get().history.count() == 1


def test_a_duplicate_names_its_first_within_one_portion_and_one_document(source):
    receive(source, "one", CAPTURED, CAPTURED)
    receive(source, "two", CAPTURED)
    book.drain()
    first = Fact.objects.get(end="booked")
    assert [fact.duplicate_of for fact in Fact.objects.filter(end="duplicate")] == [first, first]


def test_a_late_fact_is_ignored_by_a_named_rule(source):
    receive(source, "one", SETTLED)
    receive(source, "two", CAPTURED)
    book.drain()
    late = Fact.objects.get(end="ignored")
    assert late.rule == "late: the books already say settled"
    assert Transaction.objects.get().status == "settled"


def test_a_fact_that_contradicts_an_end_is_ignored_by_another_rule(source):
    receive(source, "one", replace(CAPTURED, status=Status.VOIDED))
    receive(source, "two", replace(CAPTURED, status=Status.DECLINED))
    book.drain()
    assert Fact.objects.get(end="ignored").rule.startswith("contradicts: ")


def test_an_unreadable_record_is_set_aside_and_the_others_go_on(source):
    receive(source, "day", SPOILED, replace(CAPTURED, external_id="1002"))
    book.drain()
    assert ends() == ["unreadable", "booked"]
    item = ExceptionItem.objects.get()
    assert (item.reason, item.message) == ("unreadable_record", SPOILED.reason)
    assert item.fact.vendor_id == "1001"


def test_a_later_reading_of_the_same_document_heals_it(source):
    receive(source, "day", SPOILED)
    book.drain()
    receive(source, "day", replace(CAPTURED, external_id="1002"), body="day again")
    book.drain()
    assert open_reasons() == []
    assert ExceptionItem.objects.get().state == "resolved"


def test_a_later_reading_of_the_record_elsewhere_heals_it(source):
    receive(source, "day", SPOILED)
    receive(source, "id 1001", CAPTURED)
    book.drain()
    assert open_reasons() == []


def test_an_earlier_reading_heals_nothing(source):
    receive(source, "day", CAPTURED, body="first")
    receive(source, "day", SPOILED, body="second")
    book.drain()
    assert open_reasons() == ["unreadable_record"]


def test_a_document_that_cannot_be_read_at_all_is_shown_whole(source):
    receive(source, "day")
    source.records["day"] = UnreadableError("The document is not JSON.")
    receive(source, "other", CAPTURED)
    book.drain()
    assert Envelope.objects.get(name="day").state == "unreadable"
    assert "The whole document day cannot be read" in ExceptionItem.objects.get().message
    assert Transaction.objects.count() == 1


def test_a_parsers_own_fault_stops_its_document_and_no_other(source):
    receive(source, "day")
    source.records["day"] = ZeroDivisionError("a bug")
    receive(source, "other", CAPTURED)
    assert book.drain() == 2
    assert open_reasons() == ["unreadable_record"]
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize(
    "record",
    [
        replace(CAPTURED, external_id="1" * 61),
        replace(SETTLED, batch_ref="7" * 41),
        replace(CAPTURED, parent_ref="p" * 61),
    ],
)
def test_an_id_that_the_books_cannot_hold_is_never_cut(source, record):
    receive(source, "day", record, replace(CAPTURED, external_id="1002"))
    book.drain()
    assert ends() == ["unreadable", "booked"]
    assert "characters" in Fact.objects.get(end="unreadable").reason


def test_one_connections_trouble_does_not_stop_another(source, monkeypatch):
    receive(source, "one", CAPTURED)
    other = ConnectionFactory()
    put(other, Source(records={"theirs": [CAPTURED]}))
    intake.receive(other, intake.Arrival("transactions", b"theirs", EnvelopeSource.PULL))

    def gone(*args, **kwargs):
        raise ConfigError("A setting is missing.", setting="username")

    monkeypatch.setattr(source, "parse", property(gone), raising=False)
    connectors._kept.pop(Connection.objects.first().pk)
    monkeypatch.setattr(connectors.registry, "build", gone)
    assert book.drain() == 1
    assert Transaction.objects.get().connection == other
    assert Envelope.objects.filter(state="received").count() == 1


def test_a_kill_takes_the_whole_portion_back(source, monkeypatch):
    receive(source, "one", CAPTURED)
    with monkeypatch.context() as patched:
        patched.setattr(book, "_finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            book.drain()
    assert (Fact.objects.count(), Transaction.objects.count()) == (0, 0)
    book.drain()
    assert ends() == ["booked"]


def test_a_kill_between_portions_loses_and_repeats_nothing(source, monkeypatch):
    monkeypatch.setattr(book, "ENVELOPES_AT_ONCE", 2)
    for number in range(5):
        receive(source, f"page {number}", replace(CAPTURED, external_id=str(number)))
    assert [book.drain() for _ in range(4)] == [2, 2, 1, 0]
    assert Transaction.objects.count() == Fact.objects.filter(end="booked").count() == 5


def test_a_hint_books_nothing_and_waits_for_the_vendor(source):
    receive(source, "hint", HintRecord("event-1", FactKind.TRANSACTION, "1001"))
    book.drain()
    fact = Fact.objects.get()
    assert (fact.kind, fact.vendor_id, fact.end) == ("hint", "1001", "received")
    assert Transaction.objects.count() == 0


def test_a_batch_is_opened_by_its_member_and_closed_by_its_own_record(source):
    receive(source, "one", SETTLED)
    book.drain()
    assert SettlementBatch.objects.get().state == "open"
    zero, sum_ = Money.zero("USD"), SETTLED.amount
    receive(source, "two", BatchRecord("7", NOW, TODAY, 1, 1, sum_, 0, zero, sum_))
    book.drain()
    batch = SettlementBatch.objects.get()
    assert (batch.state, batch.reported_count, batch.reported_sales) == ("closed", 1, 100)
    assert batch.transactions.count() == 1


def test_what_is_kept_of_a_document_is_plain(source):
    receive(source, "one", CAPTURED)
    book.drain()
    [history] = Transaction.objects.get().history.all()
    assert json.loads(json.dumps(history.meaning)) == history.meaning


def batch_record(amount):
    money, zero = Money(Decimal(amount), "USD"), Money.zero("USD")
    return BatchRecord("7", NOW, TODAY, 1, 1, money, 0, zero, money)


@pytest.mark.parametrize(("amount", "state"), [("100", "waiting"), ("90", "closed")])
def test_a_batch_reported_anew_with_other_figures_is_added_up_again(source, amount, state):
    receive(source, "one", batch_record("100"))
    book.drain()
    SettlementBatch.objects.update(state="waiting")
    receive(source, "two", replace(batch_record(amount), closed_at=NOW + timedelta(hours=1)))
    book.drain()
    assert SettlementBatch.objects.get().state == state


def proved(source, *records):
    """A batch of these members that is tied out; its exception if a second reading changes it."""
    receive(source, "one", batch_record("100"), *records)
    book.drain()
    SettlementBatch.objects.update(state="tied_out", bank_amount=96)


CHANGES = {
    "a member that came": [SETTLED, replace(SETTLED, external_id="1002")],
    "a member that left": [replace(SETTLED, batch_ref="8")],
    "another amount": [replace(SETTLED, amount=Money(Decimal(90), "USD"))],
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_batch_is_closed_again_when_its_members_change_after_the_proof(source, change):
    proved(source, SETTLED)
    receive(source, "two", *CHANGES[change])
    book.drain()
    batch = SettlementBatch.objects.get(vendor_ref="7")
    item = batch.exceptions.get(reason="figures_changed")
    assert (batch.state, item.details["before"] != item.details["after"]) == ("closed", True)
    assert batch.history.last().from_state == "tied_out"
    assert item.message.startswith("Payment 100")


def test_a_member_that_is_read_again_closes_no_batch_again(source):
    proved(source, SETTLED)
    receive(source, "two", replace(SETTLED, approval_code="2"))
    book.drain()
    assert SettlementBatch.objects.get().state == "tied_out"
    assert open_reasons() == []


@pytest.mark.parametrize("state", ["matched", "tied_out", "discrepant"])
def test_figures_that_change_after_the_money_came_reopen_the_batch(source, state):
    receive(source, "one", batch_record("100"))
    book.drain()
    SettlementBatch.objects.update(state=state, accepted="It was so.")
    receive(source, "two", batch_record("90"))
    receive(source, "three", batch_record("80"))
    book.drain()
    batch, item = SettlementBatch.objects.get(), ExceptionItem.objects.get()
    assert (batch.state, batch.accepted, item.reason) == ("closed", "", "figures_changed")
    assert [row.after["Sales"] for row in batch.history.all()] == ["100.00", "90.00", "80.00"]
    assert item.details["before"]["Sales"] == "100.00"


@pytest.mark.parametrize("change", [{"amount": Money(Decimal(90), "USD")}, {"batch_ref": "8"}])
def test_money_that_changes_after_it_was_posted_is_shown(source, change):
    receive(source, "one", SETTLED)
    book.drain()
    Transaction.objects.update(decision="effects")
    receive(source, "two", replace(SETTLED, **change))
    receive(source, "three", replace(SETTLED, **change, approval_code="2"))
    book.drain()
    item = ExceptionItem.objects.get()
    assert (item.reason, item.transaction.vendor_id) == ("content_conflict", "1001")
    assert "dismiss" in actions_for(item)
