"""Begin, approve, decline and stop a bulk run. The rows are the queue; a drain works them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet

from audit import guard
from audit import services as audit
from audit.acting import acting, person_behind, require_actor
from audit.roles import Duty, require_other
from integrations.bulk import insert_new, insert_rows
from integrations.clock import wall_now
from integrations.services import lanes
from reconciliation.choices import UNFINISHED, RunItemState, RunOrigin, RunState
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.bulk.picking import MOST, open_ones
from reconciliation.services.desk import limits
from reconciliation.services.desk.duties import duty_of
from reconciliation.services.desk.errors import DeskError

LANE = "desk"
#: Reasons why rows were not done that are told of a run.
SAID_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One exception of a run to begin, with the money it is about and, in a sheet, its own wish."""

    pk: int
    amount: Decimal
    currency: str
    action: str
    values: Mapping[str, Any] = field(default_factory=dict)
    revision: int | None = None


def rows_of(
    selection: QuerySet[ExceptionItem], upto: int, action: str, values: Mapping[str, Any]
) -> list[Row]:
    """The selection as rows of a run, oldest first, MOST at most."""
    found = open_ones(selection, upto).order_by("pk")
    return [
        Row(pk, amount, currency, action, values)
        for pk, amount, currency in found.values_list("pk", "amount", "currency")[:MOST]
    ]


def begin(
    rows: Sequence[Row],
    *,
    action: str,
    values: Mapping[str, Any],
    origin: RunOrigin,
    chosen_by: str,
    actor: str,
    undoes: BulkRun | None = None,
) -> BulkRun:
    """Write a run down with all its rows and wake its lane; nothing else is done here.

    It waits for a second person where the sum of an action is above what one may do alone. A row
    that waits in another run ends at once, with that said. Raises DeskError for an empty run.
    """
    for name in sorted({row.action for row in rows} | {action} - {""}):
        require_actor(actor, duty_of(name))
    if not rows:
        raise DeskError("Nothing that is open is selected.")
    now = wall_now()
    with transaction.atomic():
        run = BulkRun.objects.create(
            action=action,
            values=texts(values),
            origin=origin,
            chosen_by=chosen_by[:400],
            undoes=undoes,
            actor=actor,
            made_at=now,
            worked_at=now,
            state=RunState.ASKED if _needs_second(rows) else RunState.RUNNING,
            total=len(rows),
            amounts={name: str(held) for name, held in _sums(rows).items()},
        )
        _insert(run, rows, now)
        what = action.replace("_", " ") or run.get_origin_display().lower()
        _note(run, "begun", actor, f"{what} for {run.total} exception(s): {chosen_by}")
        if run.state == RunState.RUNNING:
            lanes.wake(LANE)
    return run


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """As they are kept: a day that somebody waits for is its text, card numbers are removed."""
    given = {name: str(value) for name, value in values.items() if value is not None}
    return {name: guard.inspect_text(text).text for name, text in given.items()}


def _needs_second(rows: Sequence[Row]) -> bool:
    by_action: dict[str, list[Row]] = {}
    for row in rows:
        by_action.setdefault(row.action, []).append(row)
    return any(limits.needs_second(name, _sums(own)) for name, own in by_action.items())


