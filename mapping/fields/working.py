"""What a formula gives for one payment, and how it reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from mapping.fields.checking import check
from mapping.fields.formula import Call, Expression, Field, FormulaError, Text, parse, write
from mapping.fields.functions import FUNCTIONS
from mapping.fields.sources import SOURCES
from mapping.fields.values import Value


@lru_cache(maxsize=1024)
def checked(text: str) -> Expression:
    """The formula that a text says, which fits together. Raises FormulaError."""
    formula = parse(text)
    check(formula)
    return formula


def work_out(formula: Expression, values: Mapping[str, Value]) -> Value:
    """What a checked formula gives. Raises FieldError where these values give nothing."""
    if isinstance(formula, Field):
        return values[formula.name]
    if isinstance(formula, Text):
        return formula.text
    if isinstance(formula, Call):
        arguments = [work_out(each, values) for each in formula.arguments]
        return FUNCTIONS[formula.function].apply(arguments)
    return formula.value


def in_words(formula: Expression) -> str:
    """A checked formula as people read it: `“Card ” + Transaction number`."""
    if isinstance(formula, Field):
        return SOURCES[formula.name].label
    if isinstance(formula, Text):
        return f"“{formula.text}”"
    if isinstance(formula, Call):
        said = [in_words(each) for each in formula.arguments]
        return FUNCTIONS[formula.function].words(said)
    return write(formula)


def told(text: str) -> str:
    """A stored formula in words; one that cannot be read, as it stands."""
    try:
        return in_words(checked(text))
    except FormulaError:
        return text
