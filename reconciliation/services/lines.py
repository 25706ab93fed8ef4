"""Which batch a deposit line pays, looked for among all pairs that share the bank account."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Upper

from integrations.models import Connection, Pair
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import OPEN_STATES, BankLineState, BatchState, Reason
from reconciliation.matchers.exact import batch_of_amount, named_among
from reconciliation.models import BankLine, ExceptionItem, SettlementBatch
from reconciliation.services.apart import is_set_aside

#: The banking days within which a line without a name is matched, in days of the calendar.
AMOUNT_DAYS: Final = timedelta(days=10)
NAMED: Final = "named by its reference"
BY_AMOUNT: Final = "the only batch of this amount"


@dataclass(frozen=True, slots=True)
class Side:
    """A pair, and those of its batches that some lines may be about."""

    pair: Pair
    batches: list[SettlementBatch]


@dataclass(frozen=True, slots=True)
class Found:
    """The batch that a line pays, the pair that books it, and why it is this one."""

    pair: Pair
    batch: SettlementBatch
    rule: str


def lines_to_match(bank: Connection) -> QuerySet[BankLine]:
    """New lines, and those that stand with the unidentified and nobody has dealt with yet."""
    nobody_has = ExceptionItem.objects.filter(
        line=OuterRef("pk"), reason=Reason.DEPOSIT_UNMATCHED, state__in=OPEN_STATES
    )
    return (
        BankLine.objects.filter(
            Q(state=BankLineState.NEW) | Q(Exists(nobody_has), state=BankLineState.UNMATCHED),
            connection=bank,
        )
        .exclude(is_set_aside("line"))
        .select_related("connection", "fact")
    )


def payable(pairs: Sequence[Pair], lines: Sequence[BankLine]) -> list[Side]:
    """Batches that wait for their money and that one of the lines may pay."""
    overdue = Q(state=BatchState.DISCREPANT, bank_amount__isnull=True)
    waiting = Q(state=BatchState.WAITING) | overdue
    of_amount = Q(
        net_amount__in={line.amount for line in lines},
        closed_on__gte=min(line.booked_on for line in lines) - AMOUNT_DAYS,
    )
    return [
        Side(pair, list(_batches(pair, _named(pair, lines) | of_amount).filter(waiting)))
        for pair in pairs
    ]


def unready(pairs: Sequence[Pair], lines: Sequence[BankLine]) -> list[Side]:
    """Batches that one of the lines may name and that have not been added up."""
    early = (BatchState.OPEN, BatchState.CLOSED)
    return [
        Side(pair, list(_batches(pair, _named(pair, lines)).filter(state__in=early)))
        for pair in pairs
    ]


def find(line: BankLine, sides: Sequence[Side]) -> Found | None:
    """The batch that a line names, else the only one of its amount whosever it is."""
    named = named_among(line, [(side.pair.batch_prefix, side.batches) for side in sides])
    if named is not None:
        place, batch = named
        return Found(sides[place].pair, batch, NAMED)
    owners = {batch.pk: (side.pair, batch) for side in reversed(sides) for batch in side.batches}
    batch_found = batch_of_amount(line, [batch for _, batch in owners.values()])
    if batch_found is None:
        return None
    return Found(owners[batch_found.pk][0], batch_found, BY_AMOUNT)


def is_named(line: BankLine, sides: Sequence[Side]) -> bool:
    """Whether the line names any of the batches, of whichever pair."""
    return any(
        named_among(line, [(side.pair.batch_prefix, side.batches)]) is not None for side in sides
    )


def books_strays(line: BankLine, pairs: Sequence[Pair]) -> Pair:
    """The one pair of a bank account that books a line which none of them explains.

    The first whose rules know its text as a deposit's; the first of all when none does.
    """
    for pair in pairs:
        rules = rules_in_force(pair, line.booked_on)
        if rules and rules.deposit_pattern.casefold() in line.description.casefold():
            return pair
    return pairs[0]


def _batches(pair: Pair, about: Q) -> QuerySet[SettlementBatch]:
    return (
        SettlementBatch.objects.annotate(ref=Upper("vendor_ref"))
        .filter(about, connection=pair.gateway)
        .exclude(is_set_aside("batch"))
        .select_related("connection")
        .order_by("closed_on", "id")
    )


def _named(pair: Pair, lines: Sequence[BankLine]) -> Q:
    """Batches whose number a reference may hold, behind the pair's prefix or without it.

    More than the matcher will take: it is asked in SQL, so that no batch is beyond a limit.
    """
    texts = {line.reference.upper() for line in lines}
    words = {word for text in texts for word in re.findall(r"[A-Z0-9]+", text)}
    refs = words | {part for text in texts for part in text.split()}
    prefix = pair.batch_prefix.upper()
    starts = {prefix, re.sub(r"[^A-Z0-9]", "", prefix)} - {""}
    bare = {ref[len(start) :] for ref in refs for start in starts if ref.startswith(start)}
    return Q(ref__in=refs | bare)
