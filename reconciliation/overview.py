"""The figures of the dashboard, each with the address of the rows behind it.

Sums are by currency and never across; the chart shows the currency with most money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Min, Q, Sum
from django.urls import reverse
from django.utils.http import urlencode

from console import charts, formats
from console.counting import Count as Capped
from console.counting import capped_counts
from console.filters import start_of_day
from integrations.choices import FINAL_STATES, PostingState
from integrations.models import Pair, Posting
from reconciliation import words
from reconciliation.choices import BatchState, TransactionKind
from reconciliation.models import SettlementBatch, Transaction
from reconciliation.questions import TAKEN, in_transit, open_exceptions

DAYS: Final = 30
DEPOSITS_SHOWN: Final = 7
#: Upper ends of the age columns in days; the last column has none.
AGES: Final = ((1, "0–1 day"), (3, "2–3 days"), (7, "4–7 days"), (None, "Older"))


@dataclass(frozen=True)
class Sums:
    """Amounts by currency, the largest first."""

    amounts: tuple[tuple[str, Decimal], ...]

    @classmethod
    def of(cls, by_currency: dict[str, Decimal]) -> Sums:
        named = [each for each in by_currency.items() if each[0]]
        return cls(tuple(sorted(named, key=lambda each: -each[1])))

    @property
    def main(self) -> tuple[str, Decimal] | None:
        return self.amounts[0] if self.amounts else None

    def __bool__(self) -> bool:
        return bool(self.amounts)

    def __str__(self) -> str:
        return " and ".join(formats.money_text(amount, code) for code, amount in self.amounts)


@dataclass(frozen=True)
class Tally:
    """A state with its number of rows and their address."""

    word: str
    tone: str
    number: int
    url: str
    amount: Sums = Sums(())
    is_capped: bool = False

    @property
    def count(self) -> Capped:
        return Capped(self.number, self.is_capped)


@dataclass(frozen=True)
class MoneyIn:
    total: Sums
    number: int
    url: str
    chart: charts.BarChart


@dataclass(frozen=True)
class Deposit:
    batch: SettlementBatch
    age: str
    is_late: bool


@dataclass(frozen=True)
class AgeCell:
    number: int
    url: str


@dataclass(frozen=True)
class ReasonRow:
    reason: str
    meaning: str
    number: int
    amount: Sums
    ages: list[AgeCell]
    oldest: str
    url: str


def address(name: str, **query: object) -> str:
    chosen = {key: str(value) for key, value in query.items() if value not in (None, "")}
    return f"{reverse(name)}?{urlencode(chosen)}" if chosen else reverse(name)


def money_in(today: date) -> MoneyIn:
    """Sales that the gateway took, by business day, over the last DAYS days."""
    first = today - timedelta(days=DAYS - 1)
    found = (
        Transaction.objects.filter(
            captured_at__gte=start_of_day(first - timedelta(days=1)),
            captured_on__range=(first, today),
            kind=TransactionKind.SALE,
            status__in=TAKEN,
        )
        .order_by()
        .values_list("captured_on", "currency")
        .annotate(amount=Sum("amount"), number=Count("id"))
    )
    by_currency: dict[str, Decimal] = defaultdict(Decimal)
    by_day: dict[tuple[date, str], tuple[Decimal, int]] = {}
    for captured_on, currency, amount, number in found:
        by_currency[currency] += amount
        by_day[captured_on, currency] = (amount, number)
    total = Sums.of(by_currency)
    currency = total.main[0] if total.main else ""
    points = [_point(first + timedelta(days=offset), currency, by_day) for offset in range(DAYS)]
    number = sum(count for _, count in by_day.values())
    summary = f"{formats.day_text(first)} to {formats.day_text(today)}: {total or 'nothing'}."
    chart = charts.bar_chart("Money in by day", summary, points)
    return MoneyIn(total, number, address("transactions", kind="sale", since=first), chart)


def _point(
    day: date, currency: str, by_day: dict[tuple[date, str], tuple[Decimal, int]]
) -> charts.Point:
    amount, number = by_day.get((day, currency), (Decimal(0), 0))
    figure = formats.money_text(amount, currency) if currency else "0"
    sales = "1 sale" if number == 1 else f"{number:,} sales"
    url = address("transactions", kind="sale", since=day, until=day)
    return charts.Point(f"{day.day} {day:%b}", amount, f"{figure}, {sales}", url)


def batch_states() -> list[Tally]:
    counts = dict(
        SettlementBatch.objects.order_by().values_list("state").annotate(number=Count("id"))
    )
    return [
        Tally(
            str(state.label),
            words.BATCH_TONES[state],
            counts[state],
            address("batches", state=state),
        )
        for state in BatchState
        if counts.get(state)
    ]


def transit() -> Tally:
    """Cash in transit: settled at the gateway, not yet seen on the bank."""
    found = in_transit(SettlementBatch.objects.all()).order_by().values_list("currency")
    rows = list(found.annotate(amount=Sum("net_amount"), number=Count("id")))
    amounts = Sums.of({currency: amount for currency, amount, _ in rows})
    number = sum(each[2] for each in rows)
    return Tally("Cash in transit", "info", number, address("batches", bank="no"), amounts)


def expected_deposits(today: date) -> list[Deposit]:
    """The oldest batches whose money is still to come."""
    late_after = dict(Pair.objects.values_list("gateway_id", "deposit_late_after_days"))
    found = in_transit(SettlementBatch.objects.all()).order_by("closed_on", "id")[:DEPOSITS_SHOWN]
    return [
        Deposit(
            batch,
            formats.days_text((today - batch.closed_on).days),
            (today - batch.closed_on).days > late_after.get(batch.connection_id, 3),
        )
        for batch in found
    ]


def posting_states() -> list[Tally]:
    """Counted up to the limit of the lists: of what is posted there may be millions."""
    counts = capped_counts(*(Posting.objects.filter(state=state) for state in PostingState))
    return [
        Tally(
            str(state.label),
            words.POSTING_TONES[state],
            count.number,
            address("postings", state=state),
            is_capped=count.is_capped,
        )
        for state, count in zip(PostingState, counts, strict=True)
        if count.number
    ]


def undelivered(states: Sequence[Tally]) -> Capped:
    """Postings that are owed and not in the ERP's ledger yet."""
    done = {str(state.label) for state in (*FINAL_STATES, PostingState.CANCELLED)}
    return sum((state.count for state in states if state.word not in done), Capped(0))


