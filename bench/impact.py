"""Replaying a past period under a draft: 100,000 payments have two minutes on two cores.

`BENCH_FULL=1` takes 100,000 payments, which have to be posted first (minutes); without, 10,000 and
a tenth of the time, and with `BENCH_EVENTS=N` N. One replay changes every document, one none.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

from bench import hub
from bench.frame import Figure, below, exactly
from bench.stub_erp import erp_answering_in
from integrations.models import Pair
from mapping.models import AccountRule, RuleSetVersion
from mapping.services import versions
from reconciliation.models import Impact
from reconciliation.services import impact

FULL = 100_000
COUNT = (
    FULL if os.environ.get("BENCH_FULL") == "1" else int(os.environ.get("BENCH_EVENTS", "10000"))
)
SECONDS = 120 * COUNT / FULL


def figures() -> Iterator[Figure]:
    hub.stub_the_erp()
    hub.one_lane()
    with erp_answering_in(0) as url:
        hub.empty()
        pair = hub.set_up(url)
        hub.store(pair, COUNT)
        hub.settle_tables()
        hub.drain()
        hub.all_posted(COUNT)
    hub.settle_tables()
    same, *_ = _replay(pair, "")
    yield exactly(f"documents that stay the same to the byte, of {COUNT:,}", same.same, COUNT)
    changed, seconds, used = _replay(pair, "1099-00")
    yield exactly(f"documents found changed, of {COUNT:,}", changed.changed, COUNT)
    name = f"seconds to replay {COUNT:,} payments, all of them changed"
    yield below(name, seconds, SECONDS, f"{used:.1f} s of processors, with the database session")


def _replay(pair: Pair, clearing: str) -> tuple[Impact, float, float]:
    draft = versions.draft_from(RuleSetVersion.objects.get(pair=pair, number=1), "bench", "A try.")
    if clearing:
        AccountRule.objects.filter(version=draft, role="clearing").update(account=clearing)
    last = hub.FIRST_DAY + timedelta(days=COUNT // hub.A_DAY + 1)
    cost = hub.Cost()
    asked = impact.ask(draft, hub.FIRST_DAY, last, "bench")
    while impact.drain():
        pass
    seconds, used = cost.so_far()
    asked.refresh_from_db()
    return asked, seconds, used
