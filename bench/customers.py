"""Precision and recall of customer matching on labelled pairs: `python -m bench.customers`.

The pairs are made by tests/bench/labelled_customers.py, which shares no code with the matcher. The
matcher was tuned with other seeds, below 200; what is printed is measured with HELD_OUT.
`--write` stores the counts in mapping/customers/measured.py, from where suggestions quote them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mapping.customers.identity import Address, Identity, System
from mapping.customers.matching import Index, best
from mapping.customers.measured import Measured, Step, step_of
from mapping.customers.policy import Band, Policy
from mapping.customers.prepared import Prepared, prepare
from mapping.customers.scoring import score
from tests.bench.labelled_customers import Pair, Record, World, make_world

HELD_OUT = (201, 202, 203)
FILE = Path(__file__).resolve().parent.parent / "mapping" / "customers" / "measured_counts.py"


def prepared(record: Record, system: System) -> Prepared:
    return prepare(
        Identity(
            system=system,
            ref=record.ref,
            name=record.name,
            email=record.email,
            phone=record.phone,
            tax_number=record.tax,
            address=Address(
                tuple(record.street.split(", ")) if record.street else (),
                record.city, record.region, record.postcode, record.country,
            ),
            known_as=((System.ERP, record.kin),) if record.kin else (),
        )
    )  # fmt: skip


@dataclass
class Counted:
    """Pairs by band and truth, each pair looked at by itself."""

    pairs: Counter[tuple[str, bool]] = field(default_factory=Counter)
    steps: Counter[tuple[Step, bool]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    missed: Counter[str] = field(default_factory=Counter)

    def precision(self, band: str) -> float:
        right, wrong = self.pairs[band, True], self.pairs[band, False]
        return right / (right + wrong) if right + wrong else 1.0

    def recall(self, *bands: str) -> float:
        all_true = sum(number for (_, same), number in self.pairs.items() if same)
        return sum(self.pairs[band, True] for band in bands) / all_true if all_true else 0.0


def count_pairs(worlds: Iterable[World], policy: Policy) -> Counted:
    counted = Counted()
    for world in worlds:
        for pair in world.pairs:
            left, right = prepared(pair.gateway, System.GATEWAY), prepared(pair.erp, System.ERP)
            scored = score(left, right)
            band = policy.band(scored)
            counted.pairs[band.value, pair.same] += 1
            counted.steps[step_of(scored), pair.same] += 1
            if band is Band.LINK and not pair.same:
                counted.wrong.append(_told(pair, scored.why))
            if band is not Band.LINK and pair.same:
                counted.missed[f"{band.value}: {pair.noise}"] += 1
    return counted


def count_searches(worlds: Iterable[World], policy: Policy) -> Counted:
    """As it is used: each gateway customer is looked up in the whole ERP list."""
    counted = Counted()
    for world in worlds:
        index = Index(prepared(record, System.ERP) for record in world.erp)
        for pair in world.pairs:
            _count_search(counted, index, pair, policy)
    return counted


def _count_search(counted: Counted, index: Index, pair: Pair, policy: Policy) -> None:
    wanted = prepared(pair.gateway, System.GATEWAY)
    found = best(wanted, index.near(wanted), policy)
    link = next((match for match in found if match.band is Band.LINK), None)
    if link is not None:
        is_right = pair.same and link.candidate.identity.ref == pair.erp.ref
        counted.pairs["link", is_right] += 1
        if not is_right:
            counted.wrong.append(_told(pair, link.scored.why))
            counted.pairs["missed", True] += pair.same
        return
    shown = [match.candidate.identity.ref for match in found]
    if not shown:
        counted.pairs["create", pair.same] += 1
    elif pair.same and pair.erp.ref not in shown:
        counted.pairs["missed", True] += 1
    else:
        counted.pairs["review", pair.same] += 1


def _told(pair: Pair, why: str) -> str:
    return f"{pair.noise}: {pair.gateway} | {pair.erp} | {why}"


def table(counted: Counted, title: str) -> str:
    lines = [title, f"  {'band':8} {'same':>6} {'not':>6} {'precision':>10} {'recall':>8}"]
    for band in ("link", "review", "create", "missed"):
        right, wrong = counted.pairs[band, True], counted.pairs[band, False]
        if not right + wrong:
            continue
        share = f"{counted.precision(band):10.4f}" if band in ("link", "review") else " " * 10
        lines.append(f"  {band:8} {right:6} {wrong:6} {share} {counted.recall(band):8.4f}")
    lines.append(f"  link and review together find {counted.recall('link', 'review'):.4f}")
    return "\n".join(lines)


def measured(counted: Counted) -> tuple[Measured, ...]:
    steps = sorted({step for step, _ in counted.steps})
    return tuple(
        Measured(s, counted.steps[s, True], counted.steps[s, True] + counted.steps[s, False])
        for s in steps
    )


def _written(rows: Sequence[Measured]) -> str:
    body = "".join(f'    ("{row.step}", {row.right}, {row.of}),\n' for row in rows)
    return (
        '"""Counts of the labelled set; written by `python -m bench.customers --write`."""\n\n'
        f"#: Step, pairs that were the same customer, pairs at this step.\nCOUNTS = (\n{body})\n"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, nargs="*", default=list(HELD_OUT))
    parser.add_argument("--write", action="store_true", help="store the counts")
    parser.add_argument("--wrong", action="store_true", help="show each wrong link")
    parser.add_argument("--missed", action="store_true", help="show what keeps true pairs apart")
    chosen = parser.parse_args(arguments)
    worlds = [make_world(seed) for seed in chosen.seed]
    number = sum(len(world.pairs) for world in worlds)
    print(f"{number} labelled pairs, seeds {', '.join(map(str, chosen.seed))}")
    pairs, searches = count_pairs(worlds, Policy()), count_searches(worlds, Policy())
    print(table(pairs, "Each pair by itself"))
    print(table(searches, f"Each gateway customer looked up among {len(worlds[0].erp)} in the ERP"))
    if chosen.wrong:
        print("\n".join([*pairs.wrong, "as searched:", *searches.wrong]))
    if chosen.missed:
        print("\n".join(f"{n:5} {why}" for why, n in pairs.missed.most_common(30)))
    if chosen.write:
        FILE.write_text(_written(measured(pairs)))


if __name__ == "__main__":
    main()
