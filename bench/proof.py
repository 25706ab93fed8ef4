"""Whether a run lost or doubled anything: vendors' own tables, the census, nothing missing.

The first count asks nobody but the two vendors' databases. Then the hub is asked what it says of
itself, and receipts are edited in the ERP behind its back: it has to find each of them, no other.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg

from config.demo.run import DemoRun, described
from integrations.sandbox.sage500.faults import edit_behind

ROOT: Final = Path(__file__).resolve().parent.parent
#: What was reversed before it settled is no receipt, and neither is its reversal.
RECEIPTS: Final = """
    SELECT p."PmtRefNo", count(*), sum(p."TranAmt") FROM "tarCustPmt" p
      JOIN "tarBatch" b USING ("BatchKey")
      JOIN "tglAccount" a ON a."GLAcctKey" = b."CashAcctKey"
     WHERE a."GLAcctNo" = '1050-00' AND p."RvrsdPmtKey" IS NULL AND NOT EXISTS (
           SELECT 1 FROM "tarCustPmt" r WHERE r."RvrsdPmtKey" = p."CustPmtKey")
     GROUP BY 1
"""
PAID: Final = """
    SELECT id::text, amount FROM paytrace_transaction
     WHERE kind <> 'REFUND' AND state IN ('approved', 'settled')
"""
FIRST_DAY: Final = "SELECT min(created_at)::date FROM paytrace_transaction"
TO_EDIT: Final = """
    SELECT p."CustPmtKey", p."TranAmt", k."PostingKey" FROM "tarCustPmt" p
      JOIN tieout."PostingKey" k
        ON k."DocumentKey" = p."CustPmtKey" AND k."DocumentKind" = 'cash_receipt'
     WHERE p."TranAmt" > 1 AND p."Status" = 1 ORDER BY p."CustPmtKey" DESC LIMIT %s
"""
WRONG: Final = ("missing", "double", "without_payment", "other_amount")


@dataclass(frozen=True, slots=True)
class Proof:
    """Of a run of the demo that has ended and whose databases are up."""

    run: DemoRun

    @classmethod
    def of(cls, home: Path, name: str) -> Proof:
        return cls(described(home, name, ""))

    def of_everything(self, edits: int) -> dict[str, Any]:
        with self._line_to_the_erp():
            documents, census, days = self.documents(), self.census(), self.days()
            edited = self.edit_receipts(edits)
            after = self.census()
        told = {
            "documents": documents,
            "census": census,
            "days": len(days),
            "days_not_complete": [day for day in days if day["state"] != "complete"],
            "edited": len(edited),
            "found_edited": sum(1 for f in after["findings"] if f["kind"] == "edited"),
        }
        told["problems"] = list(problems(told, edited, after))
        return told

    def documents(self) -> dict[str, int]:
        """The gateway's payments against the ERP's receipts, by SQL in the vendors' own tables."""
        with psycopg.connect(self.run.databases.paytrace) as gateway:
            paid = {reference: Decimal(amount) for reference, amount in gateway.execute(PAID)}
        with self._erp() as erp:
            found = {ref: (count, Decimal(total)) for ref, count, total in erp.execute(RECEIPTS)}
        both = paid.keys() & found.keys()
        return {
            "owed": len(paid),
            "found": sum(count for count, _ in found.values()),
            "missing": len(paid.keys() - found.keys()),
            "double": sum(count - 1 for count, _ in found.values()),
            "without_payment": len(found.keys() - paid.keys()),
            "other_amount": sum(1 for ref in both if found[ref] != (1, paid[ref])),
        }

    def census(self) -> dict[str, Any]:
        """The one pair's census, as the command says it."""
        [taken] = self._manage("census", "--json")
        return taken

    def days(self) -> list[dict[str, Any]]:
        """Each business day's statement, from the first payment to yesterday."""
        with psycopg.connect(self.run.databases.paytrace) as gateway:
            row = gateway.execute(FIRST_DAY).fetchone()
        if row is None or row[0] is None:
            return []
        return self._manage("nothing_missing", "--since", row[0].isoformat(), "--json")

    def edit_receipts(self, count: int) -> list[str]:
        """A bookkeeper voids one receipt, changes the next one, and so on; answers their keys."""
        with self._erp() as erp:
            rows = erp.execute(TO_EDIT, (count,)).fetchall()
        for place, (receipt, amount, _) in enumerate(rows):
            if place % 2:
                edit_behind(self.run.databases.sage500, receipt, "amount", amount=amount - 1)
            else:
                edit_behind(self.run.databases.sage500, receipt, "void")
        return [key for _, _, key in rows]

    def _erp(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.run.databases.sage500, options="-c search_path=public")

    @contextmanager
    def _line_to_the_erp(self) -> Iterator[None]:
        """In a run with faults the hub knows no other way to its ERP; it is quiet by now."""
        if not self.run.gate_port:
            yield
            return
        words = ["-m", "integrations.sandbox.sage500.gate", "--port", str(self.run.gate_port)]
        words += ["--database-url", self.run.databases.sage500]
        with subprocess.Popen([sys.executable, *words], cwd=ROOT) as gate:
            try:
                _wait_for(self.run.gate_port)
                yield
            finally:
                gate.terminate()

    def _manage(self, *words: str) -> list[dict[str, Any]]:
        """The JSON lines of one of the run's own commands. Raises RuntimeError when it has none."""
        environment = {
            **os.environ,
            "TIEOUT_MODE": "demo",
            "TIEOUT_HOME": str(self.run.home),
            "TIEOUT_CLOCK_FILE": str(self.run.clock_file),
            **self.run.databases.environment,
        }
        done = subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode not in (0, 1) or not lines:
            raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return lines


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"The line to the ERP does not open at port {port}.")


def problems(told: dict[str, Any], edited: list[str], after: dict[str, Any]) -> Iterator[str]:
    """What is not as it has to be, in words. `after`: the census behind the edits."""
    for name in WRONG:
        if told["documents"][name]:
            yield f"{told['documents'][name]} {name.replace('_', ' ')}"
    for finding in told["census"]["findings"]:
        yield f"census: {finding['message']}"
    if told["census"]["on_the_way_by_state"]:
        yield f"census: still on the way: {told['census']['on_the_way_by_state']}"
    for day in told["days_not_complete"]:
        yield f"nothing missing: {day['day']} is {day['state']}: {'; '.join(day['why'])}"
    found = sorted(f["key"] for f in after["findings"] if f["kind"] == "edited")
    if found != sorted(edited):
        yield f"{len(edited)} receipts were edited in the ERP, the census found {len(found)}"
