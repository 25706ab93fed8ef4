import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from integrations.sandbox.world import days
from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.fees import CONTRACT
from integrations.sandbox.world.kinds import ORDERS, Kind
from integrations.sandbox.world.loop import World, start_clock
from integrations.sandbox.world.manifest import Payments, manifest, payments
from integrations.sandbox.world.payer import Payer
from integrations.sandbox.world.plan import Exceptions, make_plan

from .conftest import invoices, planned

BATCHES = (
    "SELECT number, closed_on, sales_amount, refund_amount FROM paytrace_batch ORDER BY number"
)
OPEN = "SELECT count(*) FROM paytrace_transaction WHERE state IN ('approved', 'authorized')"


def statements(stage):
    """Name of each statement and its rows, in order."""
    found = sorted((stage.folder / "drop").glob("*.csv"))
    return [(path.name, list(csv.DictReader(path.read_text().splitlines()))) for path in found]


def readable(rows):
    return [row for row in rows if "#" not in row["amount"]]


def told(stage):
    """Every line of every statement, once, in the bank's order."""
    return {tuple(row.values()): row for _, rows in statements(stage) for row in readable(rows)}


def snapshot(stage):
    """All that may not depend on whether anything was killed."""
    sales = (
        "SELECT customer_reference_id, kind, state, amount, created_at FROM paytrace_transaction"
    )
    return (
        sorted(stage.query(sales)),
        stage.query(BATCHES),
        list(told(stage)),
        sorted({json.loads(body)["vendor_id"] for _, body in stage.hub.hints}),
    )


def test_without_exceptions_everything_paid_reaches_the_account(make_stage):
    stage = make_stage(planned(90, "none"))
    stage.world().run()
    total = sum(each.total for each in invoices(90))
    assert payments(stage.database_url) == Payments(90, total)
    assert stage.query(OPEN) == [(0,)]
    fees = sum(CONTRACT.fee(each.total) for each in invoices(90))
    assert sum(Decimal(row["amount"]) for row in told(stage).values()) == total - fees
    assert stage.hub.settled == 1


def test_the_bank_pays_each_batch_on_the_next_banking_day(make_stage):
    stage = make_stage(planned(90, "none"))
    stage.world().run()
    paid = {row["reference"]: date.fromisoformat(row["date"]) for row in told(stage).values()}
    for number, closed_on, _, _ in stage.query(BATCHES):
        assert paid[f"BATCH {number}"] == days.next_banking_day(closed_on)
    assert any(closed_on.weekday() == 6 for _, closed_on, _, _ in stage.query(BATCHES))


def test_statements_overlap_and_repeat_their_lines_identically(make_stage):
    stage = make_stage(planned(90, "none"))
    stage.world().run()
    found = statements(stage)
    lines = [tuple(row.values()) for _, rows in found for row in rows]
    assert len(lines) > len(set(lines))
    balance = Decimal("25000.00")
    for row in told(stage).values():
        balance += Decimal(row["amount"])
        assert Decimal(row["balance"]) == balance
    for name, rows in found:
        day = date.fromisoformat(name[10:20])
        assert date.fromisoformat(rows[0]["date"]) >= days.banking_days_before(day, 3)


def test_the_hub_reads_in_the_evening_and_after_the_close_at_rising_moments(make_stage):
    stage = make_stage(planned(60, "none"))
    stage.world().run()
    assert stage.hub.slots == sorted(stage.hub.slots)
    assert {slot.hour for slot in stage.hub.slots} == {0, 12}


def test_every_planted_fault_is_named_with_its_transaction_batch_or_line(make_stage):
    stage = make_stage(planned(70))
    stage.world().run()
    found = manifest(stage.database_url, stage.plan)
    assert {each.kind for each in found} == set(Kind) - ORDERS - {Kind.UNREADABLE_HINT}
    on_the_wire = {Kind.READ_FAULT, Kind.ERP_UNKNOWN, Kind.ERP_REFUSED, Kind.ERP_DEADLOCK}
    for each in found:
        named = bool(each.transaction_id) + bool(each.batch_number) + bool(each.line)
        assert named == (each.kind not in on_the_wire), each


