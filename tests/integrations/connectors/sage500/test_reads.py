"""The expressions, compiled for SQL Server and for PostgreSQL."""

from datetime import date, datetime

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.mssql import mssqlpython

from integrations.connectors.sage500 import reads, shown
from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.tables import tables_of

TABLES = tables_of(Sage500Settings(url="mssql://user:password@server/mas500_app"))
REFERENCES = ("TranNo", "TranID", "CustPONo")
QUERIES = {
    "changed_items": reads.changed_items(
        TABLES,
        "SOA",
        reference_columns=REFERENCES,
        tran_types=[501],
        after=(datetime(2010, 12, 1, 8, 5), 42),  # noqa: DTZ001  (as Sage keeps it)
        limit=100,
    ),
    "items_by_key": reads.items_by_key(TABLES, "SOA", [1, 2], reference_columns=REFERENCES),
    "items_by_reference": reads.items_by_reference(
        TABLES, "SOA", ["536365"], reference_columns=REFERENCES, tran_types=[501]
    ),
    "items_of_customer": reads.items_of_customer(
        TABLES, "SOA", "17850", reference_columns=REFERENCES, tran_types=[501], limit=20
    ),
    "keys_present": reads.keys_present(TABLES, "SOA", ["a", "b"]),
    "documents_by_key": reads.documents_by_key(TABLES, "SOA", ["a", "b"]),
    "ledger_lines": reads.ledger_lines(TABLES, "SOA", "1050-00", ["GB1208"]),
    "customers": reads.customers(TABLES, "SOA", ["17850"]),
    "open_periods": reads.open_periods(TABLES, "SOA", date(2010, 12, 1), date(2010, 12, 31)),
    "batch_states": reads.batch_states(TABLES, "SOA", [7]),
    "clock": reads.clock(),
    "receipts shown": shown.receipts(TABLES, TABLES.payment, [1]),
    "reversals shown": shown.reversals(TABLES, TABLES.payment, [1]),
    "applications shown": shown.applications(TABLES.application, [1]),
    "memos shown": shown.memos(TABLES, TABLES.invoice, [1]),
    "journal lines shown": shown.journal_lines(TABLES, [1]),
}
GOLDEN = {
    "keys_present": (
        "SELECT tieout.[PostingKey].[PostingKey] FROM tieout.[PostingKey]"
        " WHERE tieout.[PostingKey].[CompanyID] = %(CompanyID_1)s"
        " AND tieout.[PostingKey].[PostingKey] IN (%(PostingKey_1_1)s, %(PostingKey_1_2)s)"
    ),
    "ledger_lines": (
        "SELECT [tglTransaction].[PostDate], [tglTransaction].[PostAmt],"
        " [tglTransaction].[BatchKey], [tglTransaction].[RefNo], [tglTransaction].[ExtCmnt],"
        " [tglTransaction].[CurrID] FROM [tglTransaction] JOIN [tglAccount]"
        " ON [tglAccount].[GLAcctKey] = [tglTransaction].[GLAcctKey]"
        " WHERE [tglTransaction].[CompanyID] = %(CompanyID_1)s"
        " AND [tglAccount].[CompanyID] = %(CompanyID_2)s"
        " AND [tglAccount].[GLAcctNo] = %(GLAcctNo_1)s"
        " AND [tglTransaction].[RefNo] IN (%(RefNo_1_1)s) ORDER BY [tglTransaction].[GLTranKey]"
    ),
    "clock": "SELECT CURRENT_TIMESTAMP AS [Now]",
}


def compiled(query: Select, dialect) -> str:
    text = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return " ".join(str(text).split())


def t_sql(name: str) -> str:
    return compiled(QUERIES[name], mssqlpython.dialect(paramstyle="pyformat"))


@pytest.mark.parametrize("name", QUERIES)
def test_every_read_is_t_sql(name):
    text = t_sql(name)
    for foreign in (" LIMIT ", "RETURNING", '"', "::", "FOR UPDATE", "ILIKE", "true"):
        assert foreign not in text


@pytest.mark.parametrize("name", QUERIES)
def test_every_read_quotes_mixed_case_names_for_postgresql(name):
    text = compiled(QUERIES[name], postgresql.dialect())
    assert "[" not in text
    assert "TOP " not in text


@pytest.mark.parametrize("name", GOLDEN)
def test_the_t_sql_is_exactly_this(name):
    assert t_sql(name) == GOLDEN[name]


def test_changed_invoices_are_cut_by_top_and_ordered_by_change_and_key():
    text = t_sql("changed_items")
    changed = "coalesce([tarInvoice].[UpdateDate], [tarInvoice].[CreateDate])"
    assert text.startswith("SELECT TOP 100 [tarInvoice].[InvcKey]")
    assert text.endswith(f"ORDER BY {changed}, [tarInvoice].[InvcKey]")
    assert f"{changed} > CAST(%(param_2)s AS DATETIME) OR {changed} = CAST(" in text
    assert " LIMIT " in compiled(QUERIES["changed_items"], postgresql.dialect())


def test_keys_are_read_in_the_wrappers_schema_and_joined_with_pending_and_posted_documents():
    text = t_sql("documents_by_key")
    assert "FROM tieout.[PostingKey] LEFT OUTER JOIN [tciBatchLog]" in text
    for table in ("tarPendCustPmt", "tarCustPmt", "tarPendInvoice", "tarInvoice", "tglJournalHdr"):
        assert f"LEFT OUTER JOIN [{table}]" in text


def test_assumed_names_come_from_the_settings():
    settings = Sage500Settings(
        url="x", pending_application_table="tarCustPmtApplPend", table_schema="dbo"
    )
    query = reads.items_by_key(tables_of(settings), "SOA", [1], reference_columns=("TranNo",))
    text = compiled(query, mssqlpython.dialect(paramstyle="pyformat"))
    assert "FROM dbo.[tarCustPmtApplPend]" in text
