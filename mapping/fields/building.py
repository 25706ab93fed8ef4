"""A formula made step by step: something put beside it, put around it, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mapping.fields.formula import Call, Expression, Text

JOIN: Final = "concat"


def joined(formula: Expression | None, piece: Expression, between: str = "") -> Expression:
    """The formula with a piece behind it; `between` stands before the piece."""
    if formula is None:
        return piece
    pieces = [Text(between), piece] if between else [piece]
    if isinstance(formula, Call) and formula.function == JOIN:
        return replace(formula, arguments=(*formula.arguments, *pieces))
    return Call(JOIN, (formula, *pieces))


def parts(formula: Expression) -> Sequence[Expression]:
    """What is put together, piece by piece; one piece alone is no part of anything."""
    if isinstance(formula, Call) and formula.function == JOIN:
        return formula.arguments
    return ()


def transformed(
    formula: Expression, part: int | None, function: str, arguments: Sequence[Expression]
) -> Expression:
    """The formula with a function around all of it, or around one of its parts."""
    if part is None:
        return Call(function, (formula, *arguments))
    pieces = list(parts(formula))
    pieces[part] = Call(function, (pieces[part], *arguments))
    return Call(JOIN, tuple(pieces))


def taken_back(formula: Expression) -> Expression | None:
    """The formula before its last step: without the last piece, or what the function is around."""
    if not isinstance(formula, Call):
        return None
    if formula.function != JOIN:
        return formula.arguments[0]
    left = formula.arguments[:-1]
    if len(left) > 1 and isinstance(left[-1], Text) and not left[-1].text.strip():
        left = left[:-1]
    return left[0] if len(left) == 1 else replace(formula, arguments=left)