def test_the_bank_goes_wrong_as_planned(make_stage):
    stage = make_stage(planned(70))
    stage.world().run()
    found = {each.kind: each for each in manifest(stage.database_url, stage.plan)}
    references = [row["reference"] for row in told(stage).values()]
    assert f"BATCH {found[Kind.DEPOSIT_MISSING].batch_number}" not in references
    assert found[Kind.DEPOSIT_UNMATCHED].line in references
    damaged = [row for _, rows in statements(stage) for row in rows if "#" in row["amount"]]
    assert [row["reference"] for row in damaged] == [found[Kind.UNREADABLE_LINE].line]
    assert damaged[0]["reference"] in references
    last = max(day for (day,) in stage.query("SELECT day FROM world.bank_day"))
    assert stage.hub.slots[-1] == days.morning_slot(days.banking_days_after(last, 6))


def test_a_negative_batch_is_taken_from_the_account(make_stage):
    stage = make_stage(planned(70))
    stage.world().run()
    lone = [n for n, _, sales, refunds in stage.query(BATCHES) if sales < refunds]
    rows = {row["reference"]: Decimal(row["amount"]) for row in told(stage).values()}
    assert all(rows[f"BATCH {number}"] < 0 for number in lone if f"BATCH {number}" in rows)


def test_gaps_of_years_are_jumped_over(make_stage):
    far = [
        replace(each, on=each.on + timedelta(days=1300 * place))
        for place, each in enumerate(invoices(4))
    ]
    stage = make_stage(make_plan(far, 1, Exceptions.NONE))
    stage.world().run()
    assert len(stage.hub.slots) <= 1 + 4 * 3  # the hub's first look, and three a day
    assert payments(stage.database_url).approved == 4


@pytest.mark.parametrize("place", [3, 31, 60])
def test_a_kill_at_any_payment_changes_nothing(make_stage, monkeypatch, place):
    stage = make_stage(planned(60))
    stage.world().run()
    expected = snapshot(stage)
    stage.hub.hints.clear()

    again = make_stage(stage.plan)
    (again.folder / "clock").unlink()
    for path in (again.folder / "drop").iterdir():
        path.unlink()
    start_clock(again.folder / "clock", again.plan)
    done = Payer._do

    def killed(self, action):
        found = done(self, action)
        if action.seq == place:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(Payer, "_do", killed)
    with pytest.raises(KeyboardInterrupt):
        again.world().run()
    monkeypatch.setattr(Payer, "_do", done)
    again.world().run()
    assert snapshot(again) == expected


@pytest.mark.parametrize("step", ["_sales", "_evening_reading", "_evening", "_morning"])
def test_a_kill_after_any_step_changes_nothing(make_stage, monkeypatch, step):
    stage = make_stage(planned(60))
    original, calls = getattr(World, step), []

    def killed(self, day):
        original(self, day)
        calls.append(day)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(World, step, killed)
    with pytest.raises(KeyboardInterrupt):
        stage.world().run()
    stage.world().run()
    stage.world().run()
    assert stage.query("SELECT count(*) FROM world.action WHERE state <> 'done'") == [(0,)]
    references = "SELECT count(*) - count(DISTINCT customer_reference_id) FROM paytrace_transaction"
    assert stage.query(references) == [(0,)]


def test_a_run_cannot_be_carried_on_with_other_terms(make_stage):
    stage = make_stage(planned(10))
    stage.world().close()
    with pytest.raises(WorldError, match="begun with other invoices"):
        stage.world(fingerprint="another")


def test_who_carries_on_says_first_where_the_run_stands(make_stage):
    stage = make_stage(planned(10, "none"))
    stage.world().run()
    stands = stage.reported[-1]
    assert stands[1] == len(stage.plan.actions)
    stage.reported.clear()
    stage.world().run()
    assert stage.reported == [stands]


def test_a_clock_that_a_crash_emptied_is_set_again(make_stage):
    stage = make_stage(planned(30, "none"))
    world = stage.world()
    (stage.folder / "clock").write_text("")
    world.run()
    assert stage.query(OPEN) == [(0,)]
    with psycopg.connect(stage.database_url) as connection:
        assert connection.execute("SELECT finished FROM world.run").fetchone() == (True,)
