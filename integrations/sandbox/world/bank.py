"""The merchant's bank: it pays settled batches, less fees, and writes statements.

It reads the gateway's batches from the PayTrace sandbox's tables, as a processor's settlement file
would tell them, and shares no code with the hub.
"""

import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from integrations.sandbox.chaos import book
from integrations.sandbox.world import days, fees
from integrations.sandbox.world.state import State
from integrations.sandbox.world.statement import Line, deliver, deliver_badly, file_name
from integrations.sandbox.world.statement_styles import CSV, STYLES
from integrations.sandbox.world.troubles import Troubles

DEPOSIT = "MERCHANT DEPOSIT PAYTRACE"
OPENING_BALANCE = Decimal("25000.00")
OVERLAP = 3
# A batch number that the gateway will not reach.
STRAY_BATCH = 90001
OTHER_LINES = (
    ("RENT WAREHOUSE", "SO 4711", "-2400.00"),
    ("SALARIES", "PAYROLL", "-18250.00"),
    ("WIRE IN NORTHERN STORES", "THANK YOU", "1310.55"),
    ("ACCOUNT FEE", "", "-12.50"),
)
OTHER_LINE_SHARE = 0.25

# A manual close has no Pacific day of its own.
BATCHES = """
    SELECT number, coalesce(closed_on, (closed_at AT TIME ZONE 'America/Los_Angeles')::date)
    FROM paytrace_batch
    WHERE number NOT IN (SELECT batch_number FROM world.bank_batch)
    ORDER BY number
"""
AMOUNTS = "SELECT kind, amount FROM paytrace_transaction WHERE batch_number = %s ORDER BY id"


@dataclass(frozen=True, slots=True)
class Batch:
    number: int
    closed_on: date

    @property
    def reference(self) -> str:
        return f"BATCH {self.number}"

    @property
    def pays_on(self) -> date:
        return days.next_banking_day(self.closed_on)


