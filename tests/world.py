"""A small, complete world: some of every state, so that each page has something to show."""

from datetime import timedelta
from decimal import Decimal

from django.contrib.auth.models import Group
from django.db import transaction

from audit import services as audit
from audit.roles import Role
from integrations.choices import AttemptOutcome, EnvelopeSource, PostingState
from integrations.services import vault
from integrations.services.intake import body_context
from reconciliation.choices import (
    BankLineState,
    BatchState,
    EffectKind,
    ExceptionState,
    Placement,
    Reason,
)
from reconciliation.models import Effect
from reconciliation.services.impact import rules_hash
from tests.builders import (
    NOW,
    TODAY,
    AccountRuleFactory,
    AlertDeliveryFactory,
    AlertFactory,
    AlertRouteFactory,
    AlertSilenceFactory,
    AttemptFactory,
    BankLineFactory,
    BulkItemFactory,
    BulkRunFactory,
    CensusFactory,
    CensusFindingFactory,
    CertificateFactory,
    ConnectionChangeFactory,
    ConnectionFactory,
    CustomerCandidateFactory,
    CustomerIdentityFactory,
    CustomerLinkFactory,
    CustomerLinkHistoryFactory,
    CustomerMergeFactory,
    DocumentReadingFactory,
    EffectFactory,
    EnvelopeFactory,
    ExceptionItemFactory,
    ExceptionNoteFactory,
    FeeRuleFactory,
    ImpactFactory,
    ImpactRowFactory,
    MatchFactory,
    MethodRuleFactory,
    OrderFactory,
    OrderHistoryFactory,
    PairFactory,
    PostingFactory,
    PullFactory,
    ReservationFactory,
    RuleSetVersionFactory,
    SettlementBatchFactory,
    SheetFactory,
    StatusRuleFactory,
    TransactionFactory,
    TransactionHistoryFactory,
    UserFactory,
)


def person(name, *roles):
    """A user who holds these roles; groups are made as migrate makes them."""
    user = UserFactory(username=name)
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    return user


def operator(name="operator"):
    return person(name, Role.OPERATOR)


def viewer(name="viewer"):
    return person(name, Role.VIEWER)


def certificate_body(batch, ties_out=True):
    return {
        "version": 1,
        "pair": "paytrace-sage500",
        "company": "SOA",
        "gateway": batch.connection.account,
        "batch": batch.vendor_ref,
        "reference": f"PT:{batch.vendor_ref}",
        "currency": "USD",
        "closed_on": batch.closed_on.isoformat(),
        "sales": {"count": 3, "amount": str(batch.sales_amount)},
        "refunds": {"count": 1, "amount": str(batch.refunds_amount)},
        "fees": str(batch.fee_amount),
        "net": str(batch.net_amount),
        "bank": {
            "amount": str(batch.bank_amount or 0),
            "lines": [
                {
                    "booked_on": batch.closed_on.isoformat(),
                    "description": "MERCHANT DEPOSIT PAYTRACE",
                    "reference": batch.vendor_ref,
                    "amount": str(batch.bank_amount or 0),
                    "matched": "exact: reference and net",
                }
            ],
        },
        "clearing": {"lines": 5, "debits": "1050.00", "credits": "1050.00", "sum": "0.00"},
        "documents": [
            {
                "effect": "receipt",
                "key": f"SOA:PT:7000000{number}:receipt",
                "number": f"CR-10000{number}",
                "amount": "350.00",
                "rules": 1,
            }
            for number in range(3)
        ],
        "residual": str(batch.residual),
        "residuals": list(batch.reasons) if not ties_out else [],
    }


