"""One exception worked on by itself, noted as a run of one, so that it can be undone like any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from integrations.clock import wall_now
from reconciliation.choices import RunItemState, RunOrigin, RunState
from reconciliation.models import BulkItem, BulkRun, ExceptionItem
from reconciliation.services.bulk import runs
from reconciliation.services.desk import snapshots
from reconciliation.services.desk.doing import DOING
from reconciliation.services.desk.duties import duty_of
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.limits import SecondPersonNeededError
from reconciliation.services.desk.people import require_duty


def do(item: ExceptionItem, action: str, values: Mapping[str, Any], actor: str) -> BulkRun | None:
    """Do one action to one exception; the run that waits where a second person is needed.

    Raises DeskError where it cannot be done; nothing has changed then.
    """
    require_duty(actor, duty_of(action), item)
    try:
        with transaction.atomic():
            before = snapshots.take([item], action)
            DOING[action](item, values, actor)
            _note(item, action, values, actor, before[item.pk])
    except SecondPersonNeededError as above:
        return _asked_for(item, action, values, actor, above)
    return None


def _asked_for(
    item: ExceptionItem,
    action: str,
    values: Mapping[str, Any],
    actor: str,
    above: SecondPersonNeededError,
) -> BulkRun:
    """The run that waits. Raises DeskError where one waits already: nobody is asked twice."""
    row = runs.Row(item.pk, above.amount, above.currency, action, runs.texts(values))
    with transaction.atomic():
        run = runs.begin(
            [row],
            action=action,
            values=row.values,
            origin=RunOrigin.ONE,
            chosen_by=f"exception {item.pk}: {item.message}",
            actor=actor,
        )
        if run.refused:
            raise DeskError("It waits in a run already; see what comes of that first.") from above
    return run


def _note(
    item: ExceptionItem,
    action: str,
    values: Mapping[str, Any],
    actor: str,
    before: snapshots.Snapshot,
) -> None:
    now = wall_now()
    run = BulkRun.objects.create(
        action=action,
        values=runs.texts(values),
        origin=RunOrigin.ONE,
        chosen_by=f"exception {item.pk}"[:400],
        actor=actor,
        made_at=now,
        worked_at=now,
        state=RunState.DONE,
        total=1,
        done=1,
        amounts={item.currency: str(item.amount)} if item.currency else {},
        ended_at=now,
        ended_by=actor,
    )
    last = item.notes.order_by("-id").values_list("text", flat=True).first()
    BulkItem.objects.create(
        run=run,
        item=item,
        action=action,
        values=run.values,
        state=RunItemState.DONE,
        said=last or "Done.",
        before=before,
        ended_at=wall_now(),
    )


def last_done(item: ExceptionItem) -> BulkItem | None:
    """What was done to an exception last, alone or in a run, if it can be undone."""
    done = item.bulk_items.filter(state=RunItemState.DONE).exclude(action="undo")
    return done.select_related("run").order_by("-ended_at", "-pk").first()


def waiting_run(item: ExceptionItem) -> BulkRun | None:
    """The unfinished run in which an exception waits."""
    row = item.bulk_items.filter(state=RunItemState.WAITING).select_related("run").first()
    return row.run if row else None
