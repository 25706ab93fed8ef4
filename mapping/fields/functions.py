"""The fixed set of functions that a formula may use: each pure, with what it takes and gives."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException, localcontext
from enum import StrEnum
from functools import reduce
from typing import Final

from integrations.money import round_half_up
from mapping.fields.days import written
from mapping.fields.values import FieldError, Value, ValueType, as_text

#: Numbers beyond it fit no amount of money.
LARGEST: Final = Decimal(10) ** 15
MOST_DECIMALS: Final = 6


class Takes(StrEnum):
    """What may stand at a place: a value of a type, or something that is written out."""

    ANY = "a value"
    NUMBER = "a number"
    DATE = "a date"
    PLACE = "a whole number"
    DECIMALS = f"a whole number from 0 to {MOST_DECIMALS}"
    PATTERN = 'a pattern such as "YYYY-MM-DD"'
    LETTERS = '"upper", "lower" or "title"'


@dataclass(frozen=True, slots=True)
class Function:
    """`takes` has its places in order; the last one may stand up to `most` times.

    `gives` None: the type of its values where they have the same one, else text. `words` puts
    what is in the places into a sentence.
    """

    name: str
    label: str
    about: str
    takes: tuple[Takes, ...]
    least: int
    most: int
    gives: ValueType | None
    apply: Callable[[Sequence[Value]], Value]
    words: Callable[[Sequence[str]], str]

    def place(self, at: int) -> Takes:
        return self.takes[min(at, len(self.takes) - 1)]


CASES: Final[Mapping[str, tuple[Callable[[str], str], str]]] = {
    "upper": (str.upper, "in capitals"),
    "lower": (str.lower, "in small letters"),
    "title": (string.capwords, "with capitals at the beginning of words"),
}


def _concat(values: Sequence[Value]) -> Value:
    return "".join(as_text(value) for value in values)


def _slice(values: Sequence[Value]) -> Value:
    text, first = as_text(values[0]), _whole(values[1])
    if first < 0:
        return text[first:]
    last = _whole(values[2]) if len(values) > 2 else len(text)
    return text[first - 1 : last]


def _date(values: Sequence[Value]) -> Value:
    day, pattern = values
    if isinstance(day, str | Decimal):
        if day == "":
            return ""
        raise FieldError(f"“{as_text(day)}” is no date.")
    return written(day, as_text(pattern))


def _lookup(values: Sequence[Value]) -> Value:
    wanted, *table = values
    key = as_text(wanted).strip().casefold()
    for at in range(0, len(table) - 1, 2):
        if as_text(table[at]).strip().casefold() == key:
            return table[at + 1]
    if len(table) % 2:
        return table[-1]
    raise FieldError(f"The table has nothing for “{as_text(wanted)}”.")


def _default(values: Sequence[Value]) -> Value:
    return next((value for value in values if as_text(value).strip()), "")


def _case(values: Sequence[Value]) -> Value:
    change, _ = CASES[as_text(values[1])]
    return change(as_text(values[0]))


def _arithmetic(
    step: Callable[[Decimal, Decimal], Decimal],
) -> Callable[[Sequence[Value]], Value]:
    def work_out(values: Sequence[Value]) -> Value:
        with localcontext() as context:
            context.prec = 40
            return _bounded(reduce(step, [_number(value) for value in values]))

    return work_out


def _divide(values: Sequence[Value]) -> Value:
    above, below, decimals = _number(values[0]), _number(values[1]), _whole(values[2])
    if not below:
        raise FieldError("It would divide by zero.")
    with localcontext() as context:
        context.prec = 40
        return round_half_up(_bounded(above / below), decimals)


def _round(values: Sequence[Value]) -> Value:
    try:
        return round_half_up(_number(values[0]), _whole(values[1]))
    except DecimalException as error:
        raise FieldError("The number is too large to be rounded.") from error


def _number(value: Value) -> Decimal:
    if isinstance(value, Decimal):
        return value
    raise FieldError(f"“{as_text(value)}” is no number." if value else "There is no number.")


def _whole(value: Value) -> int:
    return int(_number(value))


def _bounded(number: Decimal) -> Decimal:
    if abs(number) >= LARGEST:
        raise FieldError("The number becomes too large.")
    return number


def _slice_words(said: Sequence[str]) -> str:
    if said[1].startswith("-"):
        return f"the last {said[1][1:]} characters of {said[0]}"
    if len(said) == 2:
        return f"{said[0]} from character {said[1]} on"
    return f"characters {said[1]} to {said[2]} of {said[0]}"


def _lookup_words(said: Sequence[str]) -> str:
    wanted, *table = said
    rows = [f"{table[at]} is {table[at + 1]}" for at in range(0, len(table) - 1, 2)]
    rows += [f"anything else is {table[-1]}"] if len(table) % 2 else []
    return f"{wanted} by a table ({', '.join(rows)})"


def _joined(word: str) -> Callable[[Sequence[str]], str]:
    return f" {word} ".join


_SOME: Final = 20
_ALL: Final = (
    Function(
        "concat",
        "Put together",
        "One behind the other, as text.",
        (Takes.ANY,),
        2,
        _SOME,
        ValueType.TEXT,
        _concat,
        _joined("+"),
    ),
    Function(
        "slice",
        "A part of it",
        "From a character to a character, the first is 1; from -4 on: the last four.",
        (Takes.ANY, Takes.PLACE, Takes.PLACE),
        2,
        3,
        ValueType.TEXT,
        _slice,
        _slice_words,
    ),
    Function(
        "date",
        "Written as a date",
        "By a pattern of YYYY, YY, MMM, MM, DD, HH and mm; times are UTC.",
        (Takes.DATE, Takes.PATTERN),
        2,
        2,
        ValueType.TEXT,
        _date,
        lambda said: f"{said[0]} written as {said[1].strip('“”')}",
    ),
    Function(
        "lookup",
        "By a table",
        "What is found, what stands for it, and so on; a last one alone stands for anything else.",
        (Takes.ANY,),
        3,
        2 * _SOME,
        None,
        _lookup,
        _lookup_words,
    ),
    Function(
        "default",
        "Or else",
        "The first that is not empty.",
        (Takes.ANY,),
        2,
        _SOME,
        None,
        _default,
        ", or where that is empty ".join,
    ),
    Function(
        "case",
        "Capitals",
        "In capitals, in small letters, or each word with a capital.",
        (Takes.ANY, Takes.LETTERS),
        2,
        2,
        ValueType.TEXT,
        _case,
        lambda said: f"{said[0]} {CASES[said[1].strip('“”')][1]}",
    ),
    Function(
        "add",
        "Add",
        "Numbers, exactly.",
        (Takes.NUMBER,),
        2,
        _SOME,
        ValueType.DECIMAL,
        _arithmetic(lambda one, other: one + other),
        _joined("plus"),
    ),
    Function(
        "subtract",
        "Subtract",
        "One number less another, exactly.",
        (Takes.NUMBER,),
        2,
        2,
        ValueType.DECIMAL,
        _arithmetic(lambda one, other: one - other),
        _joined("less"),
    ),
    Function(
        "multiply",
        "Multiply",
        "Numbers, exactly.",
        (Takes.NUMBER,),
        2,
        4,
        ValueType.DECIMAL,
        _arithmetic(lambda one, other: one * other),
        _joined("times"),
    ),
    Function(
        "divide",
        "Divide",
        "One number by another, to so many decimals, halves up.",
        (Takes.NUMBER, Takes.NUMBER, Takes.DECIMALS),
        3,
        3,
        ValueType.DECIMAL,
        _divide,
        lambda said: f"{said[0]} divided by {said[1]}, to {said[2]} decimals",
    ),
    Function(
        "round",
        "Round",
        "To so many decimals, halves up.",
        (Takes.NUMBER, Takes.DECIMALS),
        2,
        2,
        ValueType.DECIMAL,
        _round,
        lambda said: f"{said[0]} rounded to {said[1]} decimals",
    ),
)
FUNCTIONS: Final[Mapping[str, Function]] = {each.name: each for each in _ALL}
