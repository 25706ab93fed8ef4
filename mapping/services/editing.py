"""Rows of a draft as a person changes them: add, change, remove, move.

Positions are 1 to n at every moment. Whoever changes or moves what somebody else has changed
meanwhile is refused, and looks again. Each change leaves its before and after in the audit log.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, F, Value, When

from audit import guard
from audit import services as audit
from audit.acting import Someone
from audit.roles import Duty, require
from mapping.choices import VersionState
from mapping.kinds import Kind
from mapping.models import RuleSetVersion
from mapping.models.rules import Rule
from mapping.services.rulesets import RuleSetError
from mapping.services.versions import with_editor

#: Beyond every position: rows are moved out of each other's way by it.
_ASIDE: Final = 1_000_000
MOST_ROWS: Final = 5_000
STEPS: Final = ("first", "up", "down", "last")


class InvalidRow(RuleSetError):
    """Values that a row cannot have; `problems` has the sentences by column, "" for the row."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__(" ".join(text for each in problems.values() for text in each))
        self.problems = problems


def values_of(kind: Kind, row: Rule) -> dict[str, str]:
    """A row's columns as text: what a form, a file or an audit entry holds."""
    return {name: kind.text(row, name) for name in kind.columns}


def mark_of(kind: Kind, row: Rule) -> str:
    """Another one as soon as anything in the row is another."""
    return digest([row.pk, values_of(kind, row)])


def order_mark(rows: Sequence[Rule]) -> str:
    """Another one as soon as a row is moved, added or removed."""
    return digest([row.pk for row in rows])


def add(
    user: Someone,
    version: RuleSetVersion,
    kind: Kind,
    values: Mapping[str, str],
    at: int | None = None,
) -> Rule:
    """A new row at a place of the order, last by default. Raises InvalidRow, RuleSetError."""
    with _at_work(user, version) as draft:
        rows = kind.objects(draft)
        if len(rows) >= MOST_ROWS:
            raise RuleSetError(f"{kind.label} hold at most {MOST_ROWS:,} rows.")
        row = checked(kind, draft, values)
        place = len(rows) if at is None else min(max(at - 1, 0), len(rows))
        row.position = _ASIDE
        row.save(force_insert=True)
        _renumber(kind, [*rows[:place], row, *rows[place:]])
        _tell(user, draft, kind, "added", row, None, values_of(kind, row))
    return row


def change(
    user: Someone,
    version: RuleSetVersion,
    kind: Kind,
    pk: int,
    values: Mapping[str, str],
    seen: str,
) -> Rule:
    """Give a row other values; `seen` is its mark as the person saw it."""
    with _at_work(user, version) as draft:
        row = _seen_row(kind, kind.objects(draft), pk, seen)
        before = values_of(kind, row)
        wanted = checked(kind, draft, values)
        wanted.pk, wanted.position = row.pk, row.position
        after = values_of(kind, wanted)
        if after != before:
            wanted.save(force_update=True)
            _tell(user, draft, kind, "changed", wanted, before, after)
    return wanted


def remove(user: Someone, version: RuleSetVersion, kind: Kind, pk: int, seen: str) -> None:
    with _at_work(user, version) as draft:
        rows = kind.objects(draft)
        row = _seen_row(kind, rows, pk, seen)
        _tell(user, draft, kind, "removed", row, values_of(kind, row), None)
        left = [each for each in rows if each.pk != pk]
        row.delete()
        _renumber(kind, left)


def move(user: Someone, version: RuleSetVersion, kind: Kind, pk: int, step: str, seen: str) -> None:
    """`step` is one of STEPS; `seen` the mark of the order as the person saw it."""
    with _at_work(user, version) as draft:
        rows = kind.objects(draft)
        if order_mark(rows) != seen:
            raise RuleSetError(
                f"Somebody has changed the order of {kind.label} meanwhile. It is shown as it is"
                " now; nothing was moved."
            )
        place = next((at for at, row in enumerate(rows) if row.pk == pk), None)
        if place is None or step not in STEPS:
            raise RuleSetError("There is no such row to move.")
        last = len(rows) - 1
        wanted = {"first": 0, "up": max(place - 1, 0), "down": min(place + 1, last), "last": last}
        row = rows.pop(place)
        rows.insert(wanted[step], row)
        if wanted[step] != place:
            before = {"position": str(row.position)}
            _renumber(kind, rows)
            _tell(user, draft, kind, "moved", row, before, {"position": str(row.position)})


