"""How far the world is, in a schema of its own beside the PayTrace sandbox's tables.

Whatever is killed, the next start reads here which payments are certain, and looks the others up
at the gateway before it pays again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import psycopg

from integrations.sandbox.world.errors import WorldError
from integrations.sandbox.world.plan import Action, Plan

Connection = psycopg.Connection[tuple[Any, ...]]

PLANNED: Final = "planned"
BEGUN: Final = "begun"
DONE: Final = "done"

SCHEMA: Final = """
CREATE SCHEMA IF NOT EXISTS world;
CREATE TABLE IF NOT EXISTS world.run (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    fingerprint text NOT NULL,
    day date,
    step smallint NOT NULL DEFAULT 0,
    finished boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS world.action (
    seq integer PRIMARY KEY,
    state text NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'begun', 'done')),
    gateway_id text,
    CHECK ((state = 'done') = (gateway_id IS NOT NULL))
);
CREATE TABLE IF NOT EXISTS world.vault_customer (customer_id text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS world.hint (
    webhook_id text PRIMARY KEY,
    seq integer NOT NULL,
    vendor_id text NOT NULL,
    sends_left smallint NOT NULL
);
CREATE INDEX IF NOT EXISTS hint_waiting ON world.hint (seq) WHERE sends_left > 0;
CREATE TABLE IF NOT EXISTS world.shop_message (
    seq integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    webhook_id text NOT NULL UNIQUE,
    body text NOT NULL,
    sends_left smallint NOT NULL
);
CREATE TABLE IF NOT EXISTS world.bank_line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booked_on date NOT NULL,
    description text NOT NULL,
    reference text NOT NULL,
    amount numeric(16,2) NOT NULL,
    balance numeric(16,2) NOT NULL
);
CREATE INDEX IF NOT EXISTS bank_line_day ON world.bank_line (booked_on);
CREATE TABLE IF NOT EXISTS world.bank_batch (
    batch_number integer PRIMARY KEY,
    closed_on date NOT NULL,
    bank_line_id bigint REFERENCES world.bank_line
);
CREATE TABLE IF NOT EXISTS world.bank_day (
    day date PRIMARY KEY,
    damaged_line_id bigint REFERENCES world.bank_line,
    delivered boolean NOT NULL DEFAULT false,
    amiss boolean NOT NULL DEFAULT false
);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The day under way and how many of its steps are done; day None: nothing has begun."""

    day: date | None
    step: int
    finished: bool


class State:
    """The world's own rows, through one autocommit connection.

    Commits do not wait for the disk: what a crash of the server takes is found at the gateway.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @classmethod
    def open(cls, database_url: str) -> "State":
        options = "-c synchronous_commit=off -c client_min_messages=warning -c timezone=UTC"
        return cls(psycopg.connect(database_url, autocommit=True, options=options))

    def close(self) -> None:
        self.connection.close()

    def begin(self, plan: Plan, fingerprint: str) -> Place:
        """Make the rows of a new run, or find those of this very run. Raises WorldError."""
        with self.connection.transaction():
            self.connection.execute(SCHEMA)
            row = self._row("SELECT fingerprint, day, step, finished FROM world.run")
            if row is None:
                self._insert(plan, fingerprint)
                return Place(None, 0, finished=False)
        if row[0] != fingerprint:
            raise WorldError(
                "This run was begun with other invoices, another seed or other faults."
            )
        return Place(row[1], row[2], row[3])

    def _insert(self, plan: Plan, fingerprint: str) -> None:
        self.connection.execute("INSERT INTO world.run (fingerprint) VALUES (%s)", (fingerprint,))
        with self.connection.cursor().copy("COPY world.action (seq) FROM STDIN") as copy:
            for action in plan.actions:
                copy.write_row((action.seq,))

    def advance(self, day: date, step: int) -> None:
        self.connection.execute("UPDATE world.run SET day = %s, step = %s", (day, step))

    def finish(self) -> None:
        self.connection.execute("UPDATE world.run SET finished = true")

    def states(self, actions: Sequence[Action]) -> dict[int, str]:
        rows = self.connection.execute(
            "SELECT seq, state FROM world.action WHERE seq = ANY(%s)",
            ([action.seq for action in actions],),
        )
        return {int(seq): str(state) for seq, state in rows}

    def begin_actions(self, sequence_numbers: Sequence[int]) -> None:
        """From here on a restart has to look these up before it does them."""
        self.connection.execute(
            "UPDATE world.action SET state = 'begun' WHERE seq = ANY(%s) AND state = 'planned'",
            (list(sequence_numbers),),
        )

    def finish_action(self, action: Action, gateway_id: str) -> None:
        """Certain now; an announced payment leaves its hint for the relay in the same statement."""
        if not action.announced:
            self.connection.execute(
                "UPDATE world.action SET state = 'done', gateway_id = %s WHERE seq = %s",
                (gateway_id, action.seq),
            )
            return
        self.connection.execute(
            "WITH done AS (UPDATE world.action SET state = 'done', gateway_id = %s WHERE seq = %s)"
            " INSERT INTO world.hint (webhook_id, seq, vendor_id, sends_left)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (
                gateway_id,
                action.seq,
                f"msg_{action.reference}",
                action.seq,
                gateway_id,
                2 if action.announced_twice else 1,
            ),
        )

    def gateway_ids(self) -> dict[int, str]:
        rows = self.connection.execute(
            "SELECT seq, gateway_id FROM world.action WHERE state = 'done'"
        )
        return {int(seq): str(gateway_id) for seq, gateway_id in rows}

    def vault_customers(self) -> set[str]:
        return {
            str(row[0]) for row in self.connection.execute("SELECT * FROM world.vault_customer")
        }

    def add_vault_customer(self, customer_id: str) -> None:
        self.connection.execute(
            "INSERT INTO world.vault_customer VALUES (%s) ON CONFLICT DO NOTHING", (customer_id,)
        )

    def hints_waiting(self) -> list[tuple[str, str]]:
        """(webhook id, vendor id) of every delivery that is still owed, oldest first."""
        rows = self.connection.execute(
            "SELECT webhook_id, vendor_id, sends_left FROM world.hint"
            " WHERE sends_left > 0 ORDER BY seq"
        )
        return [(row[0], row[1]) for row in rows for _ in range(row[2])]

    def hint_taken(self, webhook_id: str) -> None:
        self.connection.execute(
            "UPDATE world.hint SET sends_left = sends_left - 1 WHERE webhook_id = %s", (webhook_id,)
        )

    def owe_order(self, webhook_id: str, body: str, times: int) -> None:
        """The shop is to tell of an order; what is owed already is owed once."""
        self.connection.execute(
            "INSERT INTO world.shop_message (webhook_id, body, sends_left) VALUES (%s, %s, %s)"
            " ON CONFLICT (webhook_id) DO NOTHING",
            (webhook_id, body, times),
        )

    def orders_waiting(self) -> list[tuple[str, str]]:
        """(webhook id, body) of every telling that is still owed, oldest first."""
        rows = self.connection.execute(
            "SELECT webhook_id, body, sends_left FROM world.shop_message"
            " WHERE sends_left > 0 ORDER BY seq"
        )
        return [(row[0], row[1]) for row in rows for _ in range(row[2])]

    def order_taken(self, webhook_id: str) -> None:
        self.connection.execute(
            "UPDATE world.shop_message SET sends_left = sends_left - 1 WHERE webhook_id = %s",
            (webhook_id,),
        )

    def count_done(self) -> int:
        row = self._row("SELECT count(*) FROM world.action WHERE state = 'done'")
        return int(row[0]) if row else 0

    def _row(self, query: str, parameters: Iterable[object] = ()) -> tuple[Any, ...] | None:
        return self.connection.execute(query, tuple(parameters)).fetchone()
