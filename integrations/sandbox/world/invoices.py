"""The open invoices that the payers got: what the ERP's loader accepted, read from its tables.

What was posted meanwhile for orders is not among them: the plan follows from the file alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import psycopg

QUERY = """
    SELECT invoice."CustPONo", invoice."TranDate"::date, customer."CustID", invoice."TranAmt"
    FROM "tarInvoice" AS invoice JOIN "tarCustomer" AS customer USING ("CustKey")
    WHERE invoice."CustPONo" <> '' AND invoice."TranAmt" > 0 AND NOT EXISTS (
        SELECT 1 FROM tieout."PostingKey" AS ours
        WHERE ours."DocumentKind" = 'invoice' AND ours."DocumentKey" = invoice."InvcKey")
    ORDER BY invoice."TranDate", invoice."CustPONo" COLLATE "C", invoice."InvcKey"
"""


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as its payer knows it; `total` is positive, in dollars with two decimals."""

    number: str
    on: date
    customer_id: str
    total: Decimal


def read_invoices(erp_database_url: str) -> list[Invoice]:
    """Every invoice with a positive total, oldest first."""
    with psycopg.connect(erp_database_url) as connection:
        return list(_rows(connection))


def _rows(connection: psycopg.Connection) -> Iterator[Invoice]:
    with connection.cursor(name="invoices") as cursor:
        for number, on, customer_id, total in cursor.execute(QUERY):
            yield Invoice(number, on, customer_id, Decimal(total).quantize(Decimal("0.01")))
