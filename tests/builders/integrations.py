"""Connections, pairs, what came over the wire, postings, alerts."""

from datetime import timedelta
from decimal import Decimal

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from integrations import models as edge
from integrations.choices import (
    AlertKind,
    AttemptOutcome,
    ChangeKind,
    ChangeStep,
    Channel,
    EnvelopeSource,
    EnvelopeState,
    Environment,
    FactEnd,
    NoticeKind,
    PostingState,
)
from reconciliation.choices import (
    EffectKind,
)
from tests.builders.people import NOW, TODAY, UserFactory, digest


class ConnectionFactory(DjangoModelFactory):
    """A gateway by default; `erp=True` and `bank=True` are the other two sides."""

    class Meta:
        model = edge.Connection

    class Params:
        erp = factory.Trait(connector="sage500", account="ACME", name="Sage 500")
        bank = factory.Trait(connector="bank_csv", account="000123", name="Bank statement")

    slug = factory.Sequence(lambda n: f"connection-{n}")
    name = "PayTrace"
    connector = "paytrace"
    account = factory.Sequence(lambda n: f"merchant-{n}")
    environment = Environment.SANDBOX
    newest_fact_at = NOW - timedelta(minutes=12)


class CredentialFactory(DjangoModelFactory):
    class Meta:
        model = edge.Credential

    connection = factory.SubFactory(ConnectionFactory)
    name = "password"
    key_id = "k1"
    ciphertext = b"not a real ciphertext"


class PairFactory(DjangoModelFactory):
    class Meta:
        model = edge.Pair

    slug = factory.Sequence(lambda n: f"pair-{n}")
    name = "PayTrace to Sage 500"
    gateway = factory.SubFactory(ConnectionFactory)
    erp = factory.SubFactory(
        ConnectionFactory, erp=True, account=factory.Sequence(lambda n: f"SOA-{n}")
    )
    bank = factory.SubFactory(
        ConnectionFactory, bank=True, account=factory.Sequence(lambda n: f"account-{n}")
    )
    company = "SOA"
    currency = "USD"
    post_batches = True


class PullFactory(DjangoModelFactory):
    class Meta:
        model = edge.Pull

    connection = factory.SubFactory(ConnectionFactory)
    stream = "transactions"
    through = NOW - timedelta(minutes=15)
    read_at = NOW


class LaneFactory(DjangoModelFactory):
    class Meta:
        model = edge.Lane
        django_get_or_create = ("name",)

    name = "book"


class EnvelopeFactory(DjangoModelFactory):
    class Meta:
        model = edge.Envelope

    connection = factory.SubFactory(ConnectionFactory)
    source = EnvelopeSource.PULL
    kind = "transactions"
    name = factory.Sequence(lambda n: f"page {n}")
    identity = factory.Sequence(lambda n: digest(f"envelope {n}"))
    received_at = NOW
    business_at = NOW
    key_id = "k1"
    body = b"not a real ciphertext"
    size = 512
    original_hash = factory.LazyAttribute(lambda envelope: digest(envelope.identity))
    state = EnvelopeState.READ
    read_at = NOW


class FactFactory(DjangoModelFactory):
    class Meta:
        model = edge.Fact

    envelope = factory.SubFactory(EnvelopeFactory)
    connection = factory.SelfAttribute("envelope.connection")
    position = factory.Sequence(lambda n: n)
    kind = "transaction"
    vendor_id = factory.Sequence(lambda n: str(70_000_000 + n))
    meaning_hash = factory.LazyAttributeSequence(lambda fact, n: digest(f"{fact.vendor_id} {n}"))
    end = FactEnd.BOOKED
    ended_at = NOW


