"""Payments that the rules hold back are looked at again: rules, or what they ask for, may change.

New rules are seen at once, and so are new rates by payments in another currency. So is, for what a
check stops, a new link of the payer; what the ERP says (invoices, customers, periods) is asked once
more after a while. What waits in a bulk run is left to it. Nothing is written where nothing has
changed but the time of the look; else the payment is put up for decision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db import connection as database

from integrations.choices import PostOn
from integrations.clock import wall_now
from integrations.errors import EdgeError
from integrations.models import Pair
from integrations.services import circuit
from mapping.decide import decide
from mapping.services.rulesets import rules_in_force
from reconciliation.choices import OPEN_STATES, DecisionState
from reconciliation.models import ExceptionItem, Transaction
from reconciliation.services import checks, rates_by_rule, risks
from reconciliation.services.decide import HELD_REASONS, decide_again
from reconciliation.services.known import case_of, desk_of, payment_of

AT_ONCE: Final = 200
_DUE: Final = """
    SELECT t.id FROM reconciliation_exceptionitem e
      JOIN reconciliation_transaction t ON t.id = e.transaction_id
      JOIN integrations_pair p ON p.gateway_id = t.connection_id AND p.is_active
     WHERE e.reason IN ('validation_held', 'currency_foreign', 'account_unmapped',
                        'method_unmapped', 'action_unmapped', 'field_unfit', 'rules_missing',
                        'risk_held', 'risk_blocked')
       AND e.state IN ('open', 'claimed') AND t.decision = 'held'
       AND NOT EXISTS (SELECT 1 FROM reconciliation_bulkitem b
                        WHERE b.item_id = e.id AND b.state = 'waiting')
       AND (EXISTS (SELECT 1 FROM mapping_rulesetversion v
                     WHERE v.pair_id = p.id AND v.state = 'active'
                       AND v.edited_at > t.updated_at)
            OR e.reason = 'currency_foreign' AND EXISTS (
               SELECT 1 FROM mapping_exchangerate r
                WHERE r.source = t.currency AND r.target = p.currency
                  AND r.added_at > t.updated_at)
            OR e.reason = 'validation_held' AND (
               t.updated_at < now() - interval '10 minutes'
               OR EXISTS (SELECT 1 FROM mapping_customerlink l
                           WHERE l.pair_id = p.id AND l.system = 'gateway'
                             AND l.ref = t.customer_ref AND l.made_at > t.updated_at)))"""
WAITING: Final = f"EXISTS ({_DUE})"


def drain() -> int:
    """Look at a portion of every pair again; answers how many were put up for decision."""
    again = 0
    for pair in Pair.objects.filter(is_active=True).select_related("gateway", "erp", "bank"):
        rows = _due(pair)
        if rows and not (pair.erp.paused_until and pair.erp.paused_until > wall_now()):
            again += _look(pair, rows)
    return again


def _due(pair: Pair) -> list[Transaction]:
    """Those that wait longest."""
    with database.cursor() as cursor:
        query = f"{_DUE} AND p.id = %s ORDER BY t.updated_at, t.id LIMIT %s"
        cursor.execute(query, [pair.pk, AT_ONCE])
        due = {pk for (pk,) in cursor.fetchall()}
    rows = Transaction.objects.filter(pk__in=due).select_related("parent", "batch", "last_fact")
    return list(rows.order_by("settled_at", "captured_at", "pk"))


def _look(pair: Pair, rows: Iterable[Transaction]) -> int:
    days: dict[date, list[Transaction]] = defaultdict(list)
    for row in rows:
        row.connection = pair.gateway
        days[row.settled_on or row.captured_on].append(row)
    again = 0
    with circuit.asking(pair.erp) as may_ask:
        if not may_ask:
            return 0
        for day, group in days.items():
            try:
                again += _look_at_day(pair, day, group)
            except EdgeError as error:
                circuit.failed(pair.erp, error, must_pause=True)
                return again
    return again


def _look_at_day(pair: Pair, day: date, rows: list[Transaction]) -> int:
    """Without a lock and without writing: what is decided is decided where payments are."""
    rules = rules_in_force(pair, day)
    changed = rows
    if rules is not None:
        cases = rates_by_rule.marked(pair, [case_of(row, day) for row in rows])
        cases = checks.with_accepted(rules, cases)
        desk = desk_of(pair, cases, returning=pair.post_on == PostOn.CAPTURED)
        desk.closed_days = checks.closed_days(pair, rules, day)
        desk.rates = checks.rates_for(pair, rules, cases)
        desk.histories = risks.histories_for(pair, rules, cases, desk)
        said = _said(rows)
        changed = []
        for case in cases:
            decision = decide(payment_of(pair, case), rules, desk)
            message = decision.problems[0].message if decision.is_held else ""
            is_other = message[:400] != said.get(case.row.pk)
            if is_other or rates_by_rule.would_book(pair, rules, case, desk.rates):
                changed.append(case.row)
    same = {row.pk for row in rows} - {row.pk for row in changed}
    Transaction.objects.filter(pk__in=same, decision=DecisionState.HELD).update(
        updated_at=wall_now()
    )
    return decide_again(changed) if changed else 0


def _said(rows: Iterable[Transaction]) -> dict[int, str]:
    """What the open exception of each says why it is held."""
    items = ExceptionItem.objects.filter(
        transaction__in=list(rows), reason__in=HELD_REASONS, state__in=OPEN_STATES
    )
    return {pk: text for pk, text in items.values_list("transaction_id", "message") if pk}
