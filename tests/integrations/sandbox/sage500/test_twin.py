"""The T-SQL script and the sandbox keep one contract; the documented queries find faults."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
SCRIPT = (ROOT / "integrations/connectors/sage500/sql/wrapper.sql").read_text()
GUIDE = (ROOT / "docs/sage500.md").read_text()
PROCEDURES = [
    "OpenBatch",
    "CreateCashReceipt",
    "CreateJournal",
    "CreateCreditMemo",
    "ApplyReceipt",
    "ReverseCashReceipt",
    "PostBatch",
    "CreateCustomer",
    "CreateInvoice",
]


def t_sql_parameters(procedure):
    head = re.search(rf"PROCEDURE tieout\.{procedure}\s(.*?)\bAS\nBEGIN", SCRIPT, re.DOTALL)
    assert head is not None
    return re.findall(r"@(\w+)", head.group(1))


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_both_scripts_take_the_same_parameters_in_the_same_order(erp, procedure):
    names = "SELECT proargnames FROM pg_proc WHERE proname = %s"
    assert erp.value(f"{names} AND prokind = 'p'", procedure) == t_sql_parameters(procedure)
    assert f"GRANT EXECUTE ON tieout.{procedure} TO tieout_connector;" in SCRIPT


def test_both_scripts_and_the_guide_know_the_same_refusals(erp):
    sources = erp.value(
        "SELECT string_agg(prosrc, ' ') FROM pg_proc WHERE pronamespace = 'tieout'::regnamespace"
    )
    ours = set(re.findall(r"refuse\('(\w+)'", sources))
    theirs = set(re.findall(r"Refuse '(\w+)'", SCRIPT))
    theirs |= set(re.findall(r"(?:THEN|ELSE)\s+'(invoice_\w+|over_applied)'", SCRIPT))
    described = set(re.findall(r"`(\w+)`", GUIDE[GUIDE.index("| `oCode` |") :]))
    assert ours == theirs
    assert ours <= described


def test_the_script_says_that_it_is_unverified_and_defines_every_name_it_uses():
    assert "UNVERIFIED: THIS SCRIPT HAS NOT RUN ON A SQL SERVER" in SCRIPT
    defined = set(re.findall(r"^:setvar (\w+)", SCRIPT, re.MULTILINE))
    assert set(re.findall(r"\$\((\w+)\)", SCRIPT)) == defined
    for head in re.findall(
        r"PROCEDURE tieout\.(?:Open|Create|Apply|Reverse|Post).*?BEGIN TRY", SCRIPT, re.DOTALL
    ):
        assert "SET NOCOUNT, XACT_ABORT ON;" in head


def documented_queries():
    blocks = re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL)
    return [query.strip() for block in blocks for query in block.split(";") if query.strip()]


def test_the_documented_queries_count_receipts_and_clearing_lines(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "150.00", [(erp.invoice("536365"), "139.12")])
    erp.post("post", batch, 1, "150.00")
    counted, *proofs = (erp.rows(query) for query in documented_queries())
    assert [str(value) for value in counted[0]] == ["1", "150.000"]
    assert proofs[:3] == [[], [], []]
    assert [(ref, lines, int(rest)) for ref, lines, rest in proofs[3]] == [("S-1", 1, 150)]
    account, open_items, unapplied = proofs[6][0]
    assert account == open_items - unapplied
    assert proofs[7:] == [[], [], []]


def test_the_documented_queries_find_a_second_receipt_for_a_payment(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00", payment="pt-1")
    erp.receipt("r2", batch, "5.00", payment="pt-1")
    twice = next(q for q in documented_queries() if q.startswith('SELECT "PmtRefNo"'))
    assert erp.rows(twice) == [("pt-1", 2)]
    orphans = next(q for q in documented_queries() if q.startswith('SELECT k."PostingKey"'))
    erp.connection.execute('DELETE FROM "tarPendCustPmt" WHERE "TranNo" = %s', ["0000000002"])
    assert erp.rows(orphans) == [("r2", "0000000002-CR")]
