"""Take a census: read the ERP page by page, compare, look twice at what does not fit, count.

Nothing here asks our postings what the ERP holds: it is read from the ERP's own tables. What is
owed is noted before the first page is read, so that a document posted meanwhile is never missing;
and before anything is called wrong it is read once more, together with our own row for it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Final

from audit import guard
from integrations.clock import business_now, wall_now
from integrations.contracts import ReadsPostings
from integrations.locks import session_lock
from integrations.models import Pair
from integrations.services.connectors import standing_of
from integrations.standing import StandingDocument
from reconciliation import census as decide
from reconciliation.census import Finding, Owed
from reconciliation.models import Census
from reconciliation.services.census import books, ledger, readings, store

logger = logging.getLogger(__name__)

#: Documents that are read at once, and rows that are compared at once.
PAGE: Final = 1000


class CensusBusyError(RuntimeError):
    """Another census of the pair is being taken."""


@dataclass(slots=True)
class CensusResult:
    """What is counted while the census goes on; `census` is its row once it is stored."""

    pair: Pair
    started_at: datetime
    business_at: datetime
    owed: int = 0
    found: int = 0
    early: int = 0
    on_the_way: dict[str, int] = field(default_factory=dict)
    census: Census | None = None


def take(pair: Pair, actor: str = "worker") -> CensusResult:
    """Count a pair and keep the answer. Raises CensusBusyError and what reading the ERP raises."""
    with session_lock(f"census:{pair.pk}") as is_ours:
        if not is_ours:
            raise CensusBusyError(f"An ERP check of {pair.name} is under way already.")
        result = CensusResult(pair, wall_now(), business_now())
        result.owed, result.on_the_way = ledger.begin(pair.pk)
        erp = standing_of(pair.erp)
        _read_keyed(result, erp)
        ledger.finish_reading()
        _find_missing(result, erp)
        _read_strays(result, erp)
        result.census = store.store(result, actor)
    return result


def _read_keyed(result: CensusResult, erp: ReadsPostings) -> None:
    """Every document under our keys, in the ERP's order of keys."""
    company, after = result.pair.company, ""
    last: StandingDocument | None = None
    while page := erp.list_postings(company, after, PAGE):
        after = page[-1].key
        _compare(result, erp, page, last)
        last = page[-1]
        if len(page) < PAGE:
            return


def _compare(
    result: CensusResult,
    erp: ReadsPostings,
    page: Sequence[StandingDocument],
    last: StandingDocument | None,
) -> None:
    keys = [document.key for document in page]
    owed = books.owed_by_key(result.pair, keys)
    known = ledger.owed_keys(keys)
    ours = [document for document in page if document.key in owed]
    ledger.note_read([(document.key, document.document.key) for document in ours])
    there = [document for document in ours if decide.is_there(document)]
    result.found += sum(document.key in known for document in there)
    result.early += sum(document.key not in known and _is_early(owed[document.key])
                        for document in there)  # fmt: skip
    doubtful: list[StandingDocument] = []
    before = last_key = last.key if last is not None else ""
    for document in page:
        one = owed.get(document.key)
        if one is not None and document.key == before:
            _keep(result, [decide.double(one, document)])
        elif _is_doubtful(result.pair, one, document):
            doubtful.append(document)
        before = document.key
    again = {document.key for document in doubtful}
    readings.note((one for one in page if one.key not in again and one.key != last_key), owed)
    _look_again(result, erp, [document.key for document in doubtful])


def _is_early(owed: Owed) -> bool:
    return not owed.stands and not owed.is_left_empty


def _is_doubtful(pair: Pair, owed: Owed | None, document: StandingDocument) -> bool:
    if owed is None:
        return decide.is_there(document) and books.is_of_pair(pair, document.key)
    return bool(decide.out_of_order(owed, document))


def _look_again(result: CensusResult, erp: ReadsPostings, keys: Sequence[str]) -> None:
    """Read doubtful documents and their rows once more; what is still wrong is a finding."""
    if not keys:
        return
    owed = books.owed_by_key(result.pair, keys)
    findings: list[Finding] = []
    documents = list(erp.postings_of(result.pair.company, keys))
    readings.note(documents, owed)
    for document in documents:
        one = owed.get(document.key)
        if not _is_doubtful(result.pair, one, document):
            continue
        if one is None or one.is_cancelled:
            findings.append(decide.unowed(document))
        else:
            names = decide.differing_fields(one, document)
            findings.append(decide.edited(one, document, names))
    _keep(result, findings)


def _find_missing(result: CensusResult, erp: ReadsPostings) -> None:
    for keys in ledger.not_read(PAGE):
        documents = list(erp.postings_of(result.pair.company, keys))
        owed = books.owed_by_key(result.pair, keys)
        there = {document.key for document in documents}
        gone = [one for one in owed.values() if one.key not in there and one.stands]
        result.found += len(there)
        readings.note(documents, owed)
        readings.note_missing(gone)
        _keep(result, [decide.missing(one) for one in gone])


def _read_strays(result: CensusResult, erp: ReadsPostings) -> None:
    cursor, has_more = "", True
    while has_more:
        page, cursor = erp.list_strays(result.pair.company, cursor, PAGE)
        has_more = bool(cursor)
        owed = books.owed_by_key(result.pair, [stray.resembles for stray in page])
        for stray in page:
            if one := owed.get(stray.resembles):
                _keep(result, [decide.double(one, stray)])
            elif books.is_in_batch_of(result.pair, stray):
                _keep(result, [decide.unowed(stray)])


def _keep(result: CensusResult, findings: Iterable[Finding]) -> None:
    """Put findings aside; texts of the ERP pass the card-number guard like any other."""
    spooled = [json.dumps(asdict(_clean(finding)), default=str) for finding in findings]
    if spooled:
        ledger.spool(spooled)


def _clean(finding: Finding) -> Finding:
    return replace(
        finding,
        message=guard.inspect_text(finding.message).text,
        found={name: guard.inspect_text(value).text for name, value in finding.found.items()},
        changed_by=guard.inspect_text(finding.changed_by).text,
    )
