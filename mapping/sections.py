"""A section of the editor: rows of one kind, each as a sentence with what there is to say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mapping.kinds import Kind
from mapping.models import RuleSetVersion
from mapping.models.rules import Rule
from mapping.row_forms import Known, RowForm, known_values
from mapping.rules.rows import shadowed
from mapping.sentences import then, when
from mapping.services.editing import mark_of, order_mark

#: Rows that a page shows at once; more are a page further.
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class ShownRow:
    """`hidden_by`: the row above that takes all of its cases. `fired` None: nobody asked."""

    pk: int
    position: int
    when: str
    then: str
    seen: str
    hidden_by: int = 0
    fired: int | None = None


@dataclass(slots=True)
class Section:
    """`open_row` is the row whose `form` is open, 0 a new one, None: no form is open."""

    kind: Kind
    version: RuleSetVersion
    rows: Sequence[ShownRow]
    total: int
    order: str
    known: Sequence[Known]
    page: int = 1
    form: RowForm | None = None
    open_row: int | None = None
    problem: str = ""
    done: str = ""
    focus: tuple[int, str] = (0, "")
    shadowed_count: int = field(default=0)

    @property
    def key(self) -> str:
        return f"rules-{self.kind.slug}"

    @property
    def pages(self) -> Sequence[int]:
        return range(1, (self.total - 1) // SHOWN + 2) if self.total else range(1, 2)

    @property
    def focus_row(self) -> int:
        return self.focus[0]

    @property
    def focus_step(self) -> str:
        return self.focus[1]


def section_of(
    version: RuleSetVersion,
    kind: Kind,
    *,
    page: int = 1,
    around: int = 0,
    fired: Mapping[tuple[str, int], int] | None = None,
) -> Section:
    """The rows of a page, or of the page on which row `around` (its key) stands."""
    objects = kind.objects(version)
    place = next((at for at, row in enumerate(objects) if row.pk == around), None)
    if place is not None:
        page = place // SHOWN + 1
    page = min(max(page, 1), (max(len(objects), 1) - 1) // SHOWN + 1)
    hidden = {row.position: by.position for row, by in shadowed([r.as_row() for r in objects])}
    start = (page - 1) * SHOWN
    return Section(
        kind,
        version,
        [_shown(kind, row, hidden, fired) for row in objects[start : start + SHOWN]],
        len(objects),
        order_mark(objects),
        known_values(kind, objects),
        page,
        shadowed_count=len(hidden),
    )


def _shown(
    kind: Kind,
    row: Rule,
    hidden: Mapping[int, int],
    fired: Mapping[tuple[str, int], int] | None,
) -> ShownRow:
    return ShownRow(
        row.pk,
        row.position,
        when(kind, row, row.position == 1),
        then(kind, row),
        mark_of(kind, row),
        hidden.get(row.position, 0),
        None if fired is None else fired.get((kind.slug, row.position), 0),
    )
