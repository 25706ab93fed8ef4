"""How transactions and batches advance: pure, one place for the legal moves.

A fact that is less far along than the books is late and changes nothing; so does one that says a
transaction moved sideways between two ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciliation.choices import (
    BATCH_MOVES,
    STAGE,
    DecisionState,
    TransactionKind,
    TransactionStatus,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a fact changes the books; `rule` names why it does not."""

    changes: bool
    rule: str = ""


def advance(current: str, told: str) -> Verdict:
    """What a fact with status `told` does to a transaction that is `current` in the books."""
    if STAGE[told] < STAGE[current]:
        return Verdict(False, f"late: the books already say {current}")
    if STAGE[told] == STAGE[current] and told != current:
        return Verdict(False, f"contradicts: the books say {current}, which is an end")
    return Verdict(True)


def is_early(status: str) -> bool:
    """Not settled, and not at an end either."""
    return status in (TransactionStatus.AUTHORIZED, TransactionStatus.CAPTURED)


def decision_due(status: str, kind: str = "", *, at_capture: bool = False) -> str:
    """Whether this status calls for a decision; ends that move no money are decided too.

    `at_capture`: the receipt of a payment is owed as soon as it is captured. A refund waits for
    its settlement all the same: until then it can be voided, and no invoice waits for it.
    """
    owes_now = (
        at_capture and status == TransactionStatus.CAPTURED and kind != TransactionKind.REFUND
    )
    return DecisionState.WAITING if is_early(status) and not owes_now else DecisionState.DUE


def moved(current: str, to: str) -> str:
    """The state that a batch moves to. Raises ValueError for a move that is not legal."""
    if to != current and to not in BATCH_MOVES[current]:
        raise ValueError(f"A settlement batch that is {current} cannot become {to}.")
    return to
