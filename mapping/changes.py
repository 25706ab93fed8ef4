"""What changed from one version of a rule set to another, row by row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mapping.wording import Line, Sheet


@dataclass(frozen=True, slots=True)
class Change:
    """A row of one sheet: `before` is empty for a new one, `after` for one that is gone."""

    sheet: str
    when: str
    before: str
    after: str

    @property
    def word(self) -> str:
        if not self.before:
            return "New"
        return "Changed" if self.after else "Gone"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`reordered` are the titles of sheets whose rows are tried in another order."""

    changes: Sequence[Change]
    reordered: Sequence[str]

    def __bool__(self) -> bool:
        return bool(self.changes or self.reordered)


def compare(before: Sequence[Sheet], after: Sequence[Sheet]) -> Comparison:
    """Sheets are paired by their key, rows by what they ask for."""
    old = {sheet.key: sheet for sheet in before}
    pairs = [(old[sheet.key], sheet) for sheet in after if sheet.key in old]
    return Comparison(
        [change for left, right in pairs for change in _changes(left, right)],
        [right.title for left, right in pairs if _is_reordered(left, right)],
    )


def _changes(before: Sheet, after: Sheet) -> list[Change]:
    old, new = _answers(before.lines), _answers(after.lines)
    return [
        Change(after.title, when, old.get(when, ""), new.get(when, ""))
        for when in dict.fromkeys([*new, *old])
        if old.get(when) != new.get(when)
    ]


def _answers(lines: Sequence[Line]) -> dict[str, str]:
    """The first row of each condition: one behind it with the same condition is never reached."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(line.when, line.then)
    return found


def _is_reordered(before: Sheet, after: Sheet) -> bool:
    """Whether rows that both have stand in another order; a new one between them is no change."""
    old, new = list(_answers(before.lines)), list(_answers(after.lines))
    return [when for when in old if when in new] != [when for when in new if when in old]
