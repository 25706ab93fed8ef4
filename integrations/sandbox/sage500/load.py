"""Loads invoices into the sandbox: customers, posted invoices and their ledger lines, in sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from integrations.sandbox.people import party_of
from integrations.sandbox.sage500.connect import connect
from integrations.sandbox.sage500.invoice_file import (
    InvoiceLine,
    RefusedLine,
    check_rows,
    read_invoices,
)

#: Loads of one database follow one another.
LOAD_LOCK = 500_500_501
#: The ERP's columns hold a trillion. What is paid in one day comes to more than the invoices where
#: some are paid twice, so that a file may hold half of it.
LARGEST_TOGETHER = Decimal("500000000000.00")


@dataclass(frozen=True, slots=True)
class LoadReport:
    """accepted: good lines, those of an earlier load included; total: their sum.

    added: invoices that are new in the ERP. refused: (line number, reason), in file order.
    """

    accepted: int
    added: int
    refused: list[tuple[int, str]]
    total: Decimal


def load_file(database_url: str, path: Path | str, *, company: str = "") -> LoadReport:
    """Makes each good line of a CSV file a posted, open invoice. Repeats change nothing.

    Amounts are taken as the company's currency. Raises: InvoiceFileError, OSError.
    """
    with Path(path).open("rb") as file:
        return _load(database_url, read_invoices(file), company)


def load_invoices(
    database_url: str, rows: Iterable[Sequence[object]], *, company: str = ""
) -> LoadReport:
    """As `load_file`, for rows of (invoice_no, invoice_date, customer_id, total)."""
    return _load(database_url, check_rows(rows), company)


def _load(
    database_url: str, results: Iterable[InvoiceLine | RefusedLine], company: str
) -> LoadReport:
    with connect(database_url) as connection:
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOAD_LOCK])
            company = company or _value(
                connection, "SELECT value FROM sandbox_setting WHERE name = 'company'"
            )
            refused = _copy(connection, results)
            for check in (TWICE, DIFFERENT, WITHOUT_PERIOD):
                refused += _refuse(connection, check, company)
            accepted, total = connection.execute(
                "SELECT count(*), COALESCE(sum(total), 0) FROM incoming"
            ).fetchone() or (0, Decimal(0))
            added = _value(connection, "SELECT sandbox_load_invoices(%s)", [company])
            _introduce(connection, company)
        if added:
            connection.execute('ANALYZE "tarInvoice", "tarCustomer", "tglTransaction"')
    return LoadReport(accepted, added, sorted(refused), total.quantize(Decimal("0.01")))


def _introduce(connection: psycopg.Connection, company: str) -> None:
    """Gives new customers a name, an address and a contact."""
    new = connection.execute(
        'SELECT "CustKey", "CustID" FROM "tarCustomer"'
        ' WHERE "CompanyID" = %s AND "PrimaryAddrKey" IS NULL',
        [company],
    ).fetchall()
    parties = [(key, party_of(number)) for key, number in new]
    with connection.cursor() as cursor:
        cursor.executemany(
            'INSERT INTO "tciAddress" ("AddrKey", "AddrName", "AddrLine1", "City", "StateID",'
            ' "CountryID", "PostalCode") VALUES (%s, %s, %s, %s, %s, %s, %s)',
            [(k, p.name[:40], p.street, p.city, p.state, "USA", p.postcode) for k, p in parties],
        )
        cursor.executemany(
            'INSERT INTO "tciContact" ("CntctKey", "EMailAddr", "Phone") VALUES (%s, %s, %s)',
            [(key, party.email, party.phone) for key, party in parties],
        )
        cursor.executemany(
            'UPDATE "tarCustomer" SET "CustName" = %s, "PrimaryAddrKey" = "CustKey",'
            ' "PrimaryCntctKey" = "CustKey" WHERE "CustKey" = %s',
            [(party.name[:40], key) for key, party in parties],
        )


TOO_MUCH = "with it the invoices come to more than {:,}, which the ERP's columns may not hold"


def _copy(
    connection: psycopg.Connection, results: Iterable[InvoiceLine | RefusedLine]
) -> list[tuple[int, str]]:
    """Streams good lines into a temporary table; returns the refused ones."""
    refused: list[tuple[int, str]] = []
    connection.execute(
        "CREATE TEMP TABLE incoming (line int, invoice_no varchar(15), invoice_date date,"
        " customer_id varchar(12), total numeric(15,3)) ON COMMIT DROP"
    )
    together = Decimal(0)
    with connection.cursor().copy("COPY incoming FROM STDIN") as copy:
        for result in results:
            if isinstance(result, RefusedLine):
                refused.append((result.line, result.reason))
            elif together + result.total > LARGEST_TOGETHER:
                refused.append((result.line, TOO_MUCH.format(LARGEST_TOGETHER)))
            else:
                together += result.total
                copy.write_row(
                    (
                        result.line,
                        result.invoice_no,
                        result.invoice_date,
                        result.customer_id,
                        result.total,
                    )
                )
    connection.execute("ANALYZE incoming")
    return refused


#: The second line of an invoice number is refused, whatever it says.
TWICE = """
    DELETE FROM incoming i USING
        (SELECT invoice_no, min(line) AS first FROM incoming GROUP BY 1 HAVING count(*) > 1) d
    WHERE i.invoice_no = d.invoice_no AND i.line > d.first
    RETURNING i.line, format('invoice_no %%s stands already on line %%s', i.invoice_no, d.first)
"""
DIFFERENT = """
    DELETE FROM incoming i USING "tarInvoice" e, "tarCustomer" c
    WHERE e."CustPONo" = i.invoice_no AND e."CompanyID" = %(company)s AND e."TranType" = 501
        AND c."CustKey" = e."CustKey"
        AND (e."TranAmt" <> i.total OR e."TranDate" <> i.invoice_date
            OR c."CustID" <> i.customer_id)
    RETURNING i.line, format('invoice_no %%s is in the ERP already, with customer %%s, date %%s and'
        ' total %%s', i.invoice_no, c."CustID", e."TranDate"::date, round(e."TranAmt", 2))
"""
WITHOUT_PERIOD = """
    DELETE FROM incoming i WHERE sandbox_period_status(%(company)s, i.invoice_date) IS NULL
    RETURNING i.line, format('no fiscal period of the company holds invoice_date %%s',
        i.invoice_date)
"""


def _refuse(connection: psycopg.Connection, statement: str, company: str) -> list[tuple[int, str]]:
    rows = connection.execute(statement.encode(), {"company": company}).fetchall()
    return [(line, reason) for line, reason in rows]


def _value(connection: psycopg.Connection, statement: str, values: list[Any] | None = None) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    if row is None:
        raise LookupError("The sandbox database has no company: run build() first.")
    return row[0]
