"""What a payment was converted by, and how a document's texts say it in the room they have. Pure.

Source, day and rounding of the rate stand on what is posted. Where they do not fit in full they
are shortened, always in the same order; the whole of it stands on the payment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from integrations.money import Money, round_half_up

#: Of a table's name so much is left at least.
_SHORTEST: Final = 3
#: Decimals of a rounding that is told short; it is less than half a cent.
_ROUNDING_DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Conversion:
    """`source` is the table, or who chose the rate; `rounding` is what was added to the product.

    `rule` names the row that booked it without a person; empty where a person did.
    """

    original: Money
    rate: Decimal
    source: str
    on: date
    rounding: Decimal
    rule: str = ""


def noted(text: str, conversion: Conversion | None, width: int, short: str = "") -> str:
    """A document's text with what its amount was converted by, at most `width` characters.

    text: stays whole. short: may stand instead of it where the room is little. Where nothing of
    the conversion fits, the text stays alone.
    """
    if conversion is None:
        return text
    texts = [each for each in (text, short) if each]
    for note in _notes(conversion):
        for each in texts or [""]:
            if len(said := f"{each} {note}".strip()) <= width:
                return said
    return _with_table_cut(texts[-1] if texts else "", conversion, width) or text


def _notes(conversion: Conversion) -> Iterator[str]:
    """From the fullest to the shortest."""
    original, rate = conversion.original, plain(conversion.rate)
    source, on = conversion.source, conversion.on
    yield f"({original} at {rate} by {source} of {on}, rounded by {plain(conversion.rounding)})"
    yield f"{original} x{rate} {source} {on} r{_short(conversion.rounding)}"
    yield _shortest(conversion, source)


def _shortest(conversion: Conversion, source: str) -> str:
    currency, rate = conversion.original.currency, plain(conversion.rate)
    return f"{currency} x{rate} {source} {conversion.on} r{_short(conversion.rounding)}"


def _with_table_cut(text: str, conversion: Conversion, width: int) -> str:
    """The shortest note, with so much of the source's name as there is room for."""
    bare = len(f"{text} {_shortest(conversion, '')}".strip())
    left = width - bare
    if left < _SHORTEST:
        return ""
    return f"{text} {_shortest(conversion, conversion.source[:left])}".strip()


def plain(number: Decimal) -> str:
    """Without idle zeros."""
    return f"{number.normalize():f}" if number else "0"


def _short(rounding: Decimal) -> str:
    """`-.0022`"""
    return plain(round_half_up(rounding, _ROUNDING_DECIMALS)).replace("0.", ".", 1)