class World:
    """Builds itself; the rows that tests name are attributes."""

    def __init__(self, days=12, per_day=4):
        self.pair = PairFactory(slug="paytrace-sage500")
        self.rules = RuleSetVersionFactory(pair=self.pair, number=1)
        for row in (AccountRuleFactory, MethodRuleFactory, StatusRuleFactory, FeeRuleFactory):
            row(version=self.rules)
        self._replay()
        self.gateway, self.bank = self.pair.gateway, self.pair.bank
        PullFactory(connection=self.gateway)
        PullFactory(connection=self.gateway, stream="batches")
        PullFactory(
            connection=self.pair.erp, stream="open_items", failures=2, problem="No answer in 30 s."
        )
        self.batches = [self._batch(ago, per_day) for ago in range(days, 0, -1)]
        self._today()
        self._desk()
        self._alerts()
        self._census()
        self._readings()
        self.statement = self._statement()
        self._orders()
        self.member = person("member", Role.VIEWER)
        self.change = self._change()
        with transaction.atomic():
            subject = ("envelope", str(self.statement.pk))
            self.entry = audit.record("file.received", subject, actor="user:ann", summary="A file.")

    def _change(self):
        vault.set_credential(self.gateway, "password", "kept", by="user:ann")
        for secret in ("first", "second"):
            vault.set_credential(self.gateway, vault.WEBHOOK_SECRET, secret, keep_old=True)
        self.gateway.test_checks = [
            {"name": "Log in", "passed": True, "meaning": "It knows us.", "todo": ""},
            {"name": "Read", "passed": False, "meaning": "It refuses.", "todo": "Ask the vendor."},
        ]
        self.gateway.tested_at, self.gateway.test_passed = NOW, False
        self.gateway.save()
        ConnectionChangeFactory(state="withdrawn", decided_at=NOW)
        return ConnectionChangeFactory(
            connection=self.pair.bank,
            is_sandbox=True,
            fields={"settings": {"folder": "/srv/new"}},
            before={"settings": {"folder": "/srv/old"}},
        )

    def _orders(self):
        """A shop whose orders the pair takes, and one of its files."""
        self.shop = ConnectionFactory(connector="orders", name="Web shop", account="shop")
        self.pair.orders = self.shop
        self.pair.save()
        for number in range(6):
            OrderFactory(connection=self.shop, ordered_on=TODAY - timedelta(days=number))
        self.order = OrderFactory(connection=self.shop, payer={"name": "Ann Lee"})
        OrderHistoryFactory(order=self.order)
        self.order_file = EnvelopeFactory(
            connection=self.shop, source=EnvelopeSource.FILE, kind="orders", name="orders.jsonl"
        )

    def _statement(self):
        context = body_context("statement", "file:february")
        sealed = vault.encrypt(b"date,description,amount\n2011-02-14,DEPOSIT,10.00\n", context)
        return EnvelopeFactory(
            connection=self.bank,
            source=EnvelopeSource.FILE,
            kind="statement",
            name="february.csv",
            identity="file:february",
            key_id=sealed.key_id,
            body=sealed.ciphertext,
        )

    def _replay(self):
        """A replay of a later draft, with a receipt that would go to another clearing account."""
        draft = RuleSetVersionFactory(
            pair=self.pair, number=2, state="draft", active_from=None, based_on=self.rules
        )
        self.replay = ImpactFactory(
            version=draft,
            state="done",
            same=40,
            changed=1,
            rules_hash=rules_hash(draft),
            accounts={"1050-00": "-45.00", "1060-00": "45.00"},
        )
        ImpactRowFactory(
            impact=self.replay,
            customer_id="17850",
            before={"amount": "45.00 USD", "clearing": "1050-00"},
            after={"amount": "45.00 USD", "clearing": "1060-00"},
            moved=self.replay.accounts,
        )

    def _alerts(self):
        self.alert = AlertFactory(
            connection=self.pair.erp, subject=f"connection:{self.pair.erp.pk}", count=41
        )
        AlertFactory(kind="card_number", title="Card data was removed.")
        AlertFactory(acknowledged_at=NOW, acknowledged_by="user:anna")
        AlertFactory(state="cleared", cleared_at=NOW)
        AlertFactory.create_batch(2, kind="deposit_late", title="A deposit is late.")
        route = AlertRouteFactory(name="Operations", audience="operations", sends_digest=True)
        AlertRouteFactory(name="At night", quiet_from="22:00", quiet_to="06:00", is_active=False)
        AlertDeliveryFactory(
            route=route,
            notice="alert",
            attempts=2,
            problem="Connection refused.",
            events=[{"id": str(self.alert.uid)}],
        )
        AlertSilenceFactory(connection=self.pair.erp)

    def _batch(self, ago, per_day):
        when = NOW - timedelta(days=ago)
        traits = {"tied_out": True}
        if ago == 5:
            traits = {"discrepant": True}
        elif ago <= 2:
            traits = {"state": BatchState.WAITING, "reasons": [WAITING]}
        batch = SettlementBatchFactory(
            connection=self.gateway,
            closed_on=when.date(),
            closed_at=when,
            sales_amount=Decimal(900 + 61 * (ago * 7 % 5)),
            **traits,
        )
        rows = [self._sale(batch, when, number) for number in range(per_day)]
        if batch.bank_amount is not None:
            line = BankLineFactory(
                connection=self.bank,
                booked_on=when.date(),
                amount=batch.bank_amount,
                reference=batch.vendor_ref,
                balance=Decimal(40_000 + 900 * ago),
                state=BankLineState.MATCHED,
            )
            MatchFactory(batch=batch, line=line)
            ties = batch.state == BatchState.TIED_OUT
            CertificateFactory(batch=batch, body=certificate_body(batch, ties), ties_out=ties)
        self.sale = rows[0]
        return batch

    def _sale(self, batch, when, number):
        amount = Decimal("87.15") + 53 * number
        row = TransactionFactory(
            connection=self.gateway,
            settled=True,
            batch=batch,
            amount=amount,
            captured_at=when - timedelta(minutes=13 * number),
            settled_at=when,
            settled_on=when.date(),
            customer_id=str(12_583 + number),
            payer_ref=f"INV {536_365 + number}",
        )
        TransactionHistoryFactory(transaction=row, to_status="captured")
        TransactionHistoryFactory(transaction=row, from_status="captured")
        posting = PostingFactory(target=self.pair.erp, posted=True, amount=amount)
        effect = EffectFactory(
            pair=self.pair, version=self.rules, transaction=row, batch=batch, posting=posting
        )
        ReservationFactory(effect=effect, amount=amount)
        AttemptFactory(posting=posting)
        return row

    def _census(self):
        self.census = CensusFactory(pair=self.pair, edited=1, missing=1, accepted=1)
        posting = PostingFactory(target=self.pair.erp, posted=True)
        CensusFindingFactory(census=self.census, posting=posting)
        CensusFindingFactory(census=self.census, kind="missing", found={}, differing=[])
        CensusFindingFactory(census=self.census, is_accepted=True)

    def _readings(self):
        """All but the last document have been read back; one of them was changed meanwhile."""
        self.document, self.changed, *rest = Effect.objects.filter(transaction__batch__isnull=False)
        for effect in (self.document, *rest[:-1]):
            DocumentReadingFactory(posting=effect.posting)
        DocumentReadingFactory(posting=self.changed.posting, changed=True)

    def _today(self):
        for number in range(5):
            TransactionFactory(
                connection=self.gateway, captured_at=NOW - timedelta(minutes=7 * number)
            )
        self.refund = TransactionFactory(
            connection=self.gateway, refund=True, parent=self.sale, amount=Decimal("20.00")
        )
        BankLineFactory(
            connection=self.bank, description="RENT FEBRUARY", amount=Decimal("-1800.00"),
            state=BankLineState.IGNORED, reference="",
        )  # fmt: skip

    def _desk(self):
        self._customers()
        self.item = self._item(0, Reason.INVOICE_NOT_FOUND, transaction=self.sale)
        for number, reason in enumerate(ON_THE_DESK, 1):
            self._item(number, reason, transaction=self.refund)
        discrepant = next(row for row in self.batches if row.state == BatchState.DISCREPANT)
        self._item(5, Reason.DEPOSIT_DIFFERS, batch=discrepant)
        self.held = PostingFactory(target=self.pair.erp, held=True, kind=EffectKind.REFUND)
        EffectFactory(
            pair=self.pair, version=self.rules, posting=self.held, transaction=self.refund
        )
        AttemptFactory(posting=self.held, outcome=AttemptOutcome.REFUSED, message=self.held.message)
        PostingFactory(target=self.pair.erp, state=PostingState.ENTERED, document_no="CR-100999")
        self._item(2, Reason.PERIOD_CLOSED, posting=self.held)
        closed = self._item(9, Reason.OVERPAID, state=ExceptionState.DISMISSED)
        closed.closed_at, closed.closed_by = NOW, "user:operator"
        closed.resolution = "The customer asked to keep it on account."
        closed.save()
        ExceptionNoteFactory(item=self.item, actor="worker", action="opened")
        self.sheet = SheetFactory()
        self.run = BulkRunFactory(refused=1)
        BulkItemFactory(run=self.run, item=self.item)
        BulkItemFactory(run=self.run, item=closed, state="refused", said="It is dismissed already.")

    def _customers(self):
        """One linked, one to look at, two merged."""
        for _ in range(6):
            CustomerLinkFactory(pair=self.pair)
            CustomerMergeFactory(pair=self.pair)
            one = CustomerIdentityFactory(pair=self.pair)
            CustomerCandidateFactory(identity=one)
        self.link = CustomerLinkFactory(pair=self.pair, ref="payer-7", customer_id="12583")
        CustomerLinkHistoryFactory(pair=self.pair, ref="payer-7")
        payer = CustomerIdentityFactory(pair=self.pair, name="Bob Miller", email="bob@x.com")
        erp = CustomerIdentityFactory(pair=self.pair, erp=True, name="Robert Miller")
        evidence = [
            {"field": "name", "verdict": "close", "words": "names alike (short form)",
             "left": "Bob Miller", "right": "Robert Miller"},
            {"field": "email", "verdict": "absent", "words": "e-mail on one side only",
             "left": "bob@x.com", "right": ""},
        ]  # fmt: skip
        self.candidate = CustomerCandidateFactory(
            identity=payer, erp=erp, evidence=evidence, against=["only the name agrees"]
        )
        touched = {"what": "Links", "number": 2, "money": [["30.00", "USD"]], "becomes": "move"}
        self.merge = CustomerMergeFactory(pair=self.pair, consequences=[touched])

    def _item(self, ago, reason, **about):
        return ExceptionItemFactory(
            connection=self.gateway,
            reason=reason,
            business_on=TODAY - timedelta(days=ago),
            due_on=TODAY - timedelta(days=ago) + timedelta(days=3),
            message=f"{Reason(reason).label}: what the payer wrote is “INV 53639”.",
            details={"written": "INV 53639", "placement": Placement.ON_ACCOUNT.label},
            suggestions=[
                {"action": "link_invoice", "label": "Perhaps meant invoice", "value": "536399"}
            ],
            owner="finance",
            **about,
        )


WAITING = {
    "reason": Reason.DEPOSIT_MISSING,
    "message": "The bank has not paid this batch yet.",
    "amount": "0.00",
}
ON_THE_DESK = (
    Reason.CUSTOMER_UNKNOWN,
    Reason.CUSTOMER_UNKNOWN,
    Reason.SECOND_CHARGE,
    Reason.REFUND_UNLINKED,
    Reason.INVOICE_NOT_FOUND,
    Reason.INVOICE_NOT_FOUND,
    Reason.CARD_NUMBER_REMOVED,
    Reason.METHOD_UNMAPPED,
)