def replace_rows(
    user: Someone, version: RuleSetVersion, kind: Kind, rows: Sequence[Mapping[str, str]], why: str
) -> None:
    """Put these rows, in order, in the place of all of a kind; each is checked as when added."""
    if len(rows) > MOST_ROWS:
        raise RuleSetError(f"{kind.label} hold at most {MOST_ROWS:,} rows.")
    with _at_work(user, version) as draft:
        old = kind.objects(draft)
        before = [values_of(kind, row) for row in old]
        new = [checked(kind, draft, values, is_one=False) for values in rows]
        after = [values_of(kind, row) for row in new]
        if after == before:
            return
        for position, row in enumerate(new, start=1):
            row.position = position
        manager = kind.model._default_manager
        manager.filter(version=draft).delete()
        manager.bulk_create(new)
        details = {"kind": kind.slug, "before": before, "after": after}
        summary = f"{kind.label} of draft {draft.number}: {len(before)} rows became {len(after)}"
        _record(user, draft, "rules.rows_replaced", f"{summary} ({why}).", details)


def describe(
    user: Someone, version: RuleSetVersion, note: str, deposit_pattern: str, seen: str
) -> None:
    """Change what a draft is for and how deposits are known; `seen` is `about_mark` as seen."""
    with _at_work(user, version) as draft:
        if about_mark(draft) != seen:
            raise RuleSetError("Somebody has changed this meanwhile. Look at it again.")
        before = {"note": draft.note, "deposit_pattern": draft.deposit_pattern}
        draft.note, draft.deposit_pattern = note.strip(), deposit_pattern.strip()
        try:
            draft.full_clean(validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            raise InvalidRow(error.message_dict) from error
        after = {"note": draft.note, "deposit_pattern": draft.deposit_pattern}
        if after != before:
            draft.save(update_fields=[*after, "edited_at"])
            details = {"before": before, "after": after}
            _record(user, draft, "rules.described", f"Draft {draft.number} was described.", details)


def about_mark(version: RuleSetVersion) -> str:
    return digest([version.note, version.deposit_pattern])


def checked(
    kind: Kind, draft: RuleSetVersion, values: Mapping[str, str], is_one: bool = True
) -> Rule:
    """A row of these values that the table takes, not yet saved. Raises InvalidRow.

    `is_one`: the table's constraints are asked too, a query each; of thousands the columns' own
    checks have to do.
    """
    row = kind.model(version=draft)
    for name in kind.columns:
        if name not in values:
            continue
        text, field = str(values[name]).strip(), kind.field(name)
        if guard.inspect_text(text).findings:
            raise InvalidRow({name: ["It holds what looks like a card number."]})
        setattr(row, name, None if not text and field.null else text)
    try:
        row.full_clean(exclude=["version", "position"], validate_constraints=is_one)
    except ValidationError as error:
        found = error.message_dict
        raise InvalidRow({name.removeprefix("__all__"): found[name] for name in found}) from error
    return row


@contextmanager
def _at_work(user: Someone, version: RuleSetVersion) -> Iterator[RuleSetVersion]:
    """The locked draft, for a person who may change it and has a part in it from then on."""
    require(user, Duty.EDIT_RULES, ("rules", str(version.pk)))
    with transaction.atomic():
        draft = RuleSetVersion.objects.select_for_update().get(pk=version.pk)
        if draft.state != VersionState.DRAFT:
            state = draft.get_state_display().lower()
            raise RuleSetError(f"Version {draft.number} is {state}; only drafts change.")
        draft.editors = with_editor(draft, audit.user_actor(user))
        draft.save(update_fields=["editors", "edited_at"])
        yield draft


def _seen_row(kind: Kind, rows: Sequence[Rule], pk: int, seen: str) -> Rule:
    row = next((each for each in rows if each.pk == pk), None)
    if row is None:
        raise RuleSetError("Somebody has removed this row meanwhile.")
    if mark_of(kind, row) != seen:
        raise RuleSetError(
            "Somebody has changed this row meanwhile. It is shown as it is now; your change was"
            " not taken."
        )
    return row


def _renumber(kind: Kind, rows: Sequence[Rule]) -> None:
    """In two steps, because positions are unique at every moment."""
    wrong = [(row, place) for place, row in enumerate(rows, start=1) if row.position != place]
    if not wrong:
        return
    found = kind.model._default_manager.filter(pk__in=[row.pk for row, _ in wrong])
    found.update(position=F("position") + 2 * _ASIDE)
    places = [When(pk=row.pk, then=Value(place)) for row, place in wrong]
    found.update(position=Case(*places))
    for row, place in wrong:
        row.position = place


def _tell(
    user: Someone,
    draft: RuleSetVersion,
    kind: Kind,
    what: str,
    row: Rule,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
) -> None:
    name = kind.model._meta.verbose_name
    summary = f"Draft {draft.number}: {name} {row.position} {what}: {row.as_row().summary}"
    details = {"kind": kind.slug, "row": row.pk, "position": row.position}
    _record(
        user, draft, f"rules.row_{what}", summary, {**details, "before": before, "after": after}
    )


def _record(
    user: Someone, draft: RuleSetVersion, action: str, summary: str, details: dict[str, Any]
) -> None:
    subject = ("rules", str(draft.pk))
    actor = audit.user_actor(user)
    audit.record(action, subject, actor=actor, summary=summary[:300], details=details)


def digest(value: Any) -> str:
    """A short mark of a value: another value has another."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:20]
