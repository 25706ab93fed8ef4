"""Labelled payments: which ones are anomalies is known, because they were planted. Independent of
the rules.

A world is a merchant's year: customers with habits of their own, the odd things that honest people
do, and planted episodes. The same seed, the same world.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

START = datetime(2010, 1, 4, tzinfo=UTC)
DAYS = 365
BRANDS = ("Visa", "Visa", "MasterCard", "MasterCard", "Amex", "Discover")
#: The hours at which a merchant's customers pay; nights are rare.
HOURS = (7, 8, 9, 9, 10, 10, 10, 11, 11, 11, 12, 13, 13, 14, 14, 14, 15, 15, 16, 16, 17, 18, 19, 20)
#: Kinds of anomaly, and how many of each are planted for a hundred customers.
PLANTED = {
    "card testing": 2, "takeover": 4, "bust-out": 2, "slipped digits": 4, "stuck terminal": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Payment:
    """`at` is UTC, and the merchant's own time. `label` is empty for an honest payment, `episode`
    is the number of what it is part of; `odd` names what makes an honest one look strange."""

    at: datetime
    amount: Decimal
    customer: str
    brand: str
    last4: str
    is_declined: bool = False
    label: str = ""
    episode: int = 0
    odd: str = ""


@dataclass(frozen=True)
class Habit:
    """What a customer usually does; `usual` in dollars, `every` in days."""

    customer: str
    cards: tuple[tuple[str, str], ...]
    usual: float
    spread: float
    every: float
    since: int
    is_night_owl: bool


def make_world(seed: int, customers: int = 400) -> list[Payment]:
    """The year's payments in the order of their moments."""
    maker = _Maker(random.Random(seed))
    habits = [maker.habit(number) for number in range(customers)]
    payments = [each for habit in habits for each in maker.honest(habit)]
    for label, number in PLANTED.items():
        for _ in range(max(1, number * customers // 100)):
            payments += maker.planted(label, habits)
    return sorted(payments, key=lambda each: (each.at, each.customer, each.amount))


class _Maker:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.episodes = 0

    def card(self) -> tuple[str, str]:
        return self.rng.choice(BRANDS), f"{self.rng.randrange(10_000):04d}"

    def habit(self, number: int) -> Habit:
        rng = self.rng
        return Habit(
            customer=f"C{number:04d}",
            cards=tuple(self.card() for _ in range(rng.choice((1, 1, 1, 2, 3)))),
            usual=rng.lognormvariate(5.3, 0.9),
            spread=rng.choice((0.05, 0.2, 0.3, 0.5)),
            every=rng.choice((7, 7, 14, 30, 30, 30, 90)),
            since=0 if rng.random() < 0.6 else rng.randrange(DAYS),
            is_night_owl=rng.random() < 0.05,
        )

    def honest(self, habit: Habit) -> Iterator[Payment]:
        """In their rhythm, with the odd things that honest people do."""
        rng, day = self.rng, float(habit.since)
        while (day := day + rng.uniform(0.5, 1.5) * habit.every) < DAYS:
            at = self.moment(int(day), habit.is_night_owl)
            amount = self.money(rng.lognormvariate(0, habit.spread) * habit.usual)
            luck = rng.random()
            if luck < 0.010:  # the yearly order
                yield self.paid(habit, at, amount * rng.choice((3, 4, 5)), odd="a large order")
            elif luck < 0.030:  # several invoices, one after the other
                for _ in range(rng.choice((2, 2, 3, 4))):
                    at += timedelta(minutes=rng.randrange(1, 9))
                    share = self.money(rng.lognormvariate(0, habit.spread) * habit.usual)
                    yield self.paid(habit, at, share, odd="several invoices")
            elif luck < 0.045:  # mistyped once or twice, then taken
                for _ in range(rng.choice((1, 1, 2))):
                    yield self.paid(habit, at, amount, is_declined=True, odd="declined first")
                    at += timedelta(minutes=rng.randrange(1, 5))
                yield self.paid(habit, at, amount, odd="declined first")
            else:
                yield self.paid(habit, at, amount)

    def planted(self, label: str, habits: list[Habit]) -> list[Payment]:
        self.episodes += 1
        make = {
            "card testing": self._card_testing,
            "takeover": self._takeover,
            "bust-out": self._bust_out,
            "slipped digits": self._slipped_digits,
            "stuck terminal": self._stuck_terminal,
        }[label]
        return [
            Payment(**{**vars(each), "label": label, "episode": self.episodes})
            for each in make(habits)
        ]

    def _card_testing(self, habits: list[Habit]) -> Iterator[Payment]:
        """A stolen card is tried with small sums, mostly declined, by nobody who is known."""
        rng, (brand, last4) = self.rng, self.card()
        at = self.moment(rng.randrange(30, DAYS), rng.random() < 0.5)
        for _ in range(rng.randrange(5, 14)):
            at += timedelta(minutes=rng.randrange(1, 12))
            amount = self.money(rng.uniform(0.5, 12))
            yield Payment(at, amount, "", brand, last4, is_declined=rng.random() < 0.7)

    def _takeover(self, habits: list[Habit]) -> Iterator[Payment]:
        """Somebody pays in a known customer's name, much more than the customer ever did."""
        rng, habit = self.rng, self.known(habits)
        at = self.moment(rng.randrange(200, DAYS), rng.random() < 0.6)
        brand, last4 = self.card()
        for _ in range(rng.choice((1, 1, 2, 3))):
            at += timedelta(minutes=rng.randrange(5, 90))
            amount = self.money(habit.usual * rng.uniform(5, 25))
            yield Payment(at, amount, habit.customer, brand, last4)

    def _bust_out(self, habits: list[Habit]) -> Iterator[Payment]:
        """A new payer begins large, and comes again at once."""
        rng, (brand, last4) = self.rng, self.card()
        at = self.moment(rng.randrange(30, DAYS), rng.random() < 0.4)
        who = f"X{self.episodes:04d}"
        for _ in range(rng.choice((1, 2, 3, 4))):
            at += timedelta(hours=rng.uniform(0.2, 8))
            yield Payment(at, self.money(rng.uniform(900, 6000)), who, brand, last4)

    def _slipped_digits(self, habits: list[Habit]) -> Iterator[Payment]:
        """An honest payment, keyed ten or a hundred times too large."""
        rng, habit = self.rng, self.known(habits)
        amount = rng.lognormvariate(0, habit.spread) * habit.usual * rng.choice((10, 10, 10, 100))
        yield self.paid(
            habit, self.moment(rng.randrange(200, DAYS), habit.is_night_owl), self.money(amount)
        )

    def _stuck_terminal(self, habits: list[Habit]) -> Iterator[Payment]:
        """One sale is sent again and again within minutes."""
        rng, habit = self.rng, self.known(habits)
        at = self.moment(rng.randrange(60, DAYS), False)
        amount = self.money(rng.lognormvariate(0, habit.spread) * habit.usual)
        card = rng.choice(habit.cards)
        for _ in range(rng.randrange(4, 9)):
            at += timedelta(seconds=rng.randrange(20, 200))
            yield Payment(at, amount, habit.customer, *card)

    def known(self, habits: list[Habit]) -> Habit:
        return self.rng.choice([each for each in habits if each.since < 90 and each.every <= 30])

    def paid(self, habit: Habit, at: datetime, amount: Decimal, **more: object) -> Payment:
        brand, last4 = self.rng.choice(habit.cards)
        return Payment(at, amount, habit.customer, brand, last4, **more)  # type: ignore[arg-type]

    def moment(self, day: int, at_night: bool) -> datetime:
        hour = self.rng.choice((22, 23, 0, 1, 2, 3, 4, 5)) if at_night else self.rng.choice(HOURS)
        minutes = self.rng.randrange(60)
        return START + timedelta(days=day, hours=hour, minutes=minutes)

    def money(self, amount: float) -> Decimal:
        return max(Decimal(f"{amount:.2f}"), Decimal("0.50"))
