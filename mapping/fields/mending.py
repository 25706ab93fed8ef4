"""A change of a formula that lets in what did not fit, and leaves all that fits as it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.targets import FieldType, TargetField
from mapping.fields.formula import Expression, FormulaError, write
from mapping.fields.values import Value, as_text
from mapping.fields.working import checked


@dataclass(frozen=True, slots=True)
class Mend:
    """What is suggested, in words and as the formula of the row."""

    words: str
    formula: str


def mend(target: TargetField, formula: Expression, value: Value, otherwise: str) -> Mend | None:
    """What would fit in place of `value`; None where nobody can say without knowing what is meant.

    `otherwise` is the formula of what stands in the field without a rule.
    """
    text = as_text(value)
    if not text.strip() and target.is_required:
        return _fitting(
            "Put what stands there without a rule where it is empty",
            f"default({write(formula)}, {otherwise})",
        )
    if target.type is FieldType.TEXT and len(text) > target.width:
        return _fitting(
            f"Take the first {target.width} characters",
            f"slice({write(formula)}, 1, {target.width})",
        )
    return None


def _fitting(words: str, text: str) -> Mend | None:
    """None where the formula grows longer or deeper than a row may be."""
    try:
        return Mend(words, write(checked(text)))
    except FormulaError:
        return None
