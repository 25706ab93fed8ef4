"""Broken connections, stopped postings, sessions that are killed, two sessions at once."""

import threading
import time
from decimal import Decimal

import psycopg
import pytest

from integrations.sandbox.sage500.faults import arm, disarm, edit_behind


def test_a_dropped_reply_has_committed_the_document(erp):
    batch = erp.open_batch().document
    arm(erp.url, "CreateCashReceipt", "drop", key_like="r%")
    with pytest.raises(psycopg.OperationalError):
        erp.receipt("r1", batch, "5.00")
    again = erp.other_session()
    assert again.receipt("r1", batch, "5.00").status == 2
    assert again.count('"tarPendCustPmt"') == 1


@pytest.mark.parametrize("procedure", ["OpenBatch", "CreateJournal", "CreateCreditMemo"])
def test_every_procedure_can_drop_its_reply(erp, procedure):
    journals = erp.open_batch("b1", purpose="journals").document
    memos = erp.open_batch("b2", purpose="memos").document
    lines = [("1000-00", "5", ""), ("1050-00", "", "5")]
    calls = {
        "OpenBatch": lambda erp: erp.open_batch("k"),
        "CreateJournal": lambda erp: erp.journal("k", journals, lines),
        "CreateCreditMemo": lambda erp: erp.memo("k", memos, "5.00"),
    }
    arm(erp.url, procedure, "drop", key_like="k")
    with pytest.raises(psycopg.OperationalError):
        calls[procedure](erp)
    assert calls[procedure](erp.other_session()).status == 2


def test_a_refused_connection_has_written_nothing(erp):
    batch = erp.open_batch().document
    arm(erp.url, "CreateCashReceipt", "refuse_before")
    with pytest.raises(psycopg.OperationalError):
        erp.receipt("r1", batch, "5.00")
    again = erp.other_session()
    assert again.count('"tarPendCustPmt"') == 0
    assert again.receipt("r1", batch, "5.00").status == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("lock_timeout", psycopg.errors.LockNotAvailable),
        ("deadlock", psycopg.errors.DeadlockDetected),
    ],
)
def test_lock_faults_raise_their_sqlstate_as_often_as_armed(erp, kind, error):
    batch = erp.open_batch().document
    arm(erp.url, "CreateCashReceipt", kind, left=2)
    for _ in range(2):
        with pytest.raises(error):
            erp.receipt("r1", batch, "5.00")
    assert erp.receipt("r1", batch, "5.00").status == 1


def test_a_stall_delays_the_call(erp):
    arm(erp.url, "OpenBatch", "stall", seconds=0.3)
    started = time.monotonic()
    assert erp.open_batch().status == 1
    assert time.monotonic() - started >= 0.3


def test_a_fault_strikes_only_keys_that_it_names_and_can_be_taken_away(erp):
    arm(erp.url, "OpenBatch", "deadlock", key_like="other%")
    assert erp.open_batch("mine").status == 1
    disarm(erp.url)
    assert erp.open_batch("other").status == 1


@pytest.mark.parametrize(
    ("step", "status"),
    [(1, (4, 0)), (4, (4, 0)), (5, (5, 0)), (6, (5, 0)), (7, (5, 250)), (8, (5, 300)),
     (9, (5, 400))],
)  # fmt: skip
def test_a_stopped_posting_stays_at_its_status_and_goes_on_from_there(erp, step, status):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "139.12", [(erp.invoice("536365"), "139.12")])
    arm(erp.url, "PostBatch", "stop_posting_at", step=step)
    with pytest.raises(psycopg.OperationalError):
        erp.post("post", batch, 1, "139.12")
    again = erp.other_session()
    assert again.batch_status(batch) == status
    assert again.post("post", batch, 1, "139.12").status == 1
    assert (again.batch_status(batch), again.balance("536365")) == ((6, 999), 0)
    assert len(again.ledger(batch)) == 2
    assert again.post("post", batch, 1, "139.12").status == 2


@pytest.mark.parametrize("step", [6, 7, 9])
def test_a_stopped_journal_posting_goes_on_too(erp, step):
    batch = erp.open_batch(purpose="journals").document
    erp.journal("j1", batch, [("1000-00", "5", ""), ("1050-00", "", "5")])
    arm(erp.url, "PostBatch", "stop_posting_at", step=step)
    with pytest.raises(psycopg.OperationalError):
        erp.post("post", batch, 1, "5")
    again = erp.other_session()
    assert again.post("post", batch, 1, "5").status == 1
    assert len(again.ledger(batch)) == 2


