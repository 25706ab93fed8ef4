"""Keeping a census: its row, its findings, what stands on the desk, who is told; at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from audit import services as audit
from integrations.choices import AlertKind
from integrations.clock import wall_now
from integrations.models import Pair, Posting
from integrations.services import alerts
from reconciliation.census import Finding
from reconciliation.choices import (
    FINDING_REASON,
    OPEN_STATES,
    ExceptionState,
    FindingKind,
)
from reconciliation.models import Census, CensusFinding, ExceptionItem
from reconciliation.services.census import ledger
from reconciliation.services.desk_open import Wanted, close_by_machine, open_exceptions
from reconciliation.services.pairs import today

if TYPE_CHECKING:
    from reconciliation.services.census.taking import CensusResult

AT_ONCE: Final = 500


def store(result: CensusResult, actor: str) -> Census:
    accepted = _accepted(result.pair)
    with transaction.atomic():
        census = _census(result, actor, accepted)
        for page in ledger.spooled(AT_ONCE):
            findings = [Finding(**plain) for plain in page]
            rows = [_row(census, one, one.fingerprint in accepted) for one in findings]
            CensusFinding.objects.bulk_create(rows)
            postings = _postings(rows)
            open_exceptions(
                _wanted(result.pair, one, postings)
                for one, row in zip(findings, rows, strict=True)
                if not row.is_accepted
            )
        _close_what_is_gone(census)
        _tell(census)
        audit.record(
            "census.taken",
            ("census", str(census.pk)),
            actor=actor,
            summary=summary(census),
            details={"pair": result.pair.slug, "number": census.number} | counts(census),
            business_on=today(result.pair),
        )
    return census


def counts(census: Census) -> dict[str, int]:
    return {
        "owed": census.owed,
        "found": census.found,
        "missing": census.missing,
        "double": census.double,
        "edited": census.edited,
        "unowed": census.unowed,
        "accepted": census.accepted,
        "on_the_way": census.waiting,
    }


def summary(census: Census) -> str:
    """`1,284 owed, 1,284 found, 0 missing, 0 double, 0 changed, 0 not owed.`"""
    numbers = counts(census)
    words = ("owed", "found", "missing", "double", "edited", "unowed")
    said = {"edited": "changed", "unowed": "not owed"}
    return ", ".join(f"{numbers[word]:,} {said.get(word, word)}" for word in words) + "."


def _census(result: CensusResult, actor: str, accepted: frozenset[str]) -> Census:
    wrong: Counter[str] = Counter()
    looked_at = 0
    for page in ledger.spooled(AT_ONCE):
        for plain in page:
            finding = Finding(**plain)
            if finding.fingerprint in accepted:
                looked_at += 1
            else:
                wrong[finding.kind] += 1
    last = Census.objects.filter(pair=result.pair).order_by("-number").first()
    return Census.objects.create(
        pair=result.pair,
        number=last.number + 1 if last else 1,
        business_at=result.business_at,
        started_at=result.started_at,
        ended_at=max(wall_now(), result.started_at),
        taken_by=actor,
        owed=result.owed,
        found=result.found,
        early=result.early,
        on_the_way=result.on_the_way,
        missing=wrong[FindingKind.MISSING],
        double=wrong[FindingKind.DOUBLE],
        edited=wrong[FindingKind.EDITED],
        unowed=wrong[FindingKind.UNOWED],
        accepted=looked_at,
    )


def _accepted(pair: Pair) -> frozenset[str]:
    """Fingerprints of what a person dismissed: the same again is not put before them again."""
    dismissed = ExceptionItem.objects.filter(
        connection=pair.erp,
        reason__in=list(FINDING_REASON.values()),
        state=ExceptionState.DISMISSED,
        details__pair=pair.slug,
    )
    return frozenset(dismissed.values_list("details__fingerprint", flat=True))


def _row(census: Census, finding: Finding, is_accepted: bool) -> CensusFinding:
    return CensusFinding(
        census=census,
        kind=finding.kind,
        subject=finding.subject[:120],
        posting_id=finding.posting_id,
        key=finding.key[:200],
        document_kind=finding.document_kind,
        document_no=finding.document_no[:30],
        document_key=finding.document_key[:30],
        batch_ref=finding.batch_ref[:30],
        amount=Decimal(finding.amount),
        currency=finding.currency,
        owed=dict(finding.owed),
        found=dict(finding.found),
        differing=list(finding.differing),
        changed_by=finding.changed_by[:60],
        changed_at=finding.changed_at[:30],
        message=finding.message[:400],
        is_accepted=is_accepted,
    )


def _postings(rows: Sequence[CensusFinding]) -> dict[int, Posting]:
    ids = {row.posting_id for row in rows if row.posting_id}
    related = ("effect__transaction", "effect__batch", "effect__line", "effect__fact")
    return Posting.objects.select_related(*related).in_bulk(ids)


def _wanted(pair: Pair, finding: Finding, postings: dict[int, Posting]) -> Wanted:
    posting = postings.get(finding.posting_id) if finding.posting_id else None
    about: dict[str, Any] = {}
    if posting is not None:
        effect = posting.effect
        about = {
            "posting": posting,
            "transaction": effect.transaction,
            "batch": effect.batch,
            "line": effect.line,
            "fact": effect.fact,
        }
    return Wanted(
        reason=FINDING_REASON[finding.kind],
        subject=finding.subject[:120],
        connection=pair.erp,
        message=finding.message,
        business_on=today(pair),
        amount=Decimal(finding.amount),
        currency=finding.currency,
        details=_details(pair, finding),
        suggestions=[
            {"action": "dismiss", "label": "It is right as it stands in the ERP", "value": ""}
        ],
        **about,
    )


def _details(pair: Pair, finding: Finding) -> dict[str, Any]:
    """Both sides of what differs, as the desk shows them."""
    names = finding.differing or sorted({*finding.owed, *finding.found})
    return {
        "pair": pair.slug,
        "fingerprint": finding.fingerprint,
        "document": finding.document_no,
        "owed": {name: finding.owed.get(name, "") for name in names},
        "in_the_erp": {name: finding.found.get(name, "") for name in names},
        "changed_by": finding.changed_by,
        "changed_at": finding.changed_at,
    }


def _close_what_is_gone(census: Census) -> None:
    """Exceptions of earlier censuses that this one does not find any more."""
    for kind, reason in FINDING_REASON.items():
        still = CensusFinding.objects.filter(census=census, kind=kind, subject=OuterRef("subject"))
        gone = ExceptionItem.objects.filter(
            connection=census.pair.erp,
            reason=reason,
            state__in=OPEN_STATES,
            details__pair=census.pair.slug,
        ).exclude(Exists(still))
        close_by_machine(gone, f"ERP check {census.number} finds it in order.")


def _tell(census: Census) -> None:
    """Finance hears of anything that does not fit; operations of what is missing or double."""
    pair = census.pair
    subject = f"pair:{pair.slug}"
    cases = (
        (AlertKind.CENSUS_FINDING, not census.fits, "Ledger and books disagree"),
        (AlertKind.ERP_COUNT, bool(census.missing or census.double), "Documents missing or double"),
    )
    for kind, is_wrong, title in cases:
        if is_wrong:
            alerts.raise_alert(
                kind, subject, f"{pair.name}: {title}", summary(census), connection=pair.erp
            )
        else:
            alerts.clear(kind, subject)
