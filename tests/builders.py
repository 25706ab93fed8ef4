"""Rows for tests, one factory per model; every default is valid and the least that makes sense.

`TransactionFactory(settled=True)` and its like are traits: a state with all that belongs to it.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory
from django.contrib.auth import get_user_model
from django.utils import timezone
from factory.django import DjangoModelFactory

from audit.keys import secret_hash
from audit.models import ApiKey
from console.models import Preference
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
from integrations.standing import owed_fields
from mapping import models as rules
from mapping.choices import AccountRole, Action, VersionState
from mapping.rules.validations import Check
from reconciliation import models as books
from reconciliation.choices import (
    BatchState,
    DecisionState,
    EffectKind,
    ExceptionState,
    GapCause,
    Placement,
    Reason,
    RunOrigin,
    RunState,
    TransactionKind,
    TransactionStatus,
)

NOW = datetime(2011, 2, 14, 18, 30, tzinfo=UTC)
"""The business time at which tests play unless they say otherwise: a Monday."""
TODAY = date(2011, 2, 14)
PASSWORD = "correct-horse-battery"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class UserFactory(DjangoModelFactory):
    class Meta:
        model = get_user_model()
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")

    @factory.post_generation
    def password(self, create, given, **kwargs):
        self.set_password(given or PASSWORD)
        if create:
            self.save()


class ApiKeyFactory(DjangoModelFactory):
    """A live key; its text is `text_of(key)`."""

    class Meta:
        model = ApiKey

    name = factory.Sequence(lambda n: f"software-{n}")
    prefix = factory.Sequence(lambda n: f"{n:010d}")
    secret_hash = factory.LazyFunction(lambda: secret_hash("s" * 43))
    scopes = ["read"]
    owner = factory.SubFactory(UserFactory)
    created_by = "user:admin"
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda key: key.created_at + timedelta(days=30))


def text_of(key):
    return f"tk_{key.prefix}_{'s' * 43}"


class PreferenceFactory(DjangoModelFactory):
    class Meta:
        model = Preference

    user = factory.SubFactory(UserFactory)
    name = factory.Sequence(lambda n: f"choice {n}")
    value = "yes"


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


class RuleSetVersionFactory(DjangoModelFactory):
    class Meta:
        model = rules.RuleSetVersion

    pair = factory.SubFactory(PairFactory)
    number = factory.Sequence(lambda n: n + 1)
    state = VersionState.ACTIVE
    # Ten years of days before any test's: however many are made, all are in force.
    active_from = factory.Sequence(lambda n: date(2000, 1, 1) + timedelta(days=n % 3650))
    created_by = "admin"
    approved_by = "approver"


class AccountRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.AccountRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    role = AccountRole.CLEARING
    account = "1055-00-00"


class MethodRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.MethodRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    method = "VISA"
    erp_method = "CC-VISA"


class StatusRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.StatusRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    kind = TransactionKind.SALE
    status = TransactionStatus.SETTLED
    action = Action.CASH_RECEIPT


class FeeRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.FeeRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    percent = Decimal("2.9000")
    fixed = Decimal("0.30")


class TaxRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.TaxRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    component = "state"
    tax_code = "ST"
    account = "2200-00"


class CurrencyRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.CurrencyRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    currency = "EUR"


class CustomerRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    customer_id = "WALK-IN"


class ItemRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.ItemRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    item = "4711"
    erp_item = "WIDGET"


class ValidationRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.ValidationRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    checks = Check.NOT_ZERO


class FieldRuleFactory(DjangoModelFactory):
    class Meta:
        model = rules.FieldRule

    version = factory.SubFactory(RuleSetVersionFactory)
    position = factory.Sequence(lambda n: n)
    target = "receipt.comment"
    formula = "transaction_id"


class ImpactFactory(DjangoModelFactory):
    class Meta:
        model = books.Impact

    version = factory.SubFactory(RuleSetVersionFactory)
    pair = factory.SelfAttribute("version.pair")
    rules_hash = "a" * 64
    first_on = date(2010, 12, 1)
    last_on = date(2010, 12, 31)
    asked_by = "user:mapper"
    asked_at = NOW


class ImpactRowFactory(DjangoModelFactory):
    class Meta:
        model = books.ImpactRow

    impact = factory.SubFactory(ImpactFactory)
    change = "changed"
    kind = "receipt"
    business_on = date(2010, 12, 6)
    amount = Decimal("45.00")
    currency = "USD"


class ImpactApprovalFactory(DjangoModelFactory):
    class Meta:
        model = books.ImpactApproval

    impact = factory.SubFactory(ImpactFactory)
    active_from = date(2011, 1, 1)
    approved_by = "user:approver"
    approved_at = NOW


class ExchangeRateFactory(DjangoModelFactory):
    class Meta:
        model = rules.ExchangeRate

    table = "monthly"
    source = "EUR"
    target = "USD"
    valid_on = factory.Sequence(lambda n: date(2000, 1, 1) + timedelta(days=n % 3650))
    rate = Decimal("1.31250000")
    origin = "the central bank's monthly table"
    added_by = "admin"


class CustomerLinkFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerLink

    pair = factory.SubFactory(PairFactory)
    ref = factory.Sequence(lambda n: f"customer-{n}")
    customer_id = "12583"
    made_by = "operator"


class CustomerLinkHistoryFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerLinkHistory

    pair = factory.SubFactory(PairFactory)
    system = "gateway"
    ref = "customer-1"
    to_customer = "12583"
    ground = "person"
    actor = "operator"
    at = NOW


class CustomerMergeFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerMerge

    pair = factory.SubFactory(PairFactory)
    kept_id = "12583"
    merged_id = factory.Sequence(lambda n: f"M{n}")
    why = "The same company"
    moves_money = True
    proposed_by = "user:operator"
    proposed_at = NOW


class CustomerIdentityFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerIdentity

    class Params:
        erp = factory.Trait(system="erp", ref=factory.Sequence(lambda n: f"C{n}"))

    pair = factory.SubFactory(PairFactory)
    system = "gateway"
    ref = factory.Sequence(lambda n: f"payer-{n}")
    name = "Ann Lee"
    first_seen_at = NOW
    changed_at = NOW


class IdentityKeyFactory(DjangoModelFactory):
    class Meta:
        model = rules.IdentityKey

    identity = factory.SubFactory(CustomerIdentityFactory)
    pair = factory.SelfAttribute("identity.pair")
    key = factory.Sequence(lambda n: f"em:{n}@x.com")


class CustomerCandidateFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerCandidate

    identity = factory.SubFactory(CustomerIdentityFactory)
    erp = factory.SubFactory(
        CustomerIdentityFactory, erp=True, pair=factory.SelfAttribute("..identity.pair")
    )
    tier = 2
    score = 80
    band = "review"
    step = "email 80 clear"
    why = "Same e-mail, same name."
    made_at = NOW


class CustomerPolicyFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerPolicy

    pair = factory.SubFactory(PairFactory)
    changed_at = NOW


class CustomerSourceFactory(DjangoModelFactory):
    class Meta:
        model = rules.CustomerSource

    pair = factory.SubFactory(PairFactory)
    system = "erp"
    due_at = NOW


class SettlementBatchFactory(DjangoModelFactory):
    """Closed and without members; give amounts, net follows."""

    class Meta:
        model = books.SettlementBatch

    class Params:
        tied_out = factory.Trait(
            state=BatchState.TIED_OUT,
            bank_amount=factory.SelfAttribute("net_amount"),
        )
        discrepant = factory.Trait(
            state=BatchState.DISCREPANT,
            bank_amount=factory.LazyAttribute(lambda batch: batch.net_amount - Decimal("1.25")),
            residual=Decimal("-1.25"),
            reasons=[
                {
                    "reason": Reason.DEPOSIT_DIFFERS,
                    "message": "The bank line is 1.25 below the batch's net.",
                    "amount": "-1.25",
                }
            ],
        )

    connection = factory.SubFactory(ConnectionFactory)
    vendor_ref = factory.Sequence(lambda n: str(4_000 + n))
    currency = "USD"
    closed_at = NOW - timedelta(hours=12)
    closed_on = TODAY
    sales_amount = Decimal("1000.00")
    refunds_amount = Decimal("50.00")
    fee_amount = Decimal("30.20")
    net_amount = factory.LazyAttribute(
        lambda batch: batch.sales_amount - batch.refunds_amount - batch.fee_amount
    )
    reported_count = 2
    reported_sales = factory.SelfAttribute("sales_amount")
    reported_refunds = factory.SelfAttribute("refunds_amount")
    state = BatchState.CLOSED
    updated_at = NOW


class TransactionFactory(DjangoModelFactory):
    """A captured sale; `settled=True` puts it into a batch of its own unless one is given."""

    class Meta:
        model = books.Transaction

    class Params:
        settled = factory.Trait(
            status=TransactionStatus.SETTLED,
            settled_at=NOW,
            settled_on=TODAY,
            batch=factory.SubFactory(
                SettlementBatchFactory, connection=factory.SelfAttribute("..connection")
            ),
            batch_ref=factory.SelfAttribute("batch.vendor_ref"),
            decision=DecisionState.POSTED_AS,
            placement=Placement.APPLIED,
        )
        refund = factory.Trait(kind=TransactionKind.REFUND)

    connection = factory.SubFactory(ConnectionFactory)
    vendor_id = factory.Sequence(lambda n: str(70_000_000 + n))
    kind = TransactionKind.SALE
    status = TransactionStatus.CAPTURED
    amount = Decimal("139.12")
    currency = "USD"
    captured_at = NOW - timedelta(hours=2)
    captured_on = factory.LazyAttribute(lambda transaction: transaction.captured_at.date())
    customer_ref = "12583"
    customer_id = "12583"
    payer_ref = "INV 536365"
    reference_texts = factory.LazyAttribute(lambda transaction: [transaction.payer_ref])
    method = "VISA"
    last4 = "4242"
    approval_code = "TAS101"
    last_fact = factory.SubFactory(
        FactFactory,
        envelope__connection=factory.SelfAttribute("...connection"),
        vendor_id=factory.SelfAttribute("..vendor_id"),
    )
    updated_at = NOW


class TransactionHistoryFactory(DjangoModelFactory):
    class Meta:
        model = books.TransactionHistory

    transaction = factory.SubFactory(TransactionFactory)
    fact = factory.SubFactory(
        FactFactory,
        envelope__connection=factory.SelfAttribute("...transaction.connection"),
        vendor_id=factory.SelfAttribute("..transaction.vendor_id"),
    )
    to_status = factory.SelfAttribute("transaction.status")
    meaning = factory.LazyAttribute(lambda history: {"amount": str(history.transaction.amount)})
    business_at = NOW
    recorded_at = NOW


class BankLineFactory(DjangoModelFactory):
    class Meta:
        model = books.BankLine

    connection = factory.SubFactory(
        ConnectionFactory, bank=True, account=factory.Sequence(lambda n: f"account-{n}")
    )
    fact = factory.SubFactory(
        FactFactory,
        envelope__connection=factory.SelfAttribute("...connection"),
        envelope__source=EnvelopeSource.FILE,
        envelope__kind="statement",
        kind="bank_line",
    )
    fingerprint = factory.Sequence(lambda n: digest(f"line {n}"))
    booked_on = TODAY
    description = "MERCHANT DEPOSIT PAYTRACE"
    reference = factory.Sequence(lambda n: str(4_000 + n))
    amount = Decimal("919.80")
    currency = "USD"


class MatchFactory(DjangoModelFactory):
    class Meta:
        model = books.Match

    batch = factory.SubFactory(SettlementBatchFactory)
    line = factory.SubFactory(BankLineFactory)
    amount = factory.SelfAttribute("line.amount")
    rule = "exact: reference and net"
    made_by = "worker"
    made_at = NOW


class CertificateFactory(DjangoModelFactory):
    class Meta:
        model = books.Certificate

    batch = factory.SubFactory(SettlementBatchFactory, tied_out=True)
    number = 1
    body = factory.LazyAttribute(lambda certificate: {"batch": certificate.batch.vendor_ref})
    body_hash = factory.LazyAttribute(lambda certificate: digest(str(certificate.body)))
    ties_out = True
    business_at = NOW
    issued_at = NOW


class EffectFactory(DjangoModelFactory):
    class Meta:
        model = books.Effect

    pair = factory.SubFactory(PairFactory)
    key = factory.SelfAttribute("posting.key")
    kind = EffectKind.RECEIPT
    version = factory.SubFactory(RuleSetVersionFactory, pair=factory.SelfAttribute("..pair"))
    rules = factory.LazyAttribute(lambda effect: ["status 1: sale settled → cash receipt"])
    posting = factory.SubFactory(PostingFactory, target=factory.SelfAttribute("..pair.erp"))
    business_on = TODAY
    created_at = NOW


class ReservationFactory(DjangoModelFactory):
    class Meta:
        model = books.Reservation

    effect = factory.SubFactory(EffectFactory)
    company = "SOA"
    item_key = factory.Sequence(lambda n: str(500_000 + n))
    document_no = "536365"
    amount = Decimal("139.12")


class ExceptionItemFactory(DjangoModelFactory):
    class Meta:
        model = books.ExceptionItem

    reason = Reason.INVOICE_NOT_FOUND
    subject = factory.Sequence(lambda n: f"transaction:{n}")
    connection = factory.SubFactory(ConnectionFactory)
    message = "No open invoice of customer 12583 is called 536399."
    amount = Decimal("139.12")
    currency = "USD"
    state = ExceptionState.OPEN
    business_on = TODAY
    due_on = TODAY + timedelta(days=2)
    opened_at = NOW


class ExceptionNoteFactory(DjangoModelFactory):
    class Meta:
        model = books.ExceptionNote

    item = factory.SubFactory(ExceptionItemFactory)
    at = NOW
    actor = "operator"
    action = "claim"


class BulkRunFactory(DjangoModelFactory):
    """A run over two exceptions that goes on."""

    class Meta:
        model = books.BulkRun

    action = "dismiss"
    values = {"note": "Paid by cheque."}
    origin = RunOrigin.FILTER
    chosen_by = "Reason: Paid too much"
    actor = "user:operator"
    made_at = NOW
    worked_at = NOW
    state = RunState.RUNNING
    total = 2
    amounts = {"USD": "278.24"}


class BulkItemFactory(DjangoModelFactory):
    class Meta:
        model = books.BulkItem

    run = factory.SubFactory(BulkRunFactory)
    item = factory.SubFactory(ExceptionItemFactory)
    action = factory.SelfAttribute("run.action")
    values = factory.SelfAttribute("run.values")


class OwnerRuleFactory(DjangoModelFactory):
    class Meta:
        model = books.OwnerRule

    position = factory.Sequence(lambda n: n + 1)
    owner = "finance"
    changed_by = "user:admin"
    changed_at = NOW


class SheetFactory(DjangoModelFactory):
    class Meta:
        model = books.Sheet

    name = "exceptions-to-work-on.csv"
    actor = "user:operator"
    made_at = NOW
    rows = [
        {"line": 2, "pk": None, "revision": None, "action": "", "values": {},
         "state": "refused", "why": "There is no such exception."},
    ]  # fmt: skip


class DeskLimitFactory(DjangoModelFactory):
    class Meta:
        model = books.DeskLimit

    action = factory.Sequence(lambda n: f"action-{n}")
    alone_up_to = Decimal("500.00")
    changed_by = "user:admin"
    changed_at = NOW


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


class CensusFactory(DjangoModelFactory):
    class Meta:
        model = books.Census

    pair = factory.SubFactory(PairFactory)
    number = factory.Sequence(lambda n: n + 1)
    business_at = NOW
    started_at = NOW
    ended_at = NOW + timedelta(seconds=42)
    taken_by = "worker"
    owed = 1284
    found = 1283
    on_the_way = {"held": 1, "ready": 2}


class CensusFindingFactory(DjangoModelFactory):
    """A receipt whose amount was changed in the ERP."""

    class Meta:
        model = books.CensusFinding

    census = factory.SubFactory(CensusFactory)
    kind = "edited"
    subject = factory.Sequence(lambda n: f"posting:{n}")
    key = factory.Sequence(lambda n: f"SOA|paytrace:merchant|tx:{n}|receipt|1")
    document_kind = "cash_receipt"
    document_no = factory.Sequence(lambda n: f"{n:010d}-CR")
    amount = Decimal("100.00")
    currency = "USD"
    owed = {"amount": "100.00 USD", "status": "posted"}
    found = {"amount": "90.00 USD", "status": "posted"}
    differing = ["amount"]
    changed_by = "bookkeeper"
    changed_at = "2011-02-14 10:00:00"
    message = "Cash receipt was changed in the ERP: amount “100.00 USD” → “90.00 USD”."


class DocumentReadingFactory(DjangoModelFactory):
    """Found as it was posted; `changed=True` is one that somebody edited in the ERP."""

    class Meta:
        model = books.DocumentReading

    class Params:
        changed = factory.Trait(
            verdict="changed", differing=["amount"], changed_by="bookkeeper",
            fields={"amount": "90.00 USD", "status": "posted"},
        )  # fmt: skip

    posting = factory.SubFactory(PostingFactory, posted=True)
    verdict = "as_posted"
    document_no = factory.SelfAttribute("posting.document_no")
    fields = factory.LazyAttribute(
        lambda reading: {**owed_fields(reading.posting.draft), "status": "posted"}
    )
    first_read_at = NOW
    read_at = NOW


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


class BatchHistoryFactory(DjangoModelFactory):
    class Meta:
        model = books.BatchHistory

    batch = factory.SubFactory(SettlementBatchFactory)
    fact = factory.SubFactory(FactFactory, kind="batch")
    from_state = BatchState.TIED_OUT
    to_state = BatchState.CLOSED
    before = factory.LazyFunction(lambda: {"net": "100.00"})
    after = factory.LazyFunction(lambda: {"net": "101.00"})
    business_at = NOW
    recorded_at = NOW


class GapReadingFactory(DjangoModelFactory):
    class Meta:
        model = books.GapReading

    connection = factory.SubFactory(ConnectionFactory)
    cause = GapCause.BATCH_SHORT
    subject = factory.Sequence(lambda n: str(400 + n))
    business_on = TODAY
    number = 1
    asked_at = NOW
    next_at = NOW + timedelta(minutes=5)


class RoundsFactory(DjangoModelFactory):
    class Meta:
        model = books.Rounds

    name = factory.Sequence(lambda n: f"round {n}")


class RuleImportFactory(DjangoModelFactory):
    """A spreadsheet that waits for a look, for a draft."""

    class Meta:
        model = rules.RuleImport

    version = factory.SubFactory(RuleSetVersionFactory, state=VersionState.DRAFT, active_from=None)
    pair = factory.SelfAttribute("version.pair")
    kind = "methods"
    name = "methods.csv"
    content = {"rules": {"methods": [[2, {"method": "Visa", "erp_method": "VISA"}]]}}
    made_by = "user:mara"
