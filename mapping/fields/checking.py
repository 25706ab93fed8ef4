"""Whether a formula fits together: names that there are, places that are filled, types that go."""

from __future__ import annotations

from typing import Final

from mapping.fields.days import wrong_pattern
from mapping.fields.formula import Call, Expression, Field, FormulaError, Number, Text, write
from mapping.fields.functions import CASES, FUNCTIONS, MOST_DECIMALS, Function, Takes
from mapping.fields.sources import SOURCES
from mapping.fields.values import ValueType

_WANTED: Final = {Takes.NUMBER: ValueType.DECIMAL, Takes.DATE: ValueType.DATE}
_FARTHEST: Final = 4000


def check(formula: Expression) -> ValueType:
    """The type of what a formula gives. Raises FormulaError with what does not fit."""
    if isinstance(formula, Text):
        return ValueType.TEXT
    if isinstance(formula, Number):
        return ValueType.DECIMAL
    if isinstance(formula, Field):
        if formula.name not in SOURCES:
            raise FormulaError(
                f"A payment has no field {formula.name!r}. It has {', '.join(SOURCES)};"
                ' texts stand between "…".'
            )
        return SOURCES[formula.name].type
    return _check_call(formula)


def _check_call(call: Call) -> ValueType:
    function = FUNCTIONS.get(call.function)
    if function is None:
        raise FormulaError(
            f"There is no function {call.function!r}; there are {', '.join(FUNCTIONS)}."
        )
    count = len(call.arguments)
    if not function.least <= count <= function.most:
        least, most = function.least, function.most
        wanted = str(least) if least == most else f"{least} to {most}"
        raise FormulaError(f"{function.name} takes {wanted} values; here are {count}.")
    types = [_check_place(function, at, each) for at, each in enumerate(call.arguments)]
    _check_slice(call)
    if function.gives:
        return function.gives
    given = set(types if function.name == "default" else _outcomes(types))
    return given.pop() if len(given) == 1 else ValueType.TEXT


def _outcomes(types: list[ValueType]) -> list[ValueType]:
    """Of a table: what stands for what is found."""
    table = types[1:]
    return [*table[1::2], *(table[-1:] if len(table) % 2 else [])]


def _check_place(function: Function, at: int, given: Expression) -> ValueType:
    takes = function.place(at)
    found = check(given)
    wrong = takes in _WANTED and found != _WANTED[takes]
    if takes is Takes.PLACE:
        wrong = not _is_whole(given) or abs(int(write(given))) > _FARTHEST
    elif takes is Takes.DECIMALS:
        wrong = not _is_whole(given) or not 0 <= int(write(given)) <= MOST_DECIMALS
    elif takes is Takes.LETTERS:
        wrong = not isinstance(given, Text) or given.text not in CASES
    elif takes is Takes.PATTERN:
        wrong = not isinstance(given, Text)
        if isinstance(given, Text) and (said := wrong_pattern(given.text)):
            raise FormulaError(said)
    if wrong:
        raise FormulaError(
            f"{function.name} takes {takes} as its value {at + 1}; {write(given)} is"
            f" {'a ' if takes in _WANTED else ''}{found if takes in _WANTED else 'none'}."
        )
    return found


def _check_slice(call: Call) -> None:
    if call.function != "slice":
        return
    first, *last = [int(write(each)) for each in call.arguments[1:]]
    if first == 0 or (first < 0 and last) or (last and last[0] < first):
        raise FormulaError(
            "slice begins at 1 or later and ends there or behind it; from a negative place it goes"
            " to the end."
        )


def _is_whole(given: Expression) -> bool:
    return isinstance(given, Number) and given.value == given.value.to_integral_value()
