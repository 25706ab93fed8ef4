"""A hub with the demo's rules before a real Sage 500 sandbox; drains run in this process."""

import itertools
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from django.contrib.auth.models import Group, User

from config.demo.seed import COMPANY, Setup, seed
from integrations.sandbox.sage500.build import load_invoices
from integrations.services import posting
from reconciliation.choices import DecisionState, TransactionStatus
from reconciliation.models import BankLine, ExceptionItem, SettlementBatch, Transaction
from reconciliation.services import adding_up, certify, decide, empty_batches, held, match
from reconciliation.services.bulk import drain as bulk
from tests.builders import BankLineFactory, SettlementBatchFactory, TransactionFactory

DAY = date(2010, 12, 6)
NOON = datetime(2010, 12, 6, 20, tzinfo=UTC)
FINANCE, MAPPER, APPROVER = "user:demo-finance", "user:mapper", "user:demo-approver"
#: The ERP's database outlives a test: every test has its own numbers.
numbers = itertools.count(1)


class Hub:
    def __init__(self, erp, url: str, clock: Path) -> None:
        self.erp, self.url, self.clock = erp, url, clock
        self.number = next(numbers)
        self.customer, self.other = f"C{self.number}", f"D{self.number}"
        setup = Setup(
            "http://127.0.0.1:1", "demo", "x", url, clock.parent, "s" * 40, date(2010, 11, 1)
        )
        self.pair = seed(setup)
        mapper = User.objects.create_user("mapper")
        mapper.groups.set(Group.objects.filter(name__in=("operator", "mapper")))
        User.objects.get(username="demo-approver").groups.add(Group.objects.get(name="operator"))
        self.batch = SettlementBatchFactory(
            connection=self.pair.gateway,
            vendor_ref=f"B{self.number}",
            closed_at=NOON,
            closed_on=DAY,
            reported_count=0,
            sales_amount=0,
            refunds_amount=0,
            fee_amount=0,
        )

    def at(self, day: date) -> None:
        self.clock.write_text(f"{day.isoformat()}T20:00:00+00:00")

    def invoice(self, number: str, amount: str, customer: str = "") -> str:
        """An open invoice; the number that it is known by."""
        name = f"{self.number}{number}"
        load_invoices(self.url, [(name, date(2010, 12, 1), customer or self.customer, amount)])
        return name

    def payment(
        self, amount: str, reference: str = "", customer_ref: str = "", **over
    ) -> Transaction:
        """A settled sale of the batch, still to be decided."""
        total = Decimal(amount)
        self.batch.reported_count += 1
        self.batch.reported_sales += total
        self.batch.save()
        return TransactionFactory(
            **{
                "connection": self.pair.gateway,
                "vendor_id": f"{self.number}0{self.batch.reported_count}",
                "status": TransactionStatus.SETTLED,
                "amount": total,
                "captured_at": NOON,
                "settled_at": NOON,
                "settled_on": DAY,
                "batch": self.batch,
                "batch_ref": self.batch.vendor_ref,
                "customer_ref": customer_ref,
                "customer_id": "",
                "payer_ref": reference,
                "decision": DecisionState.DUE,
                "method": "Visa",
            }
            | over
        )

    def run(self) -> None:
        """All drains until nothing moves."""
        for _ in range(12):
            moved = decide.drain() + posting.drain() + adding_up.drain() + match.drain()
            moved += empty_batches.drain() + certify.drain() + held.drain() + bulk.drain()
            if not moved:
                return
        raise AssertionError("The drains do not come to rest.")

    def pay_batch(self) -> BankLine:
        """The deposit of the batch on the bank statement of the next day."""
        self.batch.refresh_from_db()
        return BankLineFactory(
            connection=self.pair.bank,
            booked_on=date(2010, 12, 7),
            reference=f"PT-{self.batch.vendor_ref}",
            amount=self.batch.net_amount,
        )

    def certificates(self) -> str:
        batch = SettlementBatch.objects.get(pk=self.batch.pk)
        return json.dumps([row.body for row in batch.certificates.order_by("number")])

    def item(self, row: Transaction, reason: str = "") -> ExceptionItem:
        found = ExceptionItem.objects.filter(transaction=row).order_by("pk")
        return (found.filter(reason=reason) if reason else found).get()

    # --- what the ERP's own tables say --------------------------------------------------------

    def sql(self, statement: str, *values):
        return self.erp.execute(statement, values or None).fetchall()

    def balance(self, number: str) -> str:
        [(found,)] = self.sql('SELECT "Balance" FROM "tarInvoice" WHERE "CustPONo" = %s', number)
        return f"{found:.2f}"

    def receipts(self, customer: str = "") -> list[tuple[str, str, str]]:
        """(amount, unapplied, payment reference) of a customer's posted receipts."""
        rows = self.sql(
            'SELECT p."TranAmt", p."UnappliedAmt", p."PmtRefNo" FROM "tarCustPmt" p'
            ' JOIN "tarCustomer" c USING ("CustKey") WHERE c."CustID" = %s'
            ' ORDER BY p."CustPmtKey"',
            customer or self.customer,
        )
        return [(f"{amount:.2f}", f"{left:.2f}", ref) for amount, left, ref in rows]

    def account(self, number: str) -> str:
        """What this test's settlement references left on a ledger account."""
        rows = self.sql(
            'SELECT COALESCE(sum(g."PostAmt"), 0) FROM "tglTransaction" g'
            ' JOIN "tglAccount" a ON a."GLAcctKey" = g."GLAcctKey"'
            ' WHERE a."GLAcctNo" = %s AND g."RefNo" IN (%s, %s)',
            number,
            f"PT-{self.batch.vendor_ref}",
            f"PT-{self.batch.vendor_ref}-T",
        )
        return f"{rows[0][0]:.2f}"

    def clearing_lines(self) -> list[tuple[str, str]]:
        rows = self.sql(
            'SELECT g."RefNo", g."PostAmt" FROM "tglTransaction" g'
            ' JOIN "tglAccount" a ON a."GLAcctKey" = g."GLAcctKey"'
            ' WHERE a."GLAcctNo" = %s AND g."RefNo" LIKE %s ORDER BY g."GLTranKey"',
            "1050-00",
            f"PT-{self.batch.vendor_ref}%",
        )
        return [(reference, f"{amount:.2f}") for reference, amount in rows]

    def doubled_keys(self):
        """Payments of this test with more than one receipt; the ERP also holds other tests'."""
        own = Transaction.objects.filter(connection=self.pair.gateway)
        return self.sql(
            'SELECT "PmtRefNo" FROM "tarCustPmt" WHERE "PmtRefNo" = ANY(%s)'
            " GROUP BY 1 HAVING count(*) > 1",
            list(own.values_list("vendor_id", flat=True)),
        )


UNIDENTIFIED, RECEIVABLES, CLEARING = "2300-00", "1200-00", "1050-00"
__all__ = ["APPROVER", "CLEARING", "COMPANY", "FINANCE", "MAPPER", "RECEIVABLES", "UNIDENTIFIED"]
