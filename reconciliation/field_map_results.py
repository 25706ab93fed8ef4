"""What the rows of a field map give for real payments: which one fires, and whether it fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from integrations.targets import TargetField
from mapping.decide import Payment
from mapping.decide.texts import DEFAULTS, value_of
from mapping.fields.fitting import unfit
from mapping.fields.formula import Expression, FormulaError
from mapping.fields.values import FieldError, as_text
from mapping.fields.working import checked, told
from mapping.kinds import KINDS
from mapping.models import FieldRule, RuleSetVersion
from mapping.proposals import Proposal, formulas_for
from mapping.rules.fields import FieldRow, choose
from mapping.rules.statuses import erp_status
from reconciliation.choices import NOT_PAID
from reconciliation.models import Transaction
from reconciliation.services.known import case_of, payment_of

#: Payments whose values are shown, and those that a field is checked on.
MOST_SAMPLES: Final = 3
CHECKED_ON: Final = 200


@dataclass(frozen=True, slots=True)
class ProposedFormula:
    """What other rule sets put into a field, in words, and what it gives for a payment here."""

    proposal: Proposal
    words: str
    result: Result | None


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
    """What a formula gives for one payment; `problem` where that does not go into the field,
    `note` where it is not asked."""

    number: str
    text: str = ""
    problem: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`error`: the formula itself is wrong. `unfit` of the `looked_at` latest payments that it is
    asked for do not fit, such as `worst`."""

    results: Sequence[Result] = ()
    error: str = ""
    looked_at: int = 0
    unfit: int = 0
    worst: Result | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a version for one field, in their order, and which of them fires for whom."""

    field: TargetField
    rules: Sequence[FieldRule]
    fired: Mapping[int, FieldRule | None]

    def result(self, sample: Sample) -> Result:
        """What stands in the field."""
        rule = self.fired[sample.row.pk]
        try:
            formula = checked(rule.formula if rule else DEFAULTS[self.field.name])
        except FormulaError as error:
            return Result(sample.row.vendor_id, problem=str(error))
        return _result(self.field, formula, sample)

    def preview(
        self, text: str, row: int, samples: Sequence[Sample], recent: Sequence[Sample]
    ) -> Preview:
        """What a formula gives in the place of a row; row 0: where no row fires."""
        try:
            formula = checked(text)
        except FormulaError as error:
            return Preview(error=str(error))
        asked = [each for each in recent if self._is_asked(each, row)]
        tried = [_result(self.field, formula, each) for each in asked]
        wrong = [result for result in tried if result.problem]
        return Preview(
            [self._shown(formula, row, each) for each in samples if self._is_here(each)],
            "",
            len(tried),
            len(wrong),
            max(wrong, key=lambda result: len(result.text), default=None),
        )

    def _shown(self, formula: Expression, row: int, sample: Sample) -> Result:
        if self._is_asked(sample, row):
            return _result(self.field, formula, sample)
        rule = self.fired[sample.row.pk]
        note = f"Row {rule.position} fires for it." if rule else "This row does not fire for it."
        return Result(sample.row.vendor_id, note=note)

    def _is_here(self, sample: Sample) -> bool:
        return sample.leads_to(self.field.document)

    def _is_asked(self, sample: Sample, row: int) -> bool:
        rule = self.fired[sample.row.pk]
        return self._is_here(sample) and (rule.pk if rule else 0) == row


def rows_of(field: TargetField, rules: Sequence[FieldRule], samples: Sequence[Sample]) -> Rows:
    """`samples` are all payments that are going to be asked about."""
    own = [rule for rule in rules if rule.target == field.name]
    by_position = {rule.position: rule for rule in own}
    rows = [row for rule in own if isinstance(row := rule.as_row(), FieldRow)]
    fired: dict[int, FieldRule | None] = {}
    for sample in samples:
        paid = sample.payment
        taken = choose(rows, field.name, paid.method, paid.amount.currency, paid.customer_ref)
        fired[sample.row.pk] = by_position[taken.position] if taken else None
    return Rows(field, own, fired)


def latest(version: RuleSetVersion) -> list[Sample]:
    """The payments that a field is checked on, the latest first."""
    gateway = version.pair.gateway_id
    rows = Transaction.objects.filter(connection=gateway).exclude(status__in=NOT_PAID)
    in_order = rows.select_related("parent").order_by("-captured_at", "-id")[:CHECKED_ON]
    return _samples(version, in_order)


def chosen(
    version: RuleSetVersion, recent: Sequence[Sample], numbers: Sequence[str]
) -> list[Sample]:
    """The payments of these numbers; of none: the latest sales and the latest refund."""
    if numbers:
        gateway = version.pair.gateway_id
        rows = Transaction.objects.filter(connection=gateway, vendor_id__in=numbers)
        samples = _samples(version, rows.select_related("parent"))
        found = {sample.row.vendor_id: sample for sample in samples}
        return [found[number] for number in numbers if number in found]
    sales = [each for each in recent if each.payment.kind == "sale"]
    refunds = [each for each in recent if each.payment.kind == "refund"]
    return [*sales[: MOST_SAMPLES - 1], *refunds[:1]]


def proposed_formulas(
    version: RuleSetVersion, field: TargetField, samples: Sequence[Sample]
) -> list[ProposedFormula]:
    """Those that can be read; shown on the first payment that leads to the field's document."""
    here = next((each for each in samples if each.leads_to(field.document)), None)
    found = []
    for proposal in formulas_for(version.pair, field.name):
        try:
            formula = checked(proposal.value)
        except FormulaError:
            continue
        result = _result(field, formula, here) if here else None
        found.append(ProposedFormula(proposal, told(proposal.value), result))
    return found


def _samples(version: RuleSetVersion, rows: Iterable[Transaction]) -> list[Sample]:
    """Each with what the version's own rules call its status in the ERP."""
    statuses: Sequence[Any] = KINDS["statuses"].read(version)
    found = []
    for row in rows:
        payment = payment_of(version.pair, case_of(row, row.settled_on or row.captured_on))
        called = erp_status(statuses, row.kind, row.status)
        found.append(Sample(row, replace(payment, erp_status=called)))
    return found


def _result(field: TargetField, formula: Expression, sample: Sample) -> Result:
    try:
        value = value_of(formula, sample.payment)
    except FieldError as error:
        return Result(sample.row.vendor_id, problem=str(error))
    return Result(sample.row.vendor_id, as_text(value), unfit(field, value))
