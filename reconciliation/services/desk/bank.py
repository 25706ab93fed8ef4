"""A deposit that no batch explains: a person names its batch, or says until when to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q
from django.db.models.functions import Upper

from integrations.clock import business_now
from integrations.locks import try_transaction_lock
from mapping.problems import UnmappedError
from reconciliation.choices import BankLineState
from reconciliation.models import BankLine, ExceptionItem
from reconciliation.services import match
from reconciliation.services.candidates import Candidate, candidate, pairs_of, unpaid
from reconciliation.services.desk import limits
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import at_work, move, resolve
from reconciliation.services.desk.unlinking import stood

#: What nobody expects after so long is no longer waited for.
LONGEST_WAIT_DAYS = 90


def link_batch(item: ExceptionItem, batch_ref: str, actor: str) -> None:
    """The deposit pays this batch: matched, journal owed, a difference named as at any other.

    What the limit is compared with is the difference, not the deposit.
    """
    with at_work(item, "link_batch", actor) as locked:
        if locked.line_id is None:
            raise DeskError("The exception is not about a bank line.")
        line = BankLine.objects.select_for_update(of=("self",)).get(pk=locked.line_id)
        if not try_transaction_lock(f"match:bank:{line.connection_id}"):
            raise DeskError("Deposits are being matched just now; try again in a moment.")
        if line.state == BankLineState.MATCHED:
            raise DeskError("The deposit has found its batch meanwhile.")
        found = _named(line, batch_ref)
        differs = abs(found.batch.net_amount - line.amount)
        limits.require_within(limits.limit_of("link_batch"), differs, line.currency)
        locked.details = {**locked.details, **stood(found.batch, line)}
        resolve(locked, "link_batch", actor, f"It pays batch {found.reference}.")
        try:
            is_done = match.by_hand(found.pair, found.batch, line, actor)
        except UnmappedError as unmapped:
            raise DeskError(unmapped.problem.message) from unmapped
        if not is_done:
            raise DeskError(
                f"Batch {found.reference} cannot take it now: it has just changed, or the deposit "
                "is not in the ERP yet. Try again in a moment."
            )


def _named(line: BankLine, text: str) -> Candidate:
    """The unpaid batch that a number names, with the pair's prefix or without it."""
    wanted, pairs = text.strip().upper(), pairs_of(line)
    named = Q(ref=wanted)
    for pair in pairs:
        prefix = pair.batch_prefix.upper()
        if prefix and wanted.startswith(prefix):
            named |= Q(ref=wanted[len(prefix) :], connection=pair.gateway)
    rows = list(unpaid(pairs, line.currency).annotate(ref=Upper("vendor_ref")).filter(named)[:2])
    if not rows:
        raise DeskError(f"No batch that waits for its money is called {text.strip() or '—'}.")
    if len(rows) > 1:
        raise DeskError(f"{text.strip()} names batches of several gateways; give it its prefix.")
    return candidate(pairs, rows[0])


def wait(item: ExceptionItem, values: Mapping[str, Any], actor: str) -> None:
    """Late only after this day. Nothing else changes: it still closes when its cause is gone."""
    with at_work(item, "wait", actor) as locked:
        locked.due_on = day_to_wait_for(values["until"])
        move(locked, locked.state, "wait", actor, waited_for(values))


def day_to_wait_for(until: date | str) -> date:
    day = date.fromisoformat(until) if isinstance(until, str) else until
    if not 0 < (day - business_now().date()).days <= LONGEST_WAIT_DAYS:
        raise DeskError(f"Choose a day from tomorrow to {LONGEST_WAIT_DAYS} days ahead.")
    return day


def waited_for(values: Mapping[str, Any]) -> str:
    note = str(values.get("note") or "").strip()
    return f"It is waited for until {values['until']}. {note}".strip()