class Bank:
    """One account. Everything is in the world's tables, so a restart repeats nothing."""

    def __init__(
        self,
        state: State,
        folder: Path,
        troubles: Troubles,
        seed: int,
        *,
        faulty: bool = False,
        style: str = CSV,
    ) -> None:
        self._state = state
        self._db = state.connection
        self._folder = folder
        self._troubles = troubles
        self._seed = seed
        self._faulty = faulty
        self._style = STYLES[style]

    def next_day(self) -> date | None:
        """The next banking day with something to book or to deliver."""
        return min(self._due_days(), default=None)

    def work_until(self, day: date) -> None:
        """Book and deliver everything up to `day`, whose evening has passed."""
        self.make_good()
        while True:
            due = [each for each in self._due_days() if each <= day]
            if not due:
                return
            self._book(due[0])
            self._deliver(due[0])

    def last_day(self) -> date | None:
        row = self._db.execute("SELECT max(day) FROM world.bank_day").fetchone()
        return row[0] if row else None

    def _open_batches(self) -> list[Batch]:
        return [Batch(number, closed_on) for number, closed_on in self._db.execute(BATCHES)]

    def _due_days(self) -> list[date]:
        known = {
            row[0]: (row[1], row[2])
            for row in self._db.execute(
                "SELECT day, delivered, damaged_line_id FROM world.bank_day"
            )
        }
        due = {batch.pays_on for batch in self._open_batches()}
        due |= {day for day, (delivered, _) in known.items() if not delivered}
        # A line that could not be read is repeated by the statement of the next banking day.
        due |= {
            again
            for day, (_, damaged) in known.items()
            if damaged is not None and (again := days.next_banking_day(day)) not in known
        }
        if self._troubles.stray_on is not None and self._troubles.stray_on not in known:
            due.add(self._troubles.stray_on)
        return sorted(due)

    def _book(self, day: date) -> None:
        """The lines of one banking day, together with the fact that it is booked."""
        with self._db.transaction():
            rows = self._db.execute("SELECT 1 FROM world.bank_day WHERE day = %s", (day,))
            known = rows.fetchone() is not None
            batches = [batch for batch in self._open_batches() if batch.pays_on <= day]
            if known and not batches:
                return
            damaged: int | None = None
            for batch in batches:
                line = self._pay(batch, day)
                if batch.closed_on == self._troubles.unreadable_on:
                    damaged = line
            if not known:
                self._strange_lines(day)
            self._db.execute(
                "INSERT INTO world.bank_day (day, damaged_line_id) VALUES (%s, %s)"
                " ON CONFLICT (day) DO UPDATE SET delivered = false",
                (day, damaged),
            )

    def _pay(self, batch: Batch, day: date) -> int | None:
        line = None
        if batch.closed_on != self._troubles.missing_on:
            over = batch.closed_on == self._troubles.fee_on
            amount = self._net(batch, fees.OVERCHARGED if over else fees.CONTRACT)
            line = self._line(day, DEPOSIT, batch.reference, amount)
        self._db.execute(
            "INSERT INTO world.bank_batch VALUES (%s, %s, %s)",
            (batch.number, batch.closed_on, line),
        )
        return line

    def _net(self, batch: Batch, rates: fees.Rates) -> Decimal:
        rows = self._db.execute(AMOUNTS, (batch.number,)).fetchall()
        return rates.net(
            (amount for kind, amount in rows if kind != "REFUND"),
            (amount for kind, amount in rows if kind == "REFUND"),
        )

    def _strange_lines(self, day: date) -> None:
        """A deposit of somebody else's batch, and what has nothing to do with cards."""
        if day == self._troubles.stray_on:
            stray = random.Random(f"stray/{self._seed}")
            deposit = Decimal(stray.randint(10_000, 90_000)) / 100
            self._line(day, DEPOSIT, f"BATCH {STRAY_BATCH}", deposit)
        rng = random.Random(f"other/{self._seed}/{day}")
        if self._troubles.other_lines and rng.random() < OTHER_LINE_SHARE:
            description, reference, amount = rng.choice(OTHER_LINES)
            self._line(day, description, reference, Decimal(amount))

    def _line(self, day: date, description: str, reference: str, amount: Decimal) -> int:
        row = self._db.execute(
            "INSERT INTO world.bank_line (booked_on, description, reference, amount, balance)"
            " SELECT %(day)s, %(description)s, %(reference)s, %(amount)s, %(amount)s + coalesce("
            "(SELECT balance FROM world.bank_line ORDER BY id DESC LIMIT 1), %(opening)s)"
            " RETURNING id",
            {
                "day": day,
                "description": description,
                "reference": reference,
                "amount": amount,
                "opening": OPENING_BALANCE,
            },
        ).fetchone()
        return int(row[0]) if row else 0

    def _deliver(self, day: date) -> None:
        row, lines = self._statement(day)
        kind = book.strike(self._db, "statement", f"{day}") if self._faulty and lines else None
        if lines:
            text = self._style.write(lines, row[0] if row else None)
            deliver_badly(self._folder, file_name(day, self._style.suffix), text, kind)
        self._db.execute(
            "UPDATE world.bank_day SET delivered = true, amiss = %s WHERE day = %s",
            (kind is not None, day),
        )

    def make_good(self) -> None:
        """What was delivered badly is delivered as it should have been, at the next occasion."""
        rows = self._db.execute("SELECT day FROM world.bank_day WHERE amiss ORDER BY day")
        for (day,) in rows.fetchall():
            row, lines = self._statement(day)
            text = self._style.write(lines, row[0] if row else None)
            deliver(self._folder, file_name(day, self._style.suffix), text)
            self._db.execute("UPDATE world.bank_day SET amiss = false WHERE day = %s", (day,))

    def _statement(self, day: date) -> tuple[tuple[int | None] | None, list[Line]]:
        """(id of the line that is damaged, if any), and the lines that the statement holds."""
        row = self._db.execute(
            "SELECT damaged_line_id FROM world.bank_day WHERE day = %s", (day,)
        ).fetchone()
        rows = self._db.execute(
            "SELECT id, booked_on, description, reference, amount, balance FROM world.bank_line"
            " WHERE booked_on BETWEEN %s AND %s ORDER BY id",
            (days.banking_days_before(day, OVERLAP), day),
        )
        return row, [Line(*each) for each in rows]
