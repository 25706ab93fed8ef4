"""Each row by itself: one that breaks is set aside for a person and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef

from integrations.errors import EdgeError
from integrations.locks import LockLostError
from reconciliation.choices import OPEN_STATES, Reason
from reconciliation.models import ExceptionItem
from reconciliation.services.desk_open import Wanted, open_exceptions

logger = logging.getLogger(__name__)

RowT = TypeVar("RowT")

#: The database is away, or the lock that the work stands under: nothing can go on.
DATABASE_GONE: Final = (OperationalError, InterfaceError, LockLostError)
#: Not one row's fault: the database or the vendor is away, and so for all of them.
NOT_THE_ROWS: Final = (EdgeError, *DATABASE_GONE)


def one_by_one(
    rows: Iterable[RowT], step: Callable[[RowT], int], wanted: Callable[[RowT, str], Wanted]
) -> int:
    """Do a step for each row in a transaction of its own; the sum of the answers.

    `wanted` makes the exception of a row whose step broke; it says why in a sentence.
    """
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                done += step(row)
        except NOT_THE_ROWS:
            raise
        except Exception as error:
            logger.exception("Work on %s failed; it is set aside.", row)
            with transaction.atomic():
                open_exceptions([wanted(row, why(error))])
            done += 1
    return done


def together_or_apart(
    rows: Sequence[RowT],
    make: Callable[[RowT], Wanted],
    wanted: Callable[[RowT, str], Wanted],
) -> int:
    """Open an exception for each row at once; if one of them breaks, each by itself."""
    try:
        with transaction.atomic():
            return open_exceptions([make(row) for row in rows])
    except NOT_THE_ROWS:
        raise
    except Exception:
        logger.exception("Opening %s exception(s) together failed.", len(rows))
    return one_by_one(rows, lambda row: open_exceptions([make(row)]), wanted)


def why(error: Exception) -> str:
    """What broke, in words for the desk."""
    return f"It could not be worked on: {str(error) or type(error).__name__}"[:400]


def is_set_aside(about: str) -> Exists:
    """Whether a row is set aside until a person has it tried again; `about` names the relation."""
    return Exists(
        ExceptionItem.objects.filter(
            **{about: OuterRef("pk")}, reason=Reason.SET_ASIDE, state__in=OPEN_STATES
        )
    )
