"""How transactions and batches advance: pure, one place for the legal moves.

A fact that is less far along than the books is late and changes nothing; so does one that says a
transaction moved sideways between two ends.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciliation.choices import BATCH_MOVES, STAGE, DecisionState, TransactionStatus


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


def decision_due(status: str) -> str:
    """Whether this status calls for a decision; ends that move no money are decided too."""
    is_early = status in (TransactionStatus.AUTHORIZED, TransactionStatus.CAPTURED)
    return DecisionState.WAITING if is_early else DecisionState.DUE


def moved(current: str, to: str) -> str:
    """The state that a batch moves to. Raises ValueError for a move that is not legal."""
    if to != current and to not in BATCH_MOVES[current]:
        raise ValueError(f"A settlement batch that is {current} cannot become {to}.")
    return to
