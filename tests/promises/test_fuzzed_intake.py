"""Whatever comes in, signed or as a file, is kept to the byte, gets an end and breaks nothing."""

import csv
import io
import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.models import Envelope, Fact
from integrations.services import intake
from integrations.services.intake import receive_file
from reconciliation.models import ExceptionItem
from reconciliation.services import book
from tests.builders import ConnectionFactory
from tests.integrations.api.test_webhook import deliver, headers, shop  # noqa: F401
from tests.world import operator

pytestmark = pytest.mark.django_db
#: Rows stay from one example to the next, as in a hub.
FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
NUMBERS = itertools.count(1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
HINT = st.fixed_dictionaries(
    {}, optional={"connection": JSON, "kind": JSON | st.just("transaction"), "vendor_id": JSON}
)
BODIES = st.binary(min_size=1, max_size=200) | (JSON | HINT).map(lambda j: json.dumps(j).encode())
CELLS = st.sampled_from(["2010-12-06", "DEPOSIT", "PT-1", "12.50", "-3.00", ""]) | st.text(
    max_size=10
)


def booked(envelope_id):
    """The envelope, once everything that waits has been read."""
    for _ in range(20):
        if not book.drain():
            return Envelope.objects.get(pk=envelope_id)
    raise AssertionError("Booking does not come to rest.")


def has_its_end(envelope):
    """Facts of its own, or an exception that says why there is none."""
    if envelope.state == "read":
        return Fact.objects.filter(envelope=envelope).exists()
    return ExceptionItem.objects.filter(subject=f"envelope:{envelope.pk}").exists()


@FEW
@given(BODIES)
def test_no_signed_body_breaks_the_intake_or_vanishes(shop, body):  # noqa: F811
    event = f"event-{next(NUMBERS)}"
    assert deliver(headers(body, event), body).status_code == 202
    envelope = booked(Envelope.objects.get(identity=f"webhook:{event}").pk)
    assert intake.open_body(envelope) == body or envelope.guard_findings
    assert has_its_end(envelope)


@pytest.fixture
def bank():
    operator()
    return ConnectionFactory(
        connector="bank_csv",
        settings={"folder": "/nowhere", "account": "Main", "currency": "USD"},
    )


def statement(rows):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([["date", "description", "reference", "amount", "balance"], *rows])
    return text.getvalue().encode()


@FEW
@given(
    st.binary(min_size=1, max_size=200)
    | st.lists(st.lists(CELLS, min_size=4, max_size=6), max_size=5).map(statement)
)
def test_no_statement_file_breaks_the_intake_or_loses_a_line(bank, body):
    is_kept_and_ended(bank, body)


def is_kept_and_ended(bank, body):
    received = receive_file(bank, f"{next(NUMBERS)}.txt", body, "user:operator")
    envelope = booked(received.envelope_id)
    assert intake.open_body(envelope) == body or envelope.guard_findings
    if envelope.state == "read":
        found = Fact.objects.filter(envelope=envelope)
        assert not found.filter(end="received").exists()
    else:
        assert has_its_end(envelope)


#: What makes a file one of the format and of the account.
BEGINNINGS = {
    "BAI2": b"01,B,T,101204,0600,1,,,2/\n02,T,B,1,101203,,USD,2/\n03,77,,,,,/\n16,165,100,0,,,",
    "CAMT.053": b"<Document><BkToCstmrStmt><Stmt><Acct><Id><Othr><Id>77</Id></Othr></Id></Acct>",
    "OFX": b"OFXHEADER:100\n<OFX><STMTRS><BANKACCTFROM><ACCTID>77\n</BANKACCTFROM><STMTTRN><NAME>",
}
ENDS = {"CAMT.053": b"</Stmt></BkToCstmrStmt></Document>", "OFX": b"</STMTTRN></STMTRS></OFX>"}


@pytest.mark.parametrize("kind", BEGINNINGS)
@FEW
@given(body=st.binary(max_size=200) | st.text(max_size=60).map(str.encode))
def test_no_file_in_a_banks_own_format_breaks_the_intake(bank, kind, body):
    bank.connector = "bank_file"
    bank.settings = {"format": kind, "account": "Main", "account_number": "77"}
    bank.save()
    is_kept_and_ended(bank, BEGINNINGS[kind] + body + ENDS.get(kind, b""))
