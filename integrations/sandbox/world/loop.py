"""The world's day: people pay, the hub reads, the gateway closes, the bank pays.

Everything is crash-only: a day consists of steps that can be repeated, and the last finished one
is kept. Starting again is the same as going on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from integrations.sandbox.clock import ClockUnreadable
from integrations.sandbox.world import days
from integrations.sandbox.world.bank import Bank
from integrations.sandbox.world.clock import WorldClock
from integrations.sandbox.world.gateway import Gateway
from integrations.sandbox.world.payer import Payer
from integrations.sandbox.world.plan import Action, Plan
from integrations.sandbox.world.relay import Relay, Target
from integrations.sandbox.world.shop_messages import message_id, order_body
from integrations.sandbox.world.state import Place, State
from integrations.sandbox.world.statement_styles import CSV
from integrations.sandbox.world.wires import ArmErp, Wires

# How long the bank is given for a deposit that never comes.
BANKING_DAYS_OF_PATIENCE: Final = 6


class Hub(Protocol):
    """What the world knows of the hub: where hints go, and how long to wait for it.

    connection: the hub's own name of its gateway connection, told in every hint.
    wait_read: returns when the hub has read gateway, batches and statements at business time
    `slot` (which the clock has reached) and has done all that follows from it. Asked twice for
    the same slot, it returns at once.
    wait_hints: returns when every hint that the hub accepted has been confirmed.
    wait_settled: returns when nothing is under way any more.
    """

    @property
    def webhook_url(self) -> str: ...

    @property
    def webhook_secret(self) -> str: ...

    @property
    def connection(self) -> str: ...

    def wait_read(self, slot: datetime) -> None: ...

    def wait_hints(self) -> None: ...

    def wait_settled(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where things are. pace: least seconds that a business day takes on the wall.

    quieten: ends the scheduled faults of a run that has some, when its last day is over; None in
    a run without any. statements: the bank's style of them, a key of STYLES. shop: where the
    orders of the plan's shop are told, None where nobody takes them.
    """

    database_url: str
    gateway_url: str
    username: str
    password: str
    clock_file: Path
    drop_folder: Path
    seed: int
    fingerprint: str
    pace: float = 0.0
    quieten: Callable[[], None] | None = None
    statements: str = CSV
    shop: Target | None = None


#: Between two readings of the hub.
RECOVERY: Final = timedelta(hours=12)
#: So many payments are made before the relay tells the hub of those among them.
TOLD_AFTER: Final = 12

Report = Callable[[date, int], None]