def _sums(rows: Sequence[Row]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.currency:
            found[row.currency] = found.get(row.currency, Decimal(0)) + row.amount
    return found


def _insert(run: BulkRun, rows: Sequence[Row], now: datetime) -> None:
    """The unique constraint says which of them wait elsewhere: those end where they stand."""
    wanted = [
        BulkItem(
            run=run,
            item_id=row.pk,
            action=row.action,
            values=texts(row.values),
            revision=row.revision,
        )
        for row in rows
    ]
    fresh = {each.item_id for each in insert_new(wanted, "item_id")}
    taken = [each for each in wanted if each.item_id not in fresh]
    for each in taken:
        each.state, each.ended_at = RunItemState.REFUSED, now
        each.said = "It waits in another run; see what comes of that first."
    insert_rows(taken)
    if taken:
        BulkRun.objects.filter(pk=run.pk).update(refused=len(taken))
        run.refused = len(taken)


# --- looking --------------------------------------------------------------------------------


def listed() -> QuerySet[BulkRun]:
    """What was done to one alone stands in its history; here once it waits for somebody."""
    return BulkRun.objects.exclude(origin=RunOrigin.ONE, state=RunState.DONE)


def why_not_done(run: BulkRun) -> list[tuple[str, int]]:
    """The sentences that stand at most rows that were not done, each with its number of rows."""
    refused = run.items.filter(state=RunItemState.REFUSED).order_by()
    said = refused.values_list("said").annotate(number=Count("pk")).order_by("-number")
    return list(said[:SAID_SHOWN])


# --- the second person ------------------------------------------------------------------------


def approve(run: BulkRun, actor: str) -> None:
    """Let a run go that waits for a second person; never by who asked for it."""
    _require_second(run, actor)
    with transaction.atomic():
        locked = _locked(run, RunState.ASKED)
        locked.state, locked.approved_by = RunState.RUNNING, actor
        locked.save(update_fields=["state", "approved_by"])
        _note(locked, "approved", actor, f"Asked for by {locked.actor}.")
        lanes.wake(LANE)


def decline(run: BulkRun, actor: str) -> None:
    _require_second(run, actor)
    with transaction.atomic():
        _end(_locked(run, RunState.ASKED), RunState.DECLINED, actor, "The second person declined.")


def _require_second(run: BulkRun, actor: str) -> None:
    user, asker = acting(actor), person_behind(run.actor)
    subject = ("bulk-run", str(run.pk))
    if user is None:
        raise DeskError(f"{actor or 'Nobody'} is no active user or key.")
    try:
        require_other(user, asker, Duty.APPROVE_POSTINGS, subject)
    except PermissionDenied as denied:
        raise DeskError(f"{denied}") from denied


# --- the end ----------------------------------------------------------------------------------


def stop(run: BulkRun, actor: str) -> None:
    """Stop a run: what was done stays done, what waits is not begun."""
    require_actor(actor, Duty.WORK_EXCEPTIONS, ("bulk-run", str(run.pk)))
    with transaction.atomic():
        _end(_locked(run, *UNFINISHED), RunState.STOPPED, actor, "Stopped before its end.")


def undo_all(run: BulkRun, actor: str) -> BulkRun:
    """Begin a run that takes back what another one did, row by row, what was done last first."""
    run.refresh_from_db()
    if run.state in UNFINISHED:
        raise DeskError("Stop the run first; then what was done can be undone.")
    done = run.items.filter(state=RunItemState.DONE).exclude(action="undo").select_related("item")
    rows = [
        Row(each.item_id, each.item.amount, each.item.currency, "undo", {"of": str(each.pk)})
        for each in done.order_by("-ended_at", "-pk")
    ]
    if not rows:
        raise DeskError("Nothing of this run is left to undo.")
    return begin(
        rows,
        action="undo",
        values={},
        origin=RunOrigin.UNDO,
        chosen_by=f"what was done in run {run.pk}: {run.chosen_by}",
        actor=actor,
        undoes=run,
    )


def end_early(run: BulkRun, why: str) -> None:
    """Stop a run that cannot go on, say because who asked for it may not do it any more."""
    with transaction.atomic():
        _end(_locked(run, *UNFINISHED), RunState.STOPPED, "worker", why)


def end_if_done(run: BulkRun) -> bool:
    """Close a run of which nothing waits any more; call inside a transaction."""
    if run.items.filter(state=RunItemState.WAITING).exists():
        return False
    now = wall_now()
    ended = BulkRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.DONE, ended_at=now, ended_by="worker"
    )
    if ended:
        run.refresh_from_db()
        _note(run, "ended", "worker", f"{run.done} done, {run.refused} not done.")
    return bool(ended)


def _locked(run: BulkRun, *states: str) -> BulkRun:
    locked = BulkRun.objects.select_for_update().get(pk=run.pk)
    if locked.state not in states:
        raise DeskError(f"The run is {locked.get_state_display().lower()} by now.")
    return locked


def _end(run: BulkRun, state: RunState, actor: str, why: str) -> None:
    now = wall_now()
    run.items.filter(state=RunItemState.WAITING).update(
        state=RunItemState.STOPPED, ended_at=now, said=why[:400]
    )
    run.state, run.ended_at, run.ended_by, run.problem = state, now, actor, why[:400]
    run.save(update_fields=["state", "ended_at", "ended_by", "problem"])
    _note(run, state.value, actor, f"{why} {run.done} done, {run.refused} not done.")


def _note(run: BulkRun, what: str, actor: str, summary: str) -> None:
    audit.record(
        f"bulk.{what}",
        ("bulk-run", str(run.pk)),
        actor=actor,
        summary=summary,
        details={
            "action": run.action,
            "values": run.values,
            "total": run.total,
            "done": run.done,
            "refused": run.refused,
            "amounts": run.amounts,
        },
    )
