"""Decide orders: gather what the rules need, let the pure code decide, owe each invoice once.

One worker decides a pair's orders at a time, under the lock under which its payments are decided.
What holds an order is looked at again: at once when other rules are in force, and else after a
while, because customers and stock are the ERP's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from django.db import DatabaseError, transaction
from django.db import connection as database

from audit import services as audit
from integrations.bulk import update_rows
from integrations.clock import business_now, wall_now
from integrations.errors import EdgeError
from integrations.locks import session_lock, transaction_lock
from integrations.models import Pair
from integrations.services import circuit, lanes
from mapping.decide.order import PASSABLE, OrderDecision, OrderDesk, decide_order
from mapping.rulebook import RuleBook
from mapping.services.rulesets import rules_in_force
from reconciliation import keys
from reconciliation.choices import (
    OPEN_STATES,
    ORDER_REASONS,
    UNFINISHED_ORDERS,
    EffectKind,
    OrderState,
    Reason,
)
from reconciliation.models import ExceptionItem, Order
from reconciliation.services import effects, order_changed
from reconciliation.services.apart import why
from reconciliation.services.desk_open import (
    Wanted,
    about_order,
    close_by_machine,
    open_exceptions,
    open_or_tell_anew,
)
from reconciliation.services.known import company_lock
from reconciliation.services.order_content import decided_of, record_of
from reconciliation.services.order_desk import desk_of_orders, payments_of
from reconciliation.services.order_payments import FIRST_LOOK
from reconciliation.services.pairs import today

logger = logging.getLogger(__name__)

#: Orders without a pair that takes them have no work here, and cost one look at an empty index.
_DUE: Final = """
    SELECT o.id FROM reconciliation_order o
      JOIN integrations_pair p ON p.orders_id = o.connection_id AND p.is_active
     WHERE o.state IN ('due', 'waiting', 'held')
       AND (o.state = 'due'
            OR o.state = 'waiting' AND (
               o.wait_until < (%(business)s::timestamptz AT TIME ZONE p.time_zone)::date
               OR EXISTS (SELECT 1 FROM reconciliation_transaction t
                           WHERE t.connection_id = p.gateway_id
                             AND t.vendor_id = o.payment_ref))
            OR o.state = 'held' AND (
               o.look_at <= %(wall)s
               OR EXISTS (SELECT 1 FROM mapping_rulesetversion v
                           WHERE v.pair_id = p.id AND v.state = 'active'
                             AND v.edited_at > o.updated_at)))"""
WAITING: Final = f"EXISTS ({_DUE})"
AT_ONCE: Final = 200
#: What the ERP may have meanwhile (customers, stock) is asked for again after so long.
LOOK_AGAIN: Final = timedelta(minutes=10)
NOTED: Final = [
    "state", "wait_until", "look_at", "customer_id", "payment", "decided", "updated_at",
]  # fmt: skip


def drain() -> int:
    """Decide a portion for every pair that takes orders; answers how many were decided."""
    decided = 0
    for pair in Pair.objects.filter(orders__isnull=False, is_active=True).select_related(
        "gateway", "erp", "bank", "orders"
    ):
        if pair.erp.paused_until is not None and pair.erp.paused_until > wall_now():
            continue
        with session_lock(f"orders:{pair.pk}") as is_ours:
            if not is_ours:
                continue
            with circuit.asking(pair.erp) as may_ask:
                decided += invoice_due(pair) if may_ask else 0
    return decided


def invoice_due(pair: Pair) -> int:
    """Decide a pair's oldest orders that are due, a day's together."""
    decided = 0
    for day, group in groupby(_due(pair), key=lambda row: row.ordered_on):
        try:
            decided += _decide_apart(pair, day, list(group))
        except EdgeError as error:
            circuit.failed(pair.erp, error, must_pause=True)
            return decided
    return decided


def _due(pair: Pair) -> list[Order]:
    with database.cursor() as cursor:
        query = f"{_DUE} AND p.id = %(pair)s ORDER BY o.ordered_on, o.id LIMIT {AT_ONCE}"
        cursor.execute(query, {"business": business_now(), "wall": wall_now(), "pair": pair.pk})
        due = [pk for (pk,) in cursor.fetchall()]
    return list(Order.objects.filter(pk__in=due).order_by("ordered_on", "id"))


def _decide_apart(pair: Pair, day: date, rows: Sequence[Order]) -> int:
    """A day's orders together; if one of them breaks, each by itself, that one set aside."""
    try:
        return _decide_rows(pair, day, rows)
    except (EdgeError, DatabaseError):
        raise
    except Exception:
        logger.exception("Deciding %s order(s) together failed.", len(rows))
    for row in rows:
        try:
            _decide_rows(pair, day, [row])
        except (EdgeError, DatabaseError):
            raise
        except Exception as error:
            logger.exception("Deciding %s failed.", row)
            _set_aside(row, error)
    return len(rows)


def _set_aside(row: Order, error: Exception) -> None:
    with transaction.atomic():
        item = Wanted(
            reason=Reason.SET_ASIDE,
            subject=f"order:{row.pk}",
            connection=row.connection,
            message=f"Order {row.number}: {why(error)}",
            business_on=row.ordered_on,
            amount=row.total_amount,
            currency=row.currency,
            order=row,
            fact=row.last_fact,
        )
        open_exceptions([item])
        Order.objects.filter(pk=row.pk, state__in=UNFINISHED_ORDERS).update(
            state=OrderState.HELD, look_at=None, wait_until=None, updated_at=wall_now()
        )


