"""What came before payments, for the risk rules: two queries at most for any number of them.

Rule sets without risk rows ask nothing. A row that asks for a count or a usual amount makes its
query run once for all payments that are decided together; for each it reads as many earlier ones
as the rows ask for, MOST_BEFORE at most, from an index in its order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.db import transaction
from django.db.backends.utils import CursorWrapper

from integrations.models import Pair
from mapping.decide import Desk, customer_of
from mapping.rulebook import RuleBook
from mapping.rules.risks import MOST_BEFORE, History, most_asked
from mapping.services.links import after_merges, linked_customers, merged_customers
from reconciliation.choices import NOT_PAID, DecisionState, TransactionKind
from reconciliation.models import Transaction
from reconciliation.services.case import Case
from reconciliation.services.known import payment_of

#: Tries that were declined count: that is how stolen cards are tried out.
_BY_CARD: Final = """
SELECT asked.id, found.captured_at
  FROM unnest(%s::bigint[], %s::varchar[], %s::varchar[], %s::timestamptz[])
       AS asked(id, last4, method, at)
 CROSS JOIN LATERAL (
       SELECT t.captured_at FROM reconciliation_transaction t
        WHERE t.last4 = asked.last4 AND t.method = asked.method AND t.connection_id = %s
          AND t.captured_at > asked.at - make_interval(hours => %s)
          AND (t.captured_at, t.id) < (asked.at, asked.id) AND t.kind <> 'refund'
        ORDER BY t.captured_at DESC, t.id DESC LIMIT %s) found"""
_BY_PAYER: Final = """
SELECT asked.id, found.id, found.captured_at, found.amount, found.decision, found.currency
  FROM unnest(%s::bigint[], %s::varchar[], %s::timestamptz[]) AS asked(id, customer, at)
 CROSS JOIN LATERAL (
       SELECT t.id, t.captured_at, t.amount, t.decision, t.currency
         FROM reconciliation_transaction t
        WHERE t.customer_id = asked.customer AND t.connection_id = %s
          AND (t.captured_at, t.id) < (asked.at, asked.id)
          AND t.kind <> 'refund' AND t.status NOT IN ('declined', 'voided')
        ORDER BY t.captured_at DESC, t.id DESC LIMIT %s) found"""


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rows of some rule sets ask for; `card_hours` is the longest span, 0 for none.

    `most`: so many earlier payments of each are enough.
    """

    card_hours: int = 0
    payer: bool = False
    hour: bool = False
    most: int = MOST_BEFORE

    def __bool__(self) -> bool:
        return bool(self.card_hours or self.payer or self.hour)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payment of the same payer that came before."""

    at: datetime
    pk: int
    amount: Decimal
    currency: str
    is_held: bool


def needs_of(books: Iterable[RuleBook]) -> Needs:
    rows = [row for book in books for row in book.risks]
    return Needs(
        card_hours=max((row.within_hours or 0 for row in rows if row.same_card), default=0),
        payer=any(
            row.same_payer or row.earlier_to is not None or row.times_usual is not None
            for row in rows
        ),
        hour=any(row.hour_from is not None for row in rows),
        most=most_asked(rows),
    )


def histories_for(
    pair: Pair, rules: RuleBook, cases: Sequence[Case], desk: Desk
) -> Mapping[str, History]:
    """What came before each payment that is decided, by vendor id."""
    needs = needs_of([rules])
    if not needs:
        return {}
    rows = [case.row for case in cases if case.row.kind != TransactionKind.REFUND]
    customers: dict[int, str] = {}
    if needs.payer:
        asked = {row.pk for row in rows}
        for case in cases:
            if case.row.pk in asked:
                customers[case.row.pk] = customer_of(payment_of(pair, case), desk)
    return histories_of(pair, needs, rows, customers)


def histories_now(
    pair: Pair, books: Iterable[RuleBook], rows: Sequence[Transaction]
) -> Mapping[str, History]:
    """As `histories_for`, of payments that are looked at again, without asking the ERP.

    Whose money it is: whom it was decided for, else whom its payer is linked to or named like.
    """
    needs = needs_of(books)
    if not needs:
        return {}
    refs = {row.customer_ref for row in rows if not row.customer_id} - {""}
    known: Mapping[str, str] = {}
    if needs.payer and refs:
        linked = linked_customers(pair, refs)
        known = after_merges({ref: ref for ref in refs} | linked, merged_customers(pair))
    whose = {row.pk: row.customer_id or known.get(row.customer_ref, "") for row in rows}
    return histories_of(pair, needs, rows, whose)


def histories_of(
    pair: Pair, needs: Needs, rows: Sequence[Transaction], customers: Mapping[int, str]
) -> dict[str, History]:
    """As `histories_for`; `customers`: whose money each is, by primary key, empty for nobody's."""
    if not needs or not rows:
        return {}
    zone = ZoneInfo(pair.time_zone)
    cards: Mapping[int, Sequence[datetime]] = {}
    payers: Mapping[int, Sequence[Earlier]] = {}
    if needs.card_hours or needs.payer:
        with _reading_in_order() as cursor:
            if needs.card_hours:
                cards = _by_card(cursor, pair, rows, needs)
            if needs.payer:
                payers = _by_payer(cursor, pair, rows, customers, needs.most)
    found = {}
    for row in rows:
        before = payers.get(row.pk, []) if needs.payer else None
        found[row.vendor_id] = History(
            by_card=tuple(cards.get(row.pk, ())) if needs.card_hours and row.last4 else None,
            by_payer=None if before is None else tuple(each.at for each in before),
            paid=None if before is None else _paid(row, before),
            hour=row.captured_at.astimezone(zone).hour,
            most=needs.most,
        )
    return found


