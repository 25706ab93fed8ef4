from itertools import product

import pytest

from integrations.canonical import TransactionStatus as Told
from reconciliation.choices import (
    BATCH_MOVES,
    STAGE,
    TERMINAL,
    BatchState,
    DecisionState,
    TransactionStatus,
)
from reconciliation.lifecycle import advance, decision_due, moved

PAID = "settled funded partially_refunded refunded returned charged_back"
#: Every status that a fact may bring on: what the books say, then what may follow.
FORWARD = {
    "authorized": f"authorized captured declined voided {PAID}",
    "captured": f"captured declined voided {PAID}",
    "declined": f"declined {PAID}",
    "voided": f"voided {PAID}",
    "settled": PAID,
    "funded": "funded partially_refunded refunded returned charged_back",
    "partially_refunded": "partially_refunded refunded returned charged_back",
    "refunded": "refunded returned charged_back",
    "returned": "returned",
    "charged_back": "charged_back",
}


def test_books_and_records_know_the_same_statuses():
    assert set(STAGE) == set(TransactionStatus.values) == {status.value for status in Told}


@pytest.mark.parametrize(("current", "told"), list(product(sorted(STAGE), repeat=2)))
def test_every_pair_of_statuses_has_its_verdict(current, told):
    verdict = advance(current, told)
    assert verdict.changes is (told in FORWARD[current].split())
    assert bool(verdict.rule) is not verdict.changes


def test_a_late_fact_names_its_rule():
    assert advance("settled", "captured").rule == "late: the books already say settled"
    assert advance("voided", "declined").rule.startswith("contradicts: ")


def test_what_is_over_need_not_be_asked_again():
    assert set(STAGE) - TERMINAL == {"authorized", "captured"}


@pytest.mark.parametrize("status", TransactionStatus.values)
def test_a_decision_is_due_once_money_moved_or_never_will(status):
    early = status in ("authorized", "captured")
    assert decision_due(status) == (DecisionState.WAITING if early else DecisionState.DUE)


def test_a_batch_goes_no_way_that_is_not_legal():
    assert moved(BatchState.TIED_OUT, BatchState.CLOSED) == BatchState.CLOSED
    with pytest.raises(ValueError, match="that is tied_out cannot become waiting"):
        moved(BatchState.TIED_OUT, BatchState.WAITING)


def test_every_state_of_a_batch_has_its_moves():
    assert set(BATCH_MOVES) == set(BatchState.values)
