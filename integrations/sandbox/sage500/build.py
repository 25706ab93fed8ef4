"""Builds the Sage 500 sandbox: a company database in PostgreSQL, with the wrapper procedures.

A simulator at the wire: whoever uses it sees tables and procedures only. It shares no code with
the connector.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import psycopg

from integrations.sandbox.sage500.connect import connect
from integrations.sandbox.sage500.load import LoadReport, load_file, load_invoices

__all__ = ["LoadReport", "build", "load_file", "load_invoices", "set_period_status"]

FOLDER = Path(__file__).parent
SCRIPTS = (
    "schema.sql",
    "schema_receivables.sql",
    "schema_orders.sql",
    "procedures.sql",
    "posting.sql",
    "../chaos/schedule.sql",
    "faults.sql",
    "wrapper.sql",
    "wrapper_receipts.sql",
    "wrapper_documents.sql",
    "wrapper_applications.sql",
    "wrapper_reversals.sql",
    "wrapper_posting.sql",
    "wrapper_customers.sql",
    "wrapper_invoices.sql",
    "seed.sql",
    "loading.sql",
    "stock.sql",
    "edits.sql",
)
#: Two builds of one database wait for each other on this advisory lock.
BUILD_LOCK = 500_500_500

DROP_OLD_ROUTINES = """
DO $$
DECLARE old record;
BEGIN
    FOR old IN
        SELECT p.oid::regprocedure AS signature FROM pg_proc p
        WHERE p.pronamespace IN ('public'::regnamespace, 'tieout'::regnamespace)
            AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE 'DROP ROUTINE ' || old.signature;
    END LOOP;
END $$
"""


def build(
    database_url: str,
    *,
    company: str = "SOA",
    currency: str = "USD",
    periods_from: date,
    periods_to: date,
    company_name: str = "Tieout Demo",
) -> None:
    """Makes tables, procedures, the company and its monthly periods; repeats change nothing.

    The periods hold every day from `periods_from` to `periods_to`, both included. A database built
    by an older version of these scripts gets the new procedures and keeps its rows; a changed
    table needs a new database.
    """
    scripts = {name: (FOLDER / name).read_text("utf-8") for name in SCRIPTS}
    version = hashlib.sha256("".join(scripts.values()).encode()).hexdigest()
    with connect(database_url) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [BUILD_LOCK])
        if _built_version(connection) != version:
            _run_scripts(connection, scripts, version)
        connection.execute("SELECT sandbox_seed_common(%s)", [currency])
        connection.execute(
            "SELECT sandbox_seed_company(%s, %s, %s)", [company, company_name, currency]
        )
        connection.execute(
            "SELECT sandbox_seed_periods(%s, %s, %s)", [company, periods_from, periods_to]
        )
        connection.execute(
            "INSERT INTO sandbox_setting VALUES ('company', %s) ON CONFLICT DO NOTHING", [company]
        )


def set_period_status(database_url: str, company: str, day: date, *, closed: bool) -> None:
    """Closes or opens the fiscal period that holds `day`."""
    with connect(database_url) as connection:
        changed = connection.execute(
            'UPDATE "tglFiscalPeriod" SET "Status" = %s WHERE "CompanyID" = %s'
            ' AND %s BETWEEN "StartDate" AND "EndDate"',
            [2 if closed else 1, company, day],
        )
        if changed.rowcount != 1:
            raise ValueError(f"No fiscal period of company {company} holds {day}.")


def _built_version(connection: psycopg.Connection) -> str:
    if connection.execute("SELECT to_regclass('public.sandbox_setting')").fetchone() == (None,):
        return ""
    row = connection.execute("SELECT value FROM sandbox_setting WHERE name = 'version'").fetchone()
    return str(row[0]) if row else ""


def _run_scripts(connection: psycopg.Connection, scripts: dict[str, str], version: str) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS tieout")
    connection.execute(DROP_OLD_ROUTINES)
    for script in scripts.values():
        connection.execute(script.encode())
    connection.execute(
        "INSERT INTO sandbox_setting VALUES ('version', %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [version],
    )
