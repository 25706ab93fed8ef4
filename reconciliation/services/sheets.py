"""Spreadsheets of exceptions that came back: checked row by row, applied through a bulk run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.roles import Duty
from console.sheets import SheetError, is_formula
from console.whole_numbers import whole
from integrations.clock import wall_now
from reconciliation import sheet_columns as columns
from reconciliation.actions import ACTIONS
from reconciliation.choices import RunOrigin
from reconciliation.models import BulkRun, ExceptionItem, Sheet
from reconciliation.services.bulk import runs
from reconciliation.services.bulk.drain import STALE
from reconciliation.services.desk.errors import DeskError
from reconciliation.services.desk.fitting import actions_for
from reconciliation.services.desk.steps import RELATED, require_open

#: What came of the check of a row.
ACCEPTED, REFUSED, UNCHANGED = "accepted", "refused", "unchanged"
Wish = dict[str, Any]


def check(
    name: str, rows: Sequence[Mapping[str, str]], duties: Collection[Duty], actor: str
) -> Sheet:
    """Keep a sheet with what came of the check of each row; nothing is done yet.

    A row of it: line, pk, revision, action, values, state, why. Raises SheetError where columns
    are missing.
    """
    missing = [head for head in columns.NEEDED if rows and head not in rows[0]]
    if missing or not rows:
        raise SheetError(
            f"The file has no column {missing[0]}; use a file that was taken from here."
            if missing
            else "The file has no rows below its head."
        )
    wishes = _checked(rows, duties)
    with transaction.atomic():
        sheet = Sheet.objects.create(name=name[:120], actor=actor, made_at=wall_now(), rows=wishes)
        audit.record(
            "sheet.checked",
            ("sheet", str(sheet.pk)),
            actor=actor,
            summary=f"{sheet.name}: {_told(wishes)}",
        )
    return sheet


def apply(sheet: Sheet, actor: str) -> BulkRun:
    """Begin a run over the accepted rows. Raises DeskError when it was applied, or nothing is.

    Each row is done only while its exception is as the file has it: the run looks once more.
    """
    with transaction.atomic():
        locked = Sheet.objects.select_for_update().get(pk=sheet.pk)
        if locked.run_id is not None:
            raise DeskError("This file has been applied already.")
        wishes = [wish for wish in locked.rows if wish["state"] == ACCEPTED]
        known = ExceptionItem.objects.in_bulk([wish["pk"] for wish in wishes])
        rows = [
            runs.Row(
                wish["pk"],
                known[wish["pk"]].amount,
                known[wish["pk"]].currency,
                wish["action"],
                wish["values"],
                wish["revision"],
            )
            for wish in wishes
        ]
        if not rows:
            raise DeskError("No row of the file asks for anything that can be done.")
        locked.run = runs.begin(
            rows,
            action="",
            values={},
            origin=RunOrigin.SHEET,
            chosen_by=f"the file {locked.name}",
            actor=actor,
        )
        locked.save(update_fields=["run"])
    return locked.run


def _told(wishes: Sequence[Wish]) -> str:
    found = Counter(wish["state"] for wish in wishes)
    return ", ".join(f"{found[state]} {state}" for state in (ACCEPTED, REFUSED, UNCHANGED))


def _checked(rows: Sequence[Mapping[str, str]], duties: Collection[Duty]) -> list[Wish]:
    numbers = [_whole(row.get(columns.NUMBER, "")) for row in rows]
    times = Counter(number for number in numbers if number is not None)
    items = ExceptionItem.objects.select_related(*RELATED).in_bulk(list(times))
    wishes = []
    for line, (row, number) in enumerate(zip(rows, numbers, strict=True), start=2):
        wish: Wish = {"line": line, "pk": number, "revision": None, "action": "", "values": {}}
        item = items.get(number) if number is not None else None
        try:
            wish |= _wish(row, item, times[number] if number else 0, duties)
        except DeskError as error:
            wish |= {"state": REFUSED, "why": str(error)}
        wishes.append(wish)
    return wishes


def _wish(
    row: Mapping[str, str], item: ExceptionItem | None, times: int, duties: Collection[Duty]
) -> Wish:
    typed = {name: row.get(head, "") for name, head in columns.ASKED.items() if row.get(head)}
    asked = row.get(columns.ACTION, "")
    if not asked and not typed:
        return {"state": UNCHANGED, "why": ""}
    for cell in (asked, *typed.values()):
        if is_formula(cell):
            raise DeskError(f"“{cell[:40]}” begins like a formula; write the value itself.")
    if item is None:
        raise DeskError("There is no such exception.")
    if times > 1:
        raise DeskError(f"The exception stands in {times} rows of the file; leave one.")
    action = columns.action_named(asked)
    if not asked:
        raise DeskError("The row has values and no action.")
    if not action:
        known = ", ".join(each.label for each in ACTIONS.values())
        raise DeskError(f"“{asked[:40]}” is no action; there are {known}.")
    _require_same(row, item)
    return _fits(item, action, typed, duties)


def _require_same(row: Mapping[str, str], item: ExceptionItem) -> None:
    """The row is about the exception as it is now, and its cells belong together."""
    require_open(item)
    if _whole(row.get(columns.REVISION, "")) != item.revision:
        raise DeskError(STALE)
    amount = row.get(columns.AMOUNT, "")
    if amount and item.amount not in _readings(amount):
        raise DeskError(
            f"The row says {amount} and the exception is about {item.amount:,.2f}: amounts are not "
            "changed here, or the rows were mixed up."
        )


def _fits(
    item: ExceptionItem, action: str, typed: Mapping[str, str], duties: Collection[Duty]
) -> Wish:
    known = ACTIONS[action]
    if known.duty not in duties:
        raise DeskError(f"“{known.label}” is not among your duties.")
    if action not in actions_for(item):
        raise DeskError(f"“{known.label}” does not fit this exception.")
    form = known.form_class(typed)
    if extra := [columns.ASKED[name] for name in typed if name not in form.fields]:
        raise DeskError(f"“{known.label}” asks for no {extra[0]}.")
    if not form.is_valid():
        name, texts = next(iter(form.errors.items()))
        said = " ".join(str(text) for text in texts)
        raise DeskError(f"{columns.ASKED.get(name, known.label)}: {said}")
    values = {each: str(value) for each, value in form.cleaned_data.items()}
    return {
        "state": ACCEPTED, "why": "", "action": action, "values": values,
        "revision": item.revision,
    }  # fmt: skip


def _whole(text: str) -> int | None:
    """A spreadsheet may give `12.0` for 12."""
    return whole(text.strip().removesuffix(".0"))


def _readings(text: str) -> list[Decimal]:
    """The amounts that a cell may mean: saved again, `1,234.50` may have become `1.234,50`."""
    found = []
    for plain in (text.replace(",", ""), text.replace(".", "").replace(",", ".")):
        with suppress(InvalidOperation):
            found.append(Decimal(plain))
    return [amount for amount in found if amount.is_finite()]
