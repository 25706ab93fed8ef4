import ast
from pathlib import Path

import pytest

from bench import customers
from mapping.customers.measured_counts import COUNTS
from mapping.customers.policy import Policy
from tests.bench import customer_pools, labelled_customers
from tests.bench.labelled_customers import make_world


@pytest.mark.slow
def test_links_of_the_labelled_set_are_right_in_99_of_100():
    counted = customers.count_pairs([make_world(seed) for seed in customers.HELD_OUT], Policy())
    assert sum(counted.pairs.values()) >= 2000
    assert counted.precision("link") >= 0.99
    assert counted.recall("link") >= 0.6
    assert counted.recall("link", "review") >= 0.95
    measured = tuple((row.step, row.right, row.of) for row in customers.measured(counted))
    assert measured == COUNTS, "run: python -m bench.customers --write"


def test_links_are_as_right_where_a_whole_list_is_searched():
    counted = customers.count_searches([make_world(301, customers=700)], Policy())
    assert sum(number for (_, same), number in counted.pairs.items() if same) >= 700
    assert counted.precision("link") >= 0.99
    assert counted.recall("link", "review") >= 0.95


def test_the_labels_hold_each_kind_of_noise():
    noises = {noise for pair in make_world(7).pairs for noise in pair.noise.split("+")}
    assert noises >= {
        "typo", "nickname", "swapped", "moved", "shared mailbox", "namesake", "form", "branch",
        "transliterated", "accountant", "generation", "wrong number",
    }  # fmt: skip


def test_one_seed_makes_one_world_and_another_another():
    assert make_world(5, 50) == make_world(5, 50) != make_world(6, 50)


def test_the_labels_know_nothing_of_the_matcher():
    for module in (labelled_customers, customer_pools):
        tree = ast.parse(Path(module.__file__).read_text())
        imported = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert not [name for name in imported if name.startswith(("mapping", "rapidfuzz"))]


def test_the_figures_are_printed(capsys):
    customers.main(["--seed", "9", "--wrong", "--missed"])
    said = capsys.readouterr().out
    assert "labelled pairs, seeds 9" in said
    assert "link and review together find" in said