class World:
    """One run of the plan, from wherever it stands to its end."""

    def __init__(
        self, settings: Settings, plan: Plan, hub: Hub, arm_erp: ArmErp, report: Report
    ) -> None:
        self._settings = settings
        self._plan = plan
        self._hub = hub
        self._report = report
        self._clock = WorldClock(settings.clock_file)
        self._state = State.open(settings.database_url)
        self._place = self._state.begin(plan, settings.fingerprint)
        self._gateway = Gateway(settings.gateway_url, settings.username, settings.password)
        self._payer = Payer(self._gateway, self._state, self._clock)
        target = Target(hub.webhook_url, hub.webhook_secret, hub.connection)
        faulty = settings.quieten is not None
        self._relay = Relay(self._state, target, faulty=faulty, shop=settings.shop)
        self._bank = Bank(
            self._state,
            settings.drop_folder,
            plan.troubles,
            settings.seed,
            faulty=faulty,
            style=settings.statements,
        )
        self._wires = Wires(self._state, plan.troubles, arm_erp)
        self._steps = (self._sales, self._evening_reading, self._evening, self._morning)

    def close(self) -> None:
        self._relay.close()
        self._gateway.close()
        self._state.close()

    def run(self) -> None:
        """To the end of the story. Raises WorldError, and psycopg's errors when PostgreSQL goes."""
        day, step = self._place.day, self._place.step
        if day is not None:
            self._report(day, self._state.count_done())
        if self._place.finished:
            return
        if day is None or step == len(self._steps):
            day, step = self._next_day(day), 0
        self._set_clock_again(self._place)
        if self._place.day is None and day is not None:
            # The hub's first look finds an empty gateway, whoever starts first.
            self._hub.wait_read(days.morning_slot(day - timedelta(days=1)))
        while day is not None:
            self._live_through(day, step)
            day, step = self._next_day(day), 0
        self._recover()
        self._wait_for_what_never_comes()
        self._hub.wait_settled()
        self._state.finish()

    def _live_through(self, day: date, first: int) -> None:
        started = time.monotonic()
        for number, step in enumerate(self._steps[first:], start=first + 1):
            step(day)
            self._state.advance(day, number)
            self._report(day, self._state.count_done())
        time.sleep(max(0.0, self._settings.pace - (time.monotonic() - started)))

    def _sales(self, day: date) -> None:
        actions = self._actions(day, evening=False)
        if actions:
            self._wires.before_sales(actions)
            self._pay_and_tell(actions)
            self._tell_orders(day)
            self._announce()

    def _evening_reading(self, day: date) -> None:
        actions = self._actions(day, evening=False)
        if actions:
            self._wires.before_evening(day, actions, self._payer.gateway_id)
            self._read_at(days.evening_slot(day))
            self._wires.after_evening(actions)

    def _evening(self, day: date) -> None:
        actions = self._actions(day, evening=True)
        if actions:
            self._payer.pay(actions)
            self._announce()

    def _morning(self, day: date) -> None:
        self._wires.before_morning(day)
        slot = days.morning_slot(day)
        self._clock.set(slot)
        # The gateway closes its day when it is next asked anything; the bank reads its tables.
        self._gateway.read("/v1/batches/export_one", {})
        self._bank.work_until(day)
        self._read_at(slot)

    def _pay_and_tell(self, actions: Sequence[Action]) -> None:
        """Hints go out while the shops are still open, and the hub follows them up meanwhile."""
        for first in range(0, len(actions), TOLD_AFTER):
            self._payer.pay(actions[first : first + TOLD_AFTER])
            self._relay.flush()

    def _tell_orders(self, day: date) -> None:
        """Owed once for each telling, however often the day is begun again."""
        tellings = self._plan.shop.by_day.get(day, ())
        if not tellings or self._settings.shop is None:
            return
        payments = self._plan.payments_of_orders
        for telling in tellings:
            order = telling.order
            paid_by = payments.get(order.number, "")
            payment = self._payer.gateway_id(paid_by) if paid_by else ""
            self._state.owe_order(message_id(order), order_body(order, payment), telling.times)

    def _announce(self) -> None:
        self._relay.flush()
        self._hub.wait_hints()

    def _read_at(self, slot: datetime) -> None:
        self._clock.set(slot)
        self._hub.wait_read(slot)

    def _actions(self, day: date, *, evening: bool) -> list[Action]:
        return [each for each in self._plan.by_day.get(day, ()) if each.evening is evening]

    def _next_day(self, after: date | None) -> date | None:
        """The next day with anything to do; the days between are jumped over."""
        planned = next((day for day in self._plan.days if after is None or day > after), None)
        candidates = [day for day in (planned, self._bank.next_day()) if day is not None]
        return min(candidates, default=None)

    def _recover(self) -> None:
        """Everybody is well again for two readings: what faults kept back comes in by itself."""
        if self._settings.quieten is None:
            return
        self._settings.quieten()
        self._announce()
        self._bank.make_good()
        for _ in range(2):
            self._read_at(self._clock.now() + RECOVERY)

    def _wait_for_what_never_comes(self) -> None:
        last = self._bank.last_day()
        troubles = self._plan.troubles
        awaited = troubles.missing_on is not None or troubles.stray_on is not None
        if last is not None and awaited:
            patient = days.banking_days_after(last, BANKING_DAYS_OF_PATIENCE)
            self._read_at(days.morning_slot(patient))

    def _set_clock_again(self, place: Place) -> None:
        """A crash of the machine may leave the clock file empty: set it from our own place."""
        try:
            self._clock.now()
        except ClockUnreadable:
            self._settings.clock_file.unlink(missing_ok=True)
            day = place.day or self._plan.days[0]
            evening = days.evening_slot(day)
            moments = (days.shops_open(day), evening, evening, evening, days.morning_slot(day))
            self._clock.set(moments[place.step])


def start_clock(clock_file: Path, plan: Plan) -> None:
    """Set the clock of a new run to the moment before anything happens; an old one stays."""
    if plan.days and not clock_file.exists():
        clock_file.parent.mkdir(parents=True, exist_ok=True)
        WorldClock(clock_file).set(days.shops_open(plan.days[0]))
