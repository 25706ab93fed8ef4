"""Work bulk runs off, a portion at a time; each portion commits with the ends of its rows.

A worker that dies costs its portion, which is done again: nothing of it was committed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F

from audit.acting import require_actor
from integrations.bulk import update_rows
from integrations.clock import wall_now
from integrations.locks import session_lock
from reconciliation.choices import OPEN_STATES, RunItemState, RunOrigin, RunState
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.apart import DATABASE_GONE, why
from reconciliation.services.bulk import runs
from reconciliation.services.bulk.many import MANY, Ends
from reconciliation.services.desk import limits, snapshots
from reconciliation.services.desk.doing import DOING
from reconciliation.services.desk.duties import duty_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.steps import locked_many, reopen

WAITING: Final = "EXISTS (SELECT 1 FROM reconciliation_bulkrun WHERE state = 'running')"
#: Rows of a portion: of actions for many, and of those that ask the ERP for each row.
AT_ONCE: Final = 500
ONE_BY_ONE: Final = 10

#: An action of a run's own is done where this one fits.
FITS_AS: Final = {"follow_rule": "retry"}

STALE: Final = "It has changed since the file was made; take a new one."

logger = logging.getLogger(__name__)


def drain() -> int:
    """A portion of the run that has waited longest; how many rows came to an end."""
    run = BulkRun.objects.filter(state=RunState.RUNNING).order_by("worked_at", "id").first()
    if run is None:
        return 0
    with session_lock(f"bulk:{run.pk}") as is_ours:
        return work(run) if is_ours else 0


def work(run: BulkRun) -> int:
    """One portion of a run; it counts as a row when the run itself came to its end."""
    try:
        for action in _actions(run):
            require_actor(run.actor, duty_of(action), ("bulk-run", str(run.pk)))
    except PermissionDenied:
        runs.end_early(run, "Who asked for it is not trusted with it any more.")
        return 1
    portion = _next(run)
    if not portion:
        with transaction.atomic():
            return int(runs.end_if_done(run))
    action, values = portion[0].action, portion[0].values
    try:
        if action in MANY:
            return _together(run, action, values, portion)
    except DATABASE_GONE:
        raise
    except Exception:
        logger.exception("A portion of run %s failed together; each row by itself.", run.pk)
    return sum(_alone(run, row) for row in portion[:ONE_BY_ONE])


def _actions(run: BulkRun) -> list[str]:
    """One, or those of a sheet's rows."""
    found = run.items.order_by().values_list("action", flat=True).distinct()
    return [run.action] if run.action else sorted(found)


def _next(run: BulkRun) -> list[BulkItem]:
    """The next rows that have the same action and values, so that they can go together.

    Of actions that go one by one, the next few, whatever they are.
    """
    waiting = run.items.filter(state=RunItemState.WAITING).order_by("pk")
    few = list(waiting[:ONE_BY_ONE])
    if not few or few[0].action not in MANY:
        return [row for row in few if row.action not in MANY]
    rows = waiting[:AT_ONCE]
    for _, same in groupby(rows, key=lambda row: (row.action, sorted(row.values.items()))):
        return list(same)
    return []


def _together(
    run: BulkRun, action: str, values: Mapping[str, str], portion: Sequence[BulkItem]
) -> int:
    with transaction.atomic(), _approval(run):
        rows = _still_waiting(run, portion)
        fit, refused = locked_many([row.item_id for row in rows], FITS_AS.get(action, action))
        fit = _unchanged(fit, rows, refused)
        before = snapshots.take(fit, action)
        try:
            ends = MANY[action](fit, values, run.actor)
        except DeskError as error:
            ends = Ends(refused={item.pk: str(error) for item in fit})
        ends.refused |= refused
        _write(run, rows, ends, before)
        left = [row for row in rows if row.item_id not in ends.done | ends.refused]
    return len(rows) - len(left) + sum(_alone(run, row) for row in left[:ONE_BY_ONE])


def _alone(run: BulkRun, row: BulkItem) -> int:
    """One row in a transaction of its own; one that breaks ends with why, and stops no other."""
    try:
        with transaction.atomic(), _approval(run):
            if not _still_waiting(run, [row]):
                return 0
            item = ExceptionItem.objects.select_for_update().get(pk=row.item_id)
            before = snapshots.take([item], row.action) if row.action != "undo" else {}
            try:
                with transaction.atomic():
                    if row.revision is not None and row.revision != item.revision:
                        raise DeskError(STALE)
                    if run.origin == RunOrigin.ALIKE and item.state not in OPEN_STATES:
                        reopen(item, run.actor)
                    DOING[row.action](item, row.values, run.actor)
                ends = Ends(done={item.pk: _last_note(item)})
            except DeskError as error:
                ends = Ends(refused={item.pk: str(error)})
            _write(run, [row], ends, before)
    except DATABASE_GONE:
        raise
    except Exception as error:
        logger.exception("Exception %s of run %s failed.", row.item_id, run.pk)
        with transaction.atomic():
            _write(run, _still_waiting(run, [row]), Ends(refused={row.item_id: why(error)}), {})
    return 1


def _unchanged(
    items: Sequence[ExceptionItem], rows: Sequence[BulkItem], refused: dict[int, str]
) -> list[ExceptionItem]:
    """The items that are still as the sheet has them, where there is one."""
    wanted = {row.item_id: row.revision for row in rows}
    stale = {each.pk for each in items if wanted[each.pk] not in (None, each.revision)}
    refused |= dict.fromkeys(stale, STALE)
    return [each for each in items if each.pk not in stale]


def _approval(run: BulkRun) -> limits.Approval:
    """What a second person approved is done as approved, up to what they saw."""
    seen = {name: Decimal(held) for name, held in run.amounts.items()}
    return limits.approved(seen if run.approved_by else None)


def _still_waiting(run: BulkRun, portion: Sequence[BulkItem]) -> list[BulkItem]:
    """The rows, locked: who stops the run meanwhile waits for them."""
    asked = [row.pk for row in portion]
    rows = run.items.select_for_update(of=("self",)).filter(pk__in=asked)
    return list(rows.filter(state=RunItemState.WAITING).order_by("pk"))


def _last_note(item: ExceptionItem) -> str:
    note = item.notes.order_by("-id").values_list("text", flat=True).first()
    return note or "Done."


def _write(
    run: BulkRun, rows: Sequence[BulkItem], ends: Ends, before: Mapping[int, snapshots.Snapshot]
) -> None:
    """Each row's end, with what an undo of it would put back, and the run's counts."""
    now, ended = wall_now(), []
    for row in rows:
        if row.item_id in ends.done:
            row.state, row.said = RunItemState.DONE, ends.done[row.item_id][:400]
            row.before = before.get(row.item_id, {})
        elif row.item_id in ends.refused:
            row.state, row.said = RunItemState.REFUSED, ends.refused[row.item_id][:400]
        else:
            continue
        row.ended_at = now
        ended.append(row)
    update_rows(ended, ["state", "said", "before", "ended_at"])
    done = sum(row.state == RunItemState.DONE for row in ended)
    BulkRun.objects.filter(pk=run.pk).update(
        done=F("done") + done, refused=F("refused") + len(ended) - done, worked_at=now
    )
