"""Texts of documents: what the field map in force puts there, else what always stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from integrations.targets import TargetField
from mapping.decide.conversion import noted
from mapping.decide.decision import Payment
from mapping.fields.fitting import unfit
from mapping.fields.formula import Expression, FormulaError, fields_in
from mapping.fields.mending import Mend, mend
from mapping.fields.sources import SOURCES
from mapping.fields.values import FieldError, Value, as_text
from mapping.fields.working import checked, work_out
from mapping.problems import Problem, ProblemKind, Suggestion, UnmappedError
from mapping.rulebook import RuleBook
from mapping.rules import fields as field_rules
from mapping.rules.fields import FieldRow

#: What stands in a field of which no rule says anything.
DEFAULTS: Final[Mapping[str, str]] = {
    "receipt.comment": 'concat("Card payment ", transaction_id)',
    "refund.comment": 'concat("Card refund ", transaction_id)',
    "refund.line_comment": "transaction_id",
    "credit_memo.reference": "transaction_id",
    "credit_memo.comment": 'concat("Card refund ", transaction_id)',
}
#: Fields that say beside what a converted amount was converted by; without a rule, with the
#: payment's number alone where there is little room.
COMMENTS: Final = frozenset(
    {"receipt.comment", "refund.comment", "refund.line_comment", "credit_memo.comment"}
)
#: Where nobody says how much a comment holds.
NARROWEST: Final = 50


@dataclass(frozen=True, slots=True)
class Filled:
    """`rules` names the row that fired, if one did."""

    text: str
    rules: tuple[str, ...] = ()


def fill(name: str, payment: Payment, rules: RuleBook) -> Filled:
    """The text of a field for a payment. Raises UnmappedError where the map's does not fit it."""
    row = row_for(name, payment, rules)
    if row is None:
        text = as_text(value_of(checked(DEFAULTS[name]), payment))
        return Filled(_with_conversion(name, text, payment, rules, payment.vendor_id))
    target = rules.targets[name]
    try:
        formula = checked(row.formula)
        value = value_of(formula, payment)
        wrong = unfit(target, value)
    except (FieldError, FormulaError) as error:
        raise UnmappedError(_problem(target, row, payment, str(error))) from error
    if wrong:
        problem = _problem(target, row, payment, wrong)
        mended = mend(target, formula, value, DEFAULTS[name])
        raise UnmappedError(_with_mend(problem, payment, as_text(value), row, mended))
    return Filled(_with_conversion(name, as_text(value), payment, rules), (row.name,))


def _with_conversion(
    name: str, text: str, payment: Payment, rules: RuleBook, short: str = ""
) -> str:
    if name not in COMMENTS:
        return text
    target = rules.targets.get(name)
    return noted(text, payment.conversion, target.width if target else NARROWEST, short)


def row_for(name: str, payment: Payment, rules: RuleBook) -> FieldRow | None:
    if not rules.fields:
        return None
    return field_rules.choose(
        rules.fields, name, payment.method, payment.amount.currency, payment.customer_ref
    )


def value_of(formula: Expression, payment: Payment) -> Value:
    """What a checked formula gives for a payment. Raises FieldError."""
    return work_out(formula, {each: SOURCES[each].read(payment) for each in fields_in(formula)})


def _problem(target: TargetField, row: FieldRow, payment: Payment, why: str) -> Problem:
    return Problem(
        ProblemKind.FIELD_UNFIT,
        f"{target.title}: row {row.position} of the field map gives nothing that fits. {why}",
        payment.amount,
        details=(("field", target.name), ("row", str(row.position))),
    )


def _with_mend(
    problem: Problem, payment: Payment, gives: str, row: FieldRow, mended: Mend | None
) -> Problem:
    """The problem with the change that is suggested, and what the field would hold with it."""
    if mended is None:
        return problem
    would_give = as_text(value_of(checked(mended.formula), payment))
    sides = (("formula", row.formula), ("gives", gives), ("would_give", would_give))
    return replace(
        problem,
        suggestions=(Suggestion("mend_field", mended.words, mended.formula),),
        details=(*problem.details, *sides),
    )
