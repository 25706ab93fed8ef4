"""The field map of a version as its page shows it: real values left, fields of the ERP right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from integrations.targets import DOCUMENTS, TargetField
from mapping.decide.texts import DEFAULTS
from mapping.fields.formula import FormulaError, fields_in
from mapping.fields.sources import SOURCES
from mapping.fields.values import as_text
from mapping.fields.working import checked, told
from mapping.kinds import KINDS
from mapping.models import FieldRule, RuleSetVersion
from mapping.sentences import when
from mapping.services.editing import mark_of
from mapping.targets import fields_of
from reconciliation.field_map_results import Result, Rows, Sample, rows_of

KIND: Final = KINDS["fields"]
#: Rows of one field that the picture shows; the rule table has all of them.
MOST_ROWS: Final = 12


@dataclass(frozen=True, slots=True)
class MapRow:
    """A row of the version for one field; `uses` are the payment's fields, parted by blanks.

    `unfit`: for how many of the latest payments it gives what does not fit.
    """

    pk: int
    position: int
    when: str
    formula: str
    words: str
    uses: str
    seen: str
    unfit: int


@dataclass(frozen=True, slots=True)
class MapTarget:
    """A field of the ERP; `otherwise` is what stands there where no row fires, in words.

    `first` is what stands there for the first payment shown that leads to its document.
    """

    field: TargetField
    rows: Sequence[MapRow]
    otherwise: str
    uses: str
    first: Result | None
    of_rows: Rows

    @property
    def shown(self) -> Sequence[MapRow]:
        return self.rows[:MOST_ROWS]

    @property
    def more(self) -> int:
        return max(len(self.rows) - MOST_ROWS, 0)


@dataclass(frozen=True, slots=True)
class MapSource:
    name: str
    label: str
    type: str
    samples: Sequence[str]


@dataclass(frozen=True, slots=True)
class FieldMap:
    samples: Sequence[Sample]
    sources: Sequence[MapSource]
    documents: Sequence[tuple[str, Sequence[MapTarget], Sequence[TargetField]]]
    query: str

    def target(self, name: str) -> MapTarget | None:
        found = (each for _, targets, _ in self.documents for each in targets)
        return next((each for each in found if each.field.name == name), None)


def map_of(
    version: RuleSetVersion, samples: Sequence[Sample], recent: Sequence[Sample]
) -> FieldMap:
    rules = list(rules_by_pk(version).values())
    documents = []
    for code, label in DOCUMENTS.items():
        fields = [each for each in fields_of(version.pair.erp.connector) if each.document == code]
        targets = [_target(each, rules, samples, recent) for each in fields if each.is_open]
        if fields:
            documents.append((label, targets, [each for each in fields if not each.is_open]))
    sources = [
        MapSource(
            name,
            source.label,
            source.type.value,
            [as_text(source.read(sample.payment)) for sample in samples],
        )
        for name, source in SOURCES.items()
    ]
    query = urlencode([("tx", sample.row.vendor_id) for sample in samples])
    return FieldMap(samples, sources, documents, query)


def rules_by_pk(version: RuleSetVersion) -> Mapping[int, FieldRule]:
    return {row.pk: row for row in KIND.objects(version) if isinstance(row, FieldRule)}


def _target(
    field: TargetField,
    rules: Sequence[FieldRule],
    samples: Sequence[Sample],
    recent: Sequence[Sample],
) -> MapTarget:
    of_rows = rows_of(field, rules, [*samples, *recent])
    default = DEFAULTS[field.name]
    here = next((each for each in samples if each.leads_to(field.document)), None)
    return MapTarget(
        field,
        [_row(of_rows, rule, recent) for rule in of_rows.rules],
        told(default),
        " ".join(fields_in(checked(default))),
        of_rows.result(here) if here else None,
        of_rows,
    )


def _row(of_rows: Rows, rule: FieldRule, recent: Sequence[Sample]) -> MapRow:
    try:
        uses = " ".join(fields_in(checked(rule.formula)))
    except FormulaError:
        uses = ""
    is_first = rule is of_rows.rules[0]
    return MapRow(
        rule.pk,
        rule.position,
        when(KIND, rule, is_first, without=("target",)),
        rule.formula,
        told(rule.formula),
        uses,
        mark_of(KIND, rule),
        of_rows.preview(rule.formula, rule.pk, (), recent).unfit,
    )