def _paid(row: Transaction, before: Sequence[Earlier]) -> tuple[Decimal, ...]:
    return tuple(
        each.amount for each in before if each.currency == row.currency and not each.is_held
    )


@contextmanager
def _reading_in_order() -> Iterator[CursorWrapper]:
    """A cursor that reads the latest rows from the index and stops there.

    PostgreSQL knows what a payer has on average: by that it may fetch and sort all that a payer
    ever paid, which for one with a hundred thousand payments is a second for each payment.
    """
    with transaction.atomic(savepoint=False), database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        yield cursor
        cursor.execute("SET LOCAL enable_bitmapscan TO DEFAULT")


def _by_card(
    cursor: CursorWrapper, pair: Pair, rows: Sequence[Transaction], needs: Needs
) -> dict[int, list[datetime]]:
    asked = [row for row in rows if row.last4]
    found: dict[int, list[datetime]] = defaultdict(list)
    cursor.execute(
        _BY_CARD,
        [
            [row.pk for row in asked],
            [row.last4 for row in asked],
            [row.method for row in asked],
            [row.captured_at for row in asked],
            pair.gateway_id,
            needs.card_hours,
            needs.most,
        ],
    )
    for pk, at in cursor.fetchall():
        found[pk].append(at)
    return found


def _by_payer(
    cursor: CursorWrapper,
    pair: Pair,
    rows: Sequence[Transaction],
    customers: Mapping[int, str],
    most: int,
) -> dict[int, list[Earlier]]:
    """The latest first. Payments that are decided together are in no index by customer yet: they
    are looked at here."""
    asked = [row for row in rows if customers.get(row.pk)]
    found: dict[int, dict[int, Earlier]] = defaultdict(dict)
    cursor.execute(
        _BY_PAYER,
        [
            [row.pk for row in asked],
            [customers[row.pk] for row in asked],
            [row.captured_at for row in asked],
            pair.gateway_id,
            most,
        ],
    )
    for pk, other, at, amount, decision, currency in cursor.fetchall():
        is_held = decision == DecisionState.HELD
        found[pk][other] = Earlier(at, other, amount, currency, is_held)
    together: dict[str, list[Transaction]] = defaultdict(list)
    for row in sorted(asked, key=_moment):
        if row.status in NOT_PAID:
            continue
        # The latest of them are enough: that bounds the work for a payer with thousands.
        for each in together[customers[row.pk]][-most:]:
            found[row.pk].setdefault(each.pk, _earlier(each))
        together[customers[row.pk]].append(row)
    return {
        pk: sorted(each.values(), key=lambda one: (one.at, one.pk), reverse=True)[:most]
        for pk, each in found.items()
    }


def _moment(row: Transaction) -> tuple[datetime, int]:
    return row.captured_at, row.pk


def _earlier(row: Transaction) -> Earlier:
    is_held = row.decision == DecisionState.HELD
    return Earlier(row.captured_at, row.pk, row.amount, row.currency, is_held)