class PostingFactory(DjangoModelFactory):
    class Meta:
        model = edge.Posting

    class Params:
        posted = factory.Trait(
            state=PostingState.POSTED,
            attempt_count=1,
            document_no=factory.Sequence(lambda n: f"CR-{100_000 + n}"),
            document_key=factory.Sequence(lambda n: str(9_000 + n)),
            batch_ref="CRB-000041",
            entered_at=NOW,
            posted_at=NOW,
        )
        held = factory.Trait(
            state=PostingState.HELD,
            attempt_count=1,
            code="PERIOD_CLOSED",
            message="The period of 14 Jan 2011 is closed in company SOA.",
        )

    key = factory.Sequence(lambda n: f"SOA:merchant:{n}:receipt:1")
    target = factory.SubFactory(ConnectionFactory, erp=True, account=factory.Sequence(str))
    company = "SOA"
    kind = EffectKind.RECEIPT
    draft = factory.LazyAttribute(
        lambda posting: {
            "kind": "cash_receipt",
            "company": posting.company,
            "received_on": TODAY.isoformat(),
            "amount": f"{posting.amount} {posting.currency}",
            "method": "VISA",
            "payment_ref": "PT:70000001",
            "settlement_ref": "PT:4000",
            "comment": "",
            "customer_id": "12583",
            "offset_account": "",
            "applications": [],
        }
    )
    content_hash = factory.LazyAttribute(lambda posting: digest(posting.key))
    amount = Decimal("139.12")
    currency = "USD"
    due_at = NOW
    created_at = NOW


class AttemptFactory(DjangoModelFactory):
    class Meta:
        model = edge.Attempt

    posting = factory.SubFactory(PostingFactory)
    number = 1
    started_at = NOW
    ended_at = NOW + timedelta(milliseconds=240)
    outcome = AttemptOutcome.DONE


class AlertFactory(DjangoModelFactory):
    """Open, raised once, still to be told."""

    class Meta:
        model = edge.Alert

    kind = AlertKind.CONNECTION_DOWN
    subject = factory.Sequence(lambda n: f"connection:{90_000 + n}")
    title = "PayTrace does not answer"
    detail = "No answer in 30 s."
    opened_at = NOW
    last_at = NOW
    tell_at = NOW


class AlertRouteFactory(DjangoModelFactory):
    """By e-mail, everything, at any hour."""

    class Meta:
        model = edge.AlertRoute

    name = factory.Sequence(lambda n: f"Route {n}")
    channel = Channel.EMAIL
    address = factory.Sequence(lambda n: f"people{n}@example.com")


class AlertSilenceFactory(DjangoModelFactory):
    """In force for a day."""

    class Meta:
        model = edge.AlertSilence

    kind = AlertKind.CONNECTION_DOWN
    until = factory.LazyFunction(lambda: timezone.now() + timedelta(days=1))
    reason = "The vendor moves its data centre."
    created_by = "user:admin"
    created_at = NOW


class AlertDeliveryFactory(DjangoModelFactory):
    class Meta:
        model = edge.AlertDelivery

    route = factory.SubFactory(AlertRouteFactory)
    channel = factory.SelfAttribute("route.channel")
    address = factory.SelfAttribute("route.address")
    notice = NoticeKind.TEST
    due_at = NOW
    created_at = NOW


class ConnectionDraftFactory(DjangoModelFactory):
    """All answered and tested; `connection` is given for a change of one."""

    class Meta:
        model = edge.ConnectionDraft

    owner = factory.SubFactory(UserFactory)
    connector = "bank_csv"
    name = "Operating bank"
    account = factory.Sequence(lambda n: f"draft-{n}")
    environment = Environment.PRODUCTION
    settings = factory.LazyFunction(lambda: {"folder": "/srv/statements", "account": "Operating"})
    settings_done = True
    secrets_done = True
    passed = True
    checked_at = NOW
    checks = factory.LazyFunction(
        lambda: [{"name": "Read the folder", "passed": True, "meaning": "2 files.", "todo": ""}]
    )


class ConnectionChangeFactory(DjangoModelFactory):
    class Meta:
        model = edge.ConnectionChange

    kind = ChangeKind.CONNECTION
    connection = factory.SubFactory(ConnectionFactory, environment=Environment.PRODUCTION)
    title = "Change of PayTrace"
    is_sandbox = False
    fields = factory.LazyFunction(lambda: {"name": "PayTrace of the shops"})
    before = factory.LazyFunction(lambda: {"name": "PayTrace"})
    needs_other = True
    reason = "There are two of them now."
    made_by = factory.SubFactory(UserFactory)
    made_at = NOW


class ConnectionChangeStepFactory(DjangoModelFactory):
    class Meta:
        model = edge.ConnectionChangeStep

    change = factory.SubFactory(ConnectionChangeFactory)
    step = ChangeStep.PROPOSED
    actor = "user:ann"
    at = NOW


class PullReadingFactory(DjangoModelFactory):
    class Meta:
        model = edge.PullReading

    pull = factory.SubFactory(PullFactory)
    slot = factory.Sequence(lambda n: NOW + timedelta(minutes=15 * n))
    read_at = NOW
    pages = 1