def _decide_rows(pair: Pair, day: date, rows: Sequence[Order]) -> int:
    rules = rules_in_force(pair, day)
    with transaction.atomic():
        transaction_lock(company_lock(pair))
        locked = list(
            Order.objects.select_for_update(of=("self",))
            .filter(pk__in=[row.pk for row in rows], state__in=UNFINISHED_ORDERS)
            .select_related("connection", "last_fact")
            .order_by("id")
        )
        fresh = [row for row in locked if order_changed.may_be_decided(pair, row)]
        if rules is None:
            _hold_without_rules(pair, fresh)
        elif fresh:
            _carry_out(pair, rules, fresh)
        for row in locked:
            row.updated_at = wall_now()
        update_rows(locked, NOTED)
        lanes.wake("deliver")
        audit.record(
            "orders.decided",
            ("pair", str(pair.pk)),
            actor="worker",
            summary=f"{len(locked)} order(s) decided.",
            details={"decided": {row.number: row.state for row in locked}},
            business_on=day,
        )
    return len(rows)


def _hold_without_rules(pair: Pair, rows: Sequence[Order]) -> None:
    for row in rows:
        message = f"No rule set of {pair.name} is in force on {row.ordered_on}."
        _hold(row)
        open_exceptions([_wanted(row, Reason.ORDER_UNMAPPED, message)])


def _wanted(row: Order, reason: str, message: str) -> Wanted:
    return Wanted(
        reason=reason,
        subject=f"order:{row.pk}",
        connection=row.connection,
        message=message,
        business_on=row.ordered_on,
        amount=row.total_amount,
        currency=row.currency,
        order=row,
        fact=row.last_fact,
    )


def _carry_out(pair: Pair, rules: RuleBook, rows: Sequence[Order]) -> None:
    payments = payments_of(pair, rows)
    ready = []
    for row in rows:
        row.payment = payments.get(row.payment_ref)
        if not _waits(pair, row):
            ready.append(row)
    if not ready:
        return
    desk = desk_of_orders(pair, ready, payments, rules)
    for row in ready:
        _decide(pair, rules, desk, row)


def _waits(pair: Pair, row: Order) -> bool:
    """Whether it still waits for the payment that it names; noted on the row."""
    if not row.payment_ref or row.payment is not None:
        row.wait_until = None
        return False
    on = today(pair)
    if row.wait_until is None:
        row.wait_until = on + timedelta(days=pair.order_wait_days)
    if on > row.wait_until:
        return False
    row.state = OrderState.WAITING
    return True


def _decide(pair: Pair, rules: RuleBook, desk: OrderDesk, row: Order) -> None:
    accepted = frozenset(
        kind.value for kind in PASSABLE if row.accepted.get(kind.value) == row.meaning_hash
    )
    decision = decide_order(record_of(row), rules, desk, accepted)
    row.customer_id = decision.customer_id
    row.decided = decided_of(row, decision, rules.number)
    _tell(row, decision)
    if decision.is_held:
        _hold(row)
    elif decision.invoice is None:
        row.state = OrderState.NOTHING
    else:
        _owe(pair, rules, row, decision)
        row.state = OrderState.INVOICED
        row.look_at = wall_now() + FIRST_LOOK if row.payment_ref else None


def _hold(row: Order) -> None:
    row.state, row.look_at = OrderState.HELD, wall_now() + LOOK_AGAIN


def _tell(row: Order, decision: OrderDecision) -> None:
    """Open what is found, tell anew what is told otherwise, close what is gone."""
    wanted = [about_order(row, problem) for problem in decision.problems]
    told = dict(
        ExceptionItem.objects.filter(order=row, state__in=OPEN_STATES).values_list(
            "reason", "message"
        )
    )
    now = {one.reason for one in wanted}
    open_or_tell_anew([one for one in wanted if told.get(one.reason) != one.message[:400]])
    gone = [reason for reason in told if reason in ORDER_REASONS and reason not in now]
    if gone:
        items = ExceptionItem.objects.filter(order=row, reason__in=gone)
        close_by_machine(items, "It is not so any more.")


def _owe(pair: Pair, rules: RuleBook, row: Order, decision: OrderDecision) -> None:
    draft = decision.invoice
    if draft is None:
        raise ValueError(f"{row} has no invoice to owe.")
    leg = 1 + row.effects.filter(kind=EffectKind.INVOICE).count()
    group = effects.invoices_batch(pair, row.connection, row.ordered_on, rules.version_id)
    effects.make(
        pair,
        [
            effects.NewEffect(
                key=keys.invoice_key(pair, row.connection, row.number, leg),
                kind=EffectKind.INVOICE,
                draft=draft,
                amount=draft.amount.amount,
                version_id=rules.version_id,
                business_on=row.ordered_on,
                rules=decision.rules,
                group=group,
                order=row,
                fact=row.last_fact,
            )
        ],
    )


def decide_again(rows: Sequence[Order]) -> int:
    """Put orders without an invoice up for decision once more; what was invoiced stays invoiced."""
    open_still = (*UNFINISHED_ORDERS, OrderState.NOTHING)
    count = Order.objects.filter(pk__in=[row.pk for row in rows], state__in=open_still).update(
        state=OrderState.DUE, look_at=None, updated_at=wall_now()
    )
    lanes.wake("deliver")
    return count
