"""Payments, batches, bank lines, effects, exceptions, censuses."""

from datetime import date, timedelta
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from integrations.choices import (
    EnvelopeSource,
)
from integrations.standing import owed_fields
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
from tests.builders.integrations import ConnectionFactory, FactFactory, PairFactory, PostingFactory
from tests.builders.mapping import RuleSetVersionFactory
from tests.builders.people import NOW, TODAY, digest


def order_content(order: books.Order) -> dict[str, object]:
    """What an order of one line and one tax means, as its record would say it."""

    def money(amount: Decimal) -> str:
        return f"{amount:.2f} {order.currency}"

    line = {
        "position": 1,
        "item": "MUG-BLUE",
        "description": "Mug, blue",
        "quantity": "2",
        "unit_price": f"{order.lines_amount / 2:f}",
        "amount": money(order.lines_amount),
        "category": "",
        "department": "",
    }
    tax = {
        "component": "state",
        "jurisdiction": "CA",
        "taxable": money(order.lines_amount),
        "charged": money(order.tax_amount),
    }
    return {
        "external_id": order.number,
        "ordered_on": order.ordered_on.isoformat(),
        "customer_ref": order.customer_ref,
        "currency": order.currency,
        "lines": [line],
        "shipping": money(order.shipping_amount),
        "discount": money(order.discount_amount),
        "taxes": [tax],
        "total": money(order.total_amount),
        "payment_ref": order.payment_ref,
        "revision": 0,
    }


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


class OrderFactory(DjangoModelFactory):
    """25.00 of goods, 5.00 shipping and 1.81 tax, to be decided; amounts follow from the parts."""

    class Meta:
        model = books.Order

    connection = factory.SubFactory(
        ConnectionFactory,
        connector="orders",
        account=factory.Sequence(lambda n: f"shop-{n}"),
    )
    number = factory.Sequence(lambda n: f"WEB-{10_000 + n}")
    ordered_on = TODAY
    currency = "USD"
    customer_ref = "12583"
    payment_ref = ""
    line_count = 1
    lines_amount = Decimal("25.00")
    shipping_amount = Decimal("5.00")
    discount_amount = Decimal("0.00")
    tax_amount = Decimal("1.81")
    total_amount = factory.LazyAttribute(
        lambda order: (
            order.lines_amount + order.shipping_amount - order.discount_amount + order.tax_amount
        )
    )
    content = factory.LazyAttribute(order_content)
    meaning_hash = factory.LazyAttribute(lambda order: digest(order.number))
    last_fact = factory.SubFactory(
        FactFactory,
        envelope__connection=factory.SelfAttribute("...connection"),
        envelope__kind="order",
        kind="order",
        vendor_id=factory.SelfAttribute("..number"),
    )
    created_at = NOW
    updated_at = NOW


class OrderHistoryFactory(DjangoModelFactory):
    class Meta:
        model = books.OrderHistory

    order = factory.SubFactory(OrderFactory)
    fact = factory.SelfAttribute("order.last_fact")
    meaning = factory.SelfAttribute("order.content")
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


class NewCustomerFactory(DjangoModelFactory):
    """A payer of whom the ERP is asked to make a customer."""

    class Meta:
        model = books.NewCustomer

    pair = factory.SubFactory(PairFactory)
    ref = factory.Sequence(lambda n: f"payer-{n}")
    effect = factory.SubFactory(
        EffectFactory, pair=factory.SelfAttribute("..pair"), kind=EffectKind.CUSTOMER
    )
    ground = "person"
    asked_by = "user:olga"
    asked_at = NOW
    due_at = NOW


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
