"""The field map of a version as its page shows it: real values left, fields of the ERP right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from integrations.models import Pair
from integrations.targets import DOCUMENTS, TargetField
from mapping.decide import Payment
from mapping.decide.texts import DEFAULTS, value_of
from mapping.fields.fitting import unfit
from mapping.fields.formula import Expression, FormulaError, fields_in
from mapping.fields.sources import SOURCES
from mapping.fields.values import FieldError, as_text
from mapping.fields.working import checked, told
from mapping.kinds import KINDS
from mapping.models import FieldRule, RuleSetVersion
from mapping.sentences import when
from mapping.services.editing import mark_of
from mapping.targets import fields_of
from reconciliation.choices import NOT_PAID
from reconciliation.models import Transaction
from reconciliation.services.known import case_of, payment_of

#: Payments whose values are shown, and those that a field is checked on.
MOST_SAMPLES: Final = 3
CHECKED_ON: Final = 200
KIND: Final = KINDS["fields"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A payment that the map is shown on."""

    row: Transaction
    payment: Payment

    def leads_to(self, document: str) -> bool:
        """Refunds lead to other documents than sales."""
        return (document == "receipt") != (self.payment.kind == "refund")


@dataclass(frozen=True, slots=True)
class Result:
    """What a formula gives for one payment; `problem` where that does not go into the field."""

    number: str
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`error`: the formula itself is wrong. `unfit` of `looked_at` latest payments do not fit,
    such as `worst`."""

    results: Sequence[Result]
    error: str = ""
    looked_at: int = 0
    unfit: int = 0
    worst: Result | None = None


@dataclass(frozen=True, slots=True)
class MapRow:
    """A row of the version for one field; `uses` are the payment's fields, parted by blanks."""

    pk: int
    position: int
    when: str
    formula: str
    words: str
    uses: str
    seen: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class MapTarget:
    """A field of the ERP; `otherwise` is what stands there where no row holds, in words."""

    field: TargetField
    rows: Sequence[MapRow]
    otherwise: str
    uses: str
    first: Result | None


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


def latest(pair: Pair) -> list[Sample]:
    """The payments that a field is checked on, the latest first."""
    rows = Transaction.objects.filter(connection=pair.gateway_id).exclude(status__in=NOT_PAID)
    in_order = rows.select_related("parent").order_by("-captured_at", "-id")[:CHECKED_ON]
    return [sample_of(pair, row) for row in in_order]


def sample_of(pair: Pair, row: Transaction) -> Sample:
    return Sample(row, payment_of(pair, case_of(row, row.settled_on or row.captured_on)))


def chosen(pair: Pair, recent: Sequence[Sample], numbers: Sequence[str]) -> list[Sample]:
    """The payments of these numbers; of none: the latest sales and the latest refund."""
    if numbers:
        rows = Transaction.objects.filter(connection=pair.gateway_id, vendor_id__in=numbers)
        found = {row.vendor_id: sample_of(pair, row) for row in rows.select_related("parent")}
        return [found[number] for number in numbers if number in found]
    sales = [each for each in recent if each.payment.kind == "sale"]
    refunds = [each for each in recent if each.payment.kind == "refund"]
    return [*sales[: MOST_SAMPLES - 1], *refunds[:1]]


def map_of(version: RuleSetVersion, samples: Sequence[Sample]) -> FieldMap:
    rules = [row for row in KIND.objects(version) if isinstance(row, FieldRule)]
    fields = fields_of(version.pair.erp.connector)
    documents = [
        (
            label,
            [
                _target(each, rules, samples)
                for each in fields
                if each.document == code and each.is_open
            ],
            [each for each in fields if each.document == code and not each.is_open],
        )
        for code, label in DOCUMENTS.items()
    ]
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
    return FieldMap(samples, sources, [each for each in documents if each[1] or each[2]], query)


def _target(field: TargetField, rules: Sequence[FieldRule], samples: Sequence[Sample]) -> MapTarget:
    own = [rule for rule in rules if rule.target == field.name]
    rows = [_row(field, rule, samples, is_first=rule is own[0]) for rule in own]
    default = checked(DEFAULTS[field.name])
    shown = _results(
        field, checked(rows[0].formula) if rows and not rows[0].is_wrong else default, samples
    )
    return MapTarget(
        field,
        rows,
        told(DEFAULTS[field.name]),
        " ".join(fields_in(default)),
        next(iter(shown), None),
    )


def _row(field: TargetField, rule: FieldRule, samples: Sequence[Sample], is_first: bool) -> MapRow:
    try:
        formula: Expression | None = checked(rule.formula)
    except FormulaError:
        formula = None
    results = _results(field, formula, samples) if formula else []
    return MapRow(
        rule.pk,
        rule.position,
        when(KIND, rule, is_first, without=("target",)),
        rule.formula,
        told(rule.formula),
        " ".join(fields_in(formula)) if formula else "",
        mark_of(KIND, rule),
        formula is None or any(result.problem for result in results),
    )


def preview(
    field: TargetField, text: str, samples: Sequence[Sample], recent: Sequence[Sample]
) -> Preview:
    """What a formula gives for the chosen payments, and whether it fits the latest ones."""
    try:
        formula = checked(text)
    except FormulaError as error:
        return Preview((), str(error))
    tried = _results(field, formula, recent)
    wrong = [result for result in tried if result.problem]
    longest = max(wrong, key=lambda result: len(result.text), default=None)
    return Preview(_results(field, formula, samples), "", len(tried), len(wrong), longest)


def _results(field: TargetField, formula: Expression, samples: Sequence[Sample]) -> list[Result]:
    return [
        _result(field, formula, sample) for sample in samples if sample.leads_to(field.document)
    ]


def _result(field: TargetField, formula: Expression, sample: Sample) -> Result:
    try:
        value = value_of(formula, sample.payment)
    except FieldError as error:
        return Result(sample.row.vendor_id, "", str(error))
    return Result(sample.row.vendor_id, as_text(value), unfit(field, value))


def rules_by_pk(version: RuleSetVersion) -> Mapping[int, FieldRule]:
    return {row.pk: row for row in KIND.objects(version) if isinstance(row, FieldRule)}
