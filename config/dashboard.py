"""The dashboard's question and its answer: is everything tied out, and what needs me?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from console import formats
from console.counting import Count
from integrations.clock import wall_now
from integrations.health import Health, all_health
from reconciliation import overview as books
from reconciliation.choices import BatchState


@dataclass(frozen=True)
class Answer:
    """One sentence, a second one with the figures, and how worrying it is."""

    sentence: str
    detail: str
    tone: str


@dataclass(frozen=True)
class ConnectionRow:
    health: Health
    age: str


@dataclass(frozen=True)
class Overview:
    answer: Answer
    today: date
    money_in: books.MoneyIn
    batches: list[books.Tally]
    tied_out: int
    batch_total: int
    transit: books.Tally
    deposits: list[books.Deposit]
    postings: list[books.Tally]
    undelivered: Count
    reasons: list[books.ReasonRow]
    exceptions: int
    exception_amount: books.Sums
    ages: list[str]
    connections: list[ConnectionRow]


def overview(now: datetime) -> Overview:
    """Everything the dashboard shows, in ten queries. `now` is business time."""
    today = now.date()
    batches = books.batch_states()
    reasons = books.exceptions_by_reason(today)
    postings = books.posting_states()
    numbers = {tally.word: tally.number for tally in batches}
    tied_out = numbers.get(str(BatchState.TIED_OUT.label), 0)
    exceptions = sum(row.number for row in reasons)
    money = books.money_in(today)
    health = all_health(wall_now())
    return Overview(
        answer=answer_of(
            numbers, exceptions, [each.connection.name for each in health if each.tone == "bad"]
        ),
        today=today,
        money_in=money,
        batches=batches,
        tied_out=tied_out,
        batch_total=sum(numbers.values()) - numbers.get(str(BatchState.OPEN.label), 0),
        transit=books.transit(),
        deposits=books.expected_deposits(today),
        postings=postings,
        undelivered=books.undelivered(postings),
        reasons=reasons,
        exceptions=exceptions,
        exception_amount=_added([row.amount for row in reasons]),
        ages=[label for _, label in books.AGES],
        connections=[ConnectionRow(each, formats.ago_text(each.newest, now)) for each in health],
    )


def answer_of(batches: dict[str, int], exceptions: int, failing: list[str]) -> Answer:
    """`batches` is the number of batches by the word of their state."""
    discrepant = batches.get(str(BatchState.DISCREPANT.label), 0)
    tied_out = batches.get(str(BatchState.TIED_OUT.label), 0)
    settled = sum(batches.values()) - batches.get(str(BatchState.OPEN.label), 0)
    unfinished = settled - tied_out - discrepant
    detail = _detail(settled, tied_out, discrepant, unfinished)
    if failing:
        names = " and ".join(failing)
        if exceptions:
            detail += f" {_counted(exceptions, 'exception is', 'exceptions are')} open."
        return Answer(f"{names} cannot be read, so this page may be behind.", detail, "bad")
    if exceptions or discrepant:
        needs = _counted(exceptions, "exception needs", "exceptions need")
        sentence = (
            f"{needs} a person." if exceptions else "Not every batch ties out; nothing is open."
        )
        return Answer(sentence, detail, "bad" if discrepant else "warn")
    if not settled:
        return Answer("Nothing has settled yet.", "Nothing needs you.", "good")
    if unfinished:
        return Answer("Nothing needs you; some money is still on its way.", detail, "good")
    return Answer("Everything is tied out.", detail, "good")


def _detail(settled: int, tied_out: int, discrepant: int, unfinished: int) -> str:
    if settled == tied_out:
        return f"{_counted(settled, 'batch ties', 'batches tie')} out to the cent."
    parts = [
        f"{tied_out:,} of {_counted(settled, 'settled batch ties', 'settled batches tie')} out"
    ]
    if discrepant:
        parts.append(_counted(discrepant, "has a difference", "have a difference"))
    if unfinished:
        parts.append(f"{_counted(unfinished, 'waits', 'wait')} for the bank or the ERP")
    return ", ".join(parts) + "."


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _added(sums: list[books.Sums]) -> books.Sums:
    by_currency: dict[str, Decimal] = {}
    for each in sums:
        for currency, amount in each.amounts:
            by_currency[currency] = by_currency.get(currency, Decimal(0)) + amount
    return books.Sums.of(by_currency)
