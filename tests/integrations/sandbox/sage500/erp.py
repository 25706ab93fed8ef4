"""How the tests speak to the sandbox: SQL only, as a connector would."""

import json
from collections import namedtuple
from datetime import date
from decimal import Decimal
from hashlib import sha256

import psycopg

Answer = namedtuple("Answer", "status code message document number", defaults=[None])
DAY = date(2011, 1, 4)


def sha(text):
    return sha256(text.encode()).hexdigest()


class Erp:
    def __init__(self, connection, url):
        self.connection = connection
        self.url = url

    def other_session(self):
        return Erp(psycopg.connect(self.url, autocommit=True), self.url)

    def rows(self, statement, *values):
        return self.connection.execute(statement, values or None).fetchall()

    def value(self, statement, *values):
        return self.rows(statement, *values)[0][0]

    def _call(self, name, values, outputs):
        marks = ",".join(["%s"] * (len(values) + outputs))
        row = self.connection.execute(
            f'CALL tieout."{name}"({marks})', [*values, *[None] * outputs]
        ).fetchone()
        return Answer(*row)

    def open_batch(self, key="batch", purpose="receipts", hashed="h", company="SOA", **over):
        values = {"day": DAY, "comment": "S-1", "deposit": "1050-00", "user": "tieout"} | over
        return self._call("OpenBatch", [key, sha(hashed), company, purpose, *values.values()], 5)

    def receipt(self, key, batch, amount, applications=(), hashed="h", company="SOA", **over):
        values = {
            "customer": "17850",
            "offset": "",
            "day": DAY,
            "amount": Decimal(amount),
            "currency": "USD",
            "method": "VISA",
            "payment": f"pt-{key}"[:30],
            "settlement": "S-1",
            "comment": "",
        } | over
        document = json.dumps([{"item_key": str(k), "amount": a} for k, a in applications])
        return self._call(
            "CreateCashReceipt",
            [key, sha(hashed), company, batch, *values.values(), document],
            5,
        )

    def journal(self, key, batch, lines, hashed="h", company="SOA", comment="deposit"):
        document = json.dumps(
            [
                {"account": a, "debit": d, "credit": c, "reference": "S-1", "comment": "net"}
                for a, d, c in lines
            ]
        )
        values = [key, sha(hashed), company, batch, DAY, comment, document]
        return self._call("CreateJournal", values, 5)

    def memo(self, key, batch, amount, hashed="h", company="SOA", **over):
        values = {
            "customer": "17850",
            "day": DAY,
            "amount": Decimal(amount),
            "currency": "USD",
            "offset": "4100-00",
            "reference": "536365",
            "comment": "return",
        } | over
        return self._call(
            "CreateCreditMemo", [key, sha(hashed), company, batch, *values.values()], 5
        )

    def bill(self, key, batch, amount, lines=None, hashed="h", company="SOA", **over):
        """An invoice with lines of (account, amount, then item, quantity, tax code)."""
        values = {
            "customer": "17850",
            "day": DAY,
            "amount": Decimal(amount),
            "currency": "USD",
            "reference": "WEB-1",
            "comment": "Order WEB-1",
        } | over
        names = ("account", "amount", "item", "quantity", "tax_code")
        blank = ("", "", "", "1", "")
        lines = [("4000-00", amount)] if lines is None else lines
        document = [
            {
                "description": f"Line {n}",
                **dict(zip(names, (*line, *blank[len(line) :]), strict=True)),
            }
            for n, line in enumerate(lines, 1)
        ]
        given = [key, sha(hashed), company, batch, *values.values(), json.dumps(document)]
        return self._call("CreateInvoice", given, 5)

    def available(self, item):
        return self.value(
            'SELECT sum("Available") FROM tieout."StockLevel" WHERE "ItemID" = %s', item
        )

    def apply(self, key, batch, receipt, invoice, amount, hashed="h", company="SOA"):
        values = [key, sha(hashed), company, batch, receipt, invoice, Decimal(amount), "USD"]
        return self._call("ApplyReceipt", values, 5)

    def reverse(self, key, batch, receipt, amount, hashed="h", company="SOA", payment="pt-r1"):
        values = [key, sha(hashed), company, batch, receipt, DAY, Decimal(amount), "USD", payment]
        return self._call("ReverseCashReceipt", [*values, "S-1", "voided"], 5)

    def customer(self, key, hashed="h", company="SOA", **over):
        values = {
            "number": "", "prefix": "C", "digits": 6, "name": "Ann Lee", "email": "ann@lee.example",
            "phone": "", "line1": "1 High St", "line2": "", "line3": "", "city": "Salem",
            "state": "OR", "postcode": "97301", "country": "USA", "reference": "shop-7",
            "class": "", "terms": "", "since": DAY, "user": "tieout",
        } | over  # fmt: skip
        return self._call("CreateCustomer", [key, sha(hashed), company, *values.values()], 5)

    def post(self, key, batch, count, amount, hashed="h", company="SOA"):
        values = [key, sha(hashed), company, batch, count, Decimal(amount)]
        return self._call("PostBatch", values, 4)

    def invoice(self, number):
        return self.value('SELECT "InvcKey" FROM "tarInvoice" WHERE "CustPONo" = %s', number)

    def balance(self, number):
        return self.value('SELECT "Balance" FROM "tarInvoice" WHERE "CustPONo" = %s', number)

    def batch_status(self, batch):
        return self.rows(
            'SELECT "Status", "PostStatus" FROM "tciBatchLog" WHERE "BatchKey" = %s', batch
        )[0]

    def ledger(self, batch):
        """(account, amount, reference, comment) of the batch's lines."""
        return self.rows(
            'SELECT a."GLAcctNo", g."PostAmt", g."RefNo", g."ExtCmnt" FROM "tglTransaction" g'
            ' JOIN "tglAccount" a USING ("GLAcctKey") WHERE g."BatchKey" = %s'
            ' ORDER BY g."GLTranKey"',
            batch,
        )

    def count(self, table):
        return self.value(f"SELECT count(*) FROM {table}")

    def unbalanced_batches(self):
        return self.rows(
            'SELECT "BatchKey" FROM "tglTransaction" GROUP BY 1 HAVING sum("PostAmt") <> 0'
        )