def exceptions_by_reason(today: date) -> list[ReasonRow]:
    """Open items by reason and age, the reason with most of them first."""
    edges = _age_edges(today)
    buckets = {
        f"age_{index}": Count(
            "id",
            filter=Q(**({"business_on__gte": since} if since else {}))
            & Q(**({"business_on__lte": until} if until else {})),
        )
        for index, (since, until) in enumerate(edges)
    }
    found = (
        open_exceptions()
        .order_by()
        .values("reason", "currency")
        .annotate(number=Count("id"), total=Sum("amount"), oldest=Min("business_on"), **buckets)
    )
    by_reason: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in found:
        by_reason[row["reason"]].append(dict(row))
    rows = [_reason_row(reason, parts, edges, today) for reason, parts in by_reason.items()]
    return sorted(rows, key=lambda row: (-row.number, row.reason))


def _age_edges(today: date) -> list[tuple[date | None, date | None]]:
    """First and last business day of each age column."""
    edges: list[tuple[date | None, date | None]] = []
    until: date | None = None
    for days, _ in AGES:
        since = None if days is None else today - timedelta(days=days)
        edges.append((since, until))
        until = None if since is None else since - timedelta(days=1)
    return edges


def _reason_row(
    reason: str,
    parts: list[dict[str, object]],
    edges: list[tuple[date | None, date | None]],
    today: date,
) -> ReasonRow:
    def summed(name: str) -> int:
        return sum(int(str(part[name])) for part in parts)

    oldest = min(day for part in parts if isinstance(day := part["oldest"], date))
    return ReasonRow(
        words.reason(reason),
        words.meaning(reason),
        summed("number"),
        Sums.of({str(part["currency"]): Decimal(str(part["total"])) for part in parts}),
        [
            AgeCell(
                summed(f"age_{index}"),
                address("exceptions", reason=reason, since=since, until=until),
            )
            for index, (since, until) in enumerate(edges)
        ],
        formats.days_text((today - oldest).days),
        address("exceptions", reason=reason),
    )