def test_a_dropped_posting_is_posted_once(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00")
    arm(erp.url, "PostBatch", "drop")
    with pytest.raises(psycopg.OperationalError):
        erp.post("post", batch, 1, "5.00")
    again = erp.other_session()
    assert [again.post("post", batch, 1, "5.00", hashed=h).status for h in "hx"] == [2, 3]
    assert len(again.ledger(batch)) == 2


def test_a_batch_that_somebody_else_posted_answers_duplicate(erp):
    batch = erp.open_batch().document
    erp.receipt("r1", batch, "5.00")
    assert erp.post("first", batch, 1, "5.00").status == 1
    assert erp.post("second", batch, 1, "5.00").status == 2


def in_two_sessions(erp, *calls):
    """Runs each call in a session of its own, all at once; their answers in order."""
    answers = [None] * len(calls)
    gate = threading.Barrier(len(calls))

    def run(position, call):
        session = erp.other_session()
        gate.wait()
        answers[position] = call(session)
        session.connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


@pytest.mark.parametrize("same_batch", [True, False])
def test_of_two_sessions_that_over_apply_an_invoice_exactly_one_wins(erp, same_batch):
    first = erp.open_batch("b1").document
    second = first if same_batch else erp.open_batch("b2").document
    applications = [(erp.invoice("536365"), "100.00")]
    for turn in range(5):
        answers = in_two_sessions(
            erp,
            lambda s, t=turn: s.receipt(f"x{t}", first, "100.00", applications, customer="17850"),
            lambda s, t=turn: s.receipt(f"y{t}", second, "100.00", applications),
        )
        won = sorted((answer.status, answer.code) for answer in answers)
        assert won[-1] == (4, "over_applied")
        assert won[0] == ((1, "") if turn == 0 else (4, "over_applied"))
    assert erp.count('"tarPendCustPmtAppl"') == 1


def test_of_two_sessions_with_the_same_key_exactly_one_writes(erp):
    batch = erp.open_batch().document
    for turn in range(5):
        call = lambda s, t=turn: s.receipt(f"r{t}", batch, "5.00")  # noqa: E731
        answers = in_two_sessions(erp, call, call)
        assert sorted(answer.status for answer in answers) == [1, 2]
        assert answers[0].document == answers[1].document
    assert erp.count('"tarPendCustPmt"') == 5


def test_two_sessions_post_a_batch_once(erp):
    batch = erp.open_batch().document
    for number in range(20):
        erp.receipt(f"r{number}", batch, "5.00")
    call = lambda s: s.post("post", batch, 20, "100.00")  # noqa: E731
    assert sorted(answer.status for answer in in_two_sessions(erp, call, call)) == [1, 2]
    assert len(erp.ledger(batch)) == 40
    assert erp.unbalanced_batches() == []


def test_a_killed_session_leaves_no_half_document(erp):
    batch = erp.open_batch().document
    invoice = erp.invoice("536365")
    holder, writer = erp.other_session(), erp.other_session()
    holder.connection.execute("BEGIN")
    holder.rows('SELECT 1 FROM "tarInvoice" WHERE "InvcKey" = %s FOR UPDATE', invoice)
    outcome = []

    def write():
        with pytest.raises(psycopg.OperationalError):
            writer.receipt("r1", batch, "5.00", [(invoice, "5.00")])
        outcome.append("broken")

    thread = threading.Thread(target=write)
    thread.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
    while erp.value(waiting, writer.connection.info.backend_pid) == 0:
        time.sleep(0.01)
    erp.rows("SELECT pg_terminate_backend(%s)", writer.connection.info.backend_pid)
    thread.join(10)
    holder.connection.execute("ROLLBACK")
    assert outcome == ["broken"]
    assert (erp.count('"tarPendCustPmt"'), erp.count('"tarPendCustPmtAppl"')) == (0, 0)
    assert erp.receipt("r1", batch, "5.00", [(invoice, "5.00")]).number == "0000000001-CR"


def posted_receipt(erp):
    batch = erp.open_batch().document
    invoices = [(erp.invoice("536365"), "139.12"), (erp.invoice("536366"), "10.00")]
    receipt = erp.receipt("r1", batch, "150.00", invoices).document
    erp.post("post", batch, 1, "150.00")
    return batch, receipt


def test_a_receipt_voided_behind_our_back_gives_the_balances_back(erp):
    batch, receipt = posted_receipt(erp)
    edit_behind(erp.url, receipt, "void")
    assert (erp.balance("536365"), erp.balance("536366")) == (Decimal("139.12"), Decimal("22.20"))
    assert sum(line[1] for line in erp.ledger(batch) if line[0] == "1050-00") == 0
    assert erp.unbalanced_batches() == []
    with pytest.raises(ValueError, match="no valid posted receipt"):
        edit_behind(erp.url, receipt, "void")


@pytest.mark.parametrize(
    ("amount", "unapplied", "balances"),
    [
        ("160.00", "10.88", ["0", "12.20"]),
        ("149.50", "0.38", ["0", "12.20"]),
        ("145.00", "0", ["0", "16.32"]),
        ("100.00", "0", ["39.12", "22.20"]),
    ],
)
def test_an_edited_receipt_keeps_the_ledger_in_balance(erp, amount, unapplied, balances):
    batch, receipt = posted_receipt(erp)
    edit_behind(erp.url, receipt, "amount", amount=Decimal(amount))
    assert erp.value('SELECT "UnappliedAmt" FROM "tarCustPmt"') == Decimal(unapplied)
    assert [erp.balance("536365"), erp.balance("536366")] == [Decimal(b) for b in balances]
    assert [line[1] for line in erp.ledger(batch)] == [Decimal(amount), -Decimal(amount)]


def test_an_edit_needs_a_positive_amount(erp):
    with pytest.raises(ValueError, match="positive"):
        edit_behind(erp.url, 1, "amount", amount=Decimal(0))
