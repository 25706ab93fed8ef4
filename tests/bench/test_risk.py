"""Precision and recall of the example risk rules on payments with planted anomalies."""

import ast
from pathlib import Path

import pytest

from bench import risk
from mapping.rules.risks import Level
from tests.bench import labelled_payments
from tests.bench.labelled_payments import PLANTED, make_world


@pytest.fixture(scope="module")
def counted():
    return risk.count([301], risk.ROWS, customers=300)


def test_what_is_held_is_nearly_always_planted_and_what_is_flagged_mostly(counted):
    assert counted.precision(Level.HOLD) >= 0.9
    assert counted.precision(Level.FLAG) >= 0.5
    assert counted.precision(Level.BLOCK) >= 0.9


def test_nearly_every_planted_episode_is_noticed(counted):
    assert counted.episodes_found(Level.FLAG) >= 0.9
    assert counted.episodes_found(Level.HOLD) >= 0.7
    assert counted.recall(Level.FLAG) >= 0.6
    assert set(counted.labels.values()) == set(PLANTED)


def test_without_rows_nothing_fires():
    nothing = risk.count([302], (), customers=30)
    assert {level for level, _ in nothing.payments} == {Level.PASS}
    assert (nothing.precision(Level.FLAG), nothing.recall(Level.FLAG)) == (1.0, 0.0)


def test_honest_people_do_odd_things_in_it():
    odd = {payment.odd for payment in make_world(7) if not payment.label}
    assert odd == {"", "a large order", "several invoices", "declined first"}


def test_one_seed_makes_one_world_and_another_another():
    assert make_world(5, 50) == make_world(5, 50) != make_world(6, 50)


def test_the_labels_know_nothing_of_the_rules():
    tree = ast.parse(Path(labelled_payments.__file__).read_text())
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [name for name in imported if name.startswith(("mapping", "bench"))]


def test_the_figures_are_printed(capsys):
    risk.main(["--seed", "9", "--customers", "60"])
    said = capsys.readouterr().out
    assert "planted anomalies, seeds 9" in said
    assert "1 block: A card is tried out" in said
