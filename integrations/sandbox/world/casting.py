"""Which invoices play in which abnormal story. Pure."""

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Final

from integrations.sandbox.world.invoices import Invoice
from integrations.sandbox.world.kinds import Kind

# Share of all invoices; from this many on each kind happens at least once.
ENOUGH: Final = 60
SHARES: Final[dict[Kind, float]] = {
    Kind.SEVERAL_CUSTOMERS: 0.0015,
    Kind.MULTI: 0.010,
    Kind.PARTIAL: 0.030,
    Kind.OVERPAID: 0.015,
    Kind.REFUNDED: 0.010,
    Kind.INVOICE_NOT_FOUND: 0.003,
    Kind.CUSTOMER_UNKNOWN: 0.002,
    Kind.SECOND_CHARGE: 0.004,
    Kind.VOIDED: 0.007,
    Kind.CARD_NUMBER: 0.001,
    Kind.DROPPED_SALE: 0.001,
    Kind.UNREADABLE_RECORD: 0.0007,
    Kind.DECLINED: 0.020,
    Kind.AUTO_VOIDED: 0.005,
    Kind.LATE_CAPTURE: 0.003,
}
GROUPED: Final = (Kind.SEVERAL_CUSTOMERS, Kind.MULTI)
# Their amount is split, so it has to be 1.00 at least.
SPLIT: Final = frozenset({Kind.PARTIAL})
WINDOW: Final = timedelta(days=7)
NEIGHBOURS: Final = 60
LARGEST_PLAYED: Final = Decimal(200000000)


@dataclass(slots=True)
class Cast:
    """Every invoice once: in a role, or plain. `twins` are plain and stay clean."""

    plain: list[Invoice]
    roles: list[tuple[Kind, list[Invoice]]] = field(default_factory=list)
    twins: frozenset[str] = frozenset()


def cast_roles(invoices: Sequence[Invoice], rng: random.Random) -> Cast:
    alike = Counter((each.customer_id, each.on, each.total) for each in invoices)
    twins = frozenset(
        each.number for each in invoices if alike[each.customer_id, each.on, each.total] > 1
    )
    pool = [each for each in invoices if each.number not in twins and _can_play(each)]
    rng.shuffle(pool)
    director = _Director(pool, rng)
    few = len(invoices) < ENOUGH
    most = len(invoices) // 2 if few else len(invoices)
    roles: list[tuple[Kind, list[Invoice]]] = []
    for kind, share in SHARES.items():
        for _ in range(1 if few else max(1, round(share * len(invoices)))):
            members = director.pick(kind, most - director.taken)
            if members:
                roles.append((kind, members))
    plain = [each for each in invoices if each.number not in director.numbers]
    return Cast(plain, roles, twins)


def _can_play(invoice: Invoice) -> bool:
    return invoice.total != Decimal("0.29") and invoice.total <= LARGEST_PLAYED


class _Director:
    def __init__(self, pool: list[Invoice], rng: random.Random) -> None:
        self._pool = pool
        self._rng = rng
        self.numbers: set[str] = set()
        self._by_date = sorted(filter(_joins, pool), key=_age)
        self._by_customer: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in self._by_date:
            self._by_customer[invoice.customer_id].append(invoice)
        # Where the search of each kind goes on: what it passed over once never fits later.
        self._next: dict[Kind, int] = defaultdict(int)
        self._made: set[Kind] = set()

    @property
    def taken(self) -> int:
        return len(self.numbers)

    def pick(self, kind: Kind, room: int) -> list[Invoice]:
        """The members of one more story of this kind; [] when nobody is left for it."""
        members = self._group(kind, room) if kind in GROUPED else self._single(kind, room)
        self.numbers.update(each.number for each in members)
        if members:
            self._made.add(kind)
        return members

    def _single(self, kind: Kind, room: int) -> list[Invoice]:
        if room < 1:
            return []
        fits = (each for each in self._from(kind) if kind not in SPLIT or each.total >= 1)
        return list(islice(fits, 1))

    def _group(self, kind: Kind, room: int) -> list[Invoice]:
        """Invoices of a few days; if the file has none such, those that lie nearest."""
        wanted = 2
        if kind is Kind.MULTI:
            wanted = min(room, self._rng.choices((2, 3, 4), (6, 3, 1))[0])
        if room < 2 or (kind is Kind.SEVERAL_CUSTOMERS and len(self._by_customer) < 2):
            return []
        found = self._near(kind, wanted, WINDOW)
        if not found and kind not in self._made:
            self._next[kind] = 0
            found = self._near(kind, wanted, timedelta.max)
        return found

    def _near(self, kind: Kind, wanted: int, window: timedelta) -> list[Invoice]:
        for first in filter(_joins, self._from(kind)):
            others = sorted(
                (
                    each
                    for each in self._neighbours(kind, first)
                    if abs(each.on - first.on) <= window
                ),
                key=lambda each: abs(each.on - first.on),
            )
            if others:
                return [first, *others[: wanted - 1]]
        return []

    def _neighbours(self, kind: Kind, first: Invoice) -> Iterator[Invoice]:
        """Free ones that stand next to the first, by date: of its customer, or of others."""
        same = kind is Kind.MULTI
        ordered = self._by_customer[first.customer_id] if same else self._by_date
        place = bisect_left(ordered, _age(first), key=_age)
        for each in ordered[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]:
            alike = each.customer_id == first.customer_id
            if alike is same and each is not first and each.number not in self.numbers:
                yield each

    def _from(self, kind: Kind) -> Iterator[Invoice]:
        while self._next[kind] < len(self._pool):
            invoice = self._pool[self._next[kind]]
            self._next[kind] += 1
            if invoice.number not in self.numbers:
                yield invoice


def _age(invoice: Invoice) -> tuple[date, str]:
    return invoice.on, invoice.number


def _joins(invoice: Invoice) -> bool:
    """Its number can stand in one text with others and still be told apart."""
    return invoice.number.isascii() and invoice.number.replace("-", "").isalnum()
