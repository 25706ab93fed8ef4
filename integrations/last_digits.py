"""Numbers by how they end: `180` finds 0000000180-CR, and `4721` finds JE-2011-004721."""

from __future__ import annotations

import re
from typing import Final

from django.db.models import F, Func, Model, Q, QuerySet, TextField
from django.db.models.functions import Collate

#: So many digits tell some numbers apart; fewer have to be all but the noughts in front.
LEAST: Final = 4
#: Fewer digits are filled up with noughts to so many, as systems do that count their documents.
FILLED: Final = 7
#: So many numbers that end alike are looked at.
MOST: Final = 1_000
#: What a person has in hand of a number: its digits, and perhaps the letters behind them.
_NUMBER: Final = re.compile(r"(\d{1,20})(?:-?[A-Za-z]{1,3})?", re.ASCII)


class LastDigits(Func):
    """The digits of a number, the last one first: numbers that end alike begin alike here."""

    template = "REVERSE(REGEXP_REPLACE(%(expressions)s, '[^0-9]', '', 'g'))"
    arity = 1
    output_field = TextField()


def last_digits(field: str) -> Collate:
    """What an index is made of and asked by: compared byte by byte, in every database."""
    return Collate(LastDigits(F(field)), "C")


def ending_in(typed: str, rows: QuerySet[Model], field: str, most: int = MOST) -> list[int]:
    """The keys of rows whose number ends in what was typed: one question, or none for other texts.

    Asked by itself and in the order of its index: together with other conditions PostgreSQL, which
    cannot tell how many numbers end alike, reads every row.
    """
    found = rows.alias(ends=last_digits(field)).filter(_ends_in(typed, "ends"))
    return list(found.order_by("ends").values_list("pk", flat=True)[:most])


def _ends_in(typed: str, name: str) -> Q:
    """Numbers that end in what was typed, in an alias of `last_digits`; nothing for other texts."""
    found = _NUMBER.fullmatch(typed)
    if found is None:
        return Q(pk__in=())
    digits = found[1] if len(found[1]) >= LEAST else found[1].zfill(FILLED)
    begins = digits[::-1]
    # A colon comes right behind the nine.
    return Q(**{f"{name}__gte": begins, f"{name}__lt": f"{begins}:"})
