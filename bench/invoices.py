"""An invoice file of any size, from a seed: what the demo takes with --invoices.

    .venv/bin/python bench/invoices.py --count 50000 --seed 1 --out FILE

Invoices lie on the Mondays to Saturdays of as many days as `--days` says (default: one for each 60
invoices, at least 8), belong to customers of whom few have many, and come to amounts like those of
a wholesaler: most small, a few large.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

FIRST_DAY: Final = date(2011, 1, 3)
FIRST_NUMBER: Final = 600_001
HEAD: Final = ("invoice_no", "invoice_date", "customer_id", "total_gbp")
PER_DAY: Final = 60
FEWEST_DAYS: Final = 8
LARGEST_CENTS: Final = 5_000_000


def business_days(count: int) -> list[date]:
    days = (FIRST_DAY + timedelta(days=ahead) for ahead in range(2 * count + 7))
    return [day for day in days if day.weekday() < 6][:count]


def invoices(count: int, days: int, seed: int) -> Iterator[tuple[str, str, str, str]]:
    """Rows in the order of their days; amounts in two decimals."""
    rng = random.Random(f"invoices/{count}/{days}/{seed}")
    customers = [str(12_000 + each) for each in range(max(20, count // 12))]
    calendar = business_days(days)
    for place in range(count):
        day = calendar[place * days // count]
        customer = customers[int(len(customers) * rng.random() ** 2)]
        cents = min(LARGEST_CENTS, max(100, round(rng.lognormvariate(10.0, 1.1))))
        yield str(FIRST_NUMBER + place), f"{day}", customer, f"{cents // 100}.{cents % 100:02d}"


def write(path: Path, count: int, seed: int, days: int = 0) -> Path:
    days = days or max(FEWEST_DAYS, count // PER_DAY)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEAD)
        writer.writerows(invoices(count, days, seed))
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--days", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write(given.out, given.count, given.seed, given.days)
    return 0


if __name__ == "__main__":
    sys.exit(main())
