"""Who a customer may be in the ERP: looked up by shared keys, linked where the policy says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db import transaction

from audit import services as audit
from integrations.clock import wall_now
from integrations.models import Pair
from mapping.choices import CandidateState, IdentitySystem, LinkGround
from mapping.customers.blocking import keys_of
from mapping.customers.comparing import Comparison, Verdict
from mapping.customers.matching import MOST_IN_A_BLOCK, Match, best
from mapping.customers.measured import step_of
from mapping.customers.policy import Band, Policy
from mapping.customers.prepared import Prepared
from mapping.models import CustomerCandidate, CustomerIdentity, CustomerLink
from mapping.services.customers.identities import prepared_of, sharing_keys
from mapping.services.customers.policies import policy_of
from mapping.services.links import link

AT_ONCE: Final = 100
WORKER: Final = "worker"


def matches_of(pair: Pair, wanted: Prepared, policy: Policy | None = None) -> list[Match]:
    """The best ERP customers for a record that need not be stored, the surest first."""
    near = sharing_keys(pair, keys_of(wanted), IdentitySystem.ERP, MOST_IN_A_BLOCK)
    return best(wanted, [prepared_of(row) for row in near], policy or policy_of(pair))


def look_up(pair: Pair, limit: int = AT_ONCE) -> int:
    """Look for candidates of those that wait for it; answers how many were looked at."""
    with transaction.atomic():
        rows = list(
            CustomerIdentity.objects.select_for_update(skip_locked=True)
            .filter(pair=pair, is_looked_up=False)
            .exclude(system=IdentitySystem.ERP)
            .order_by("pk")[:limit]
        )
        policy = policy_of(pair)
        linked = _linked(pair, rows)
        for row in rows:
            if (row.system, row.ref) not in linked:
                _look_up(pair, row, policy)
        CustomerIdentity.objects.filter(pk__in=[row.pk for row in rows]).update(is_looked_up=True)
    return len(rows)


def _linked(pair: Pair, rows: Sequence[CustomerIdentity]) -> set[tuple[str, str]]:
    found = CustomerLink.objects.filter(pair=pair, ref__in=[row.ref for row in rows])
    return set(found.values_list("system", "ref"))


def _look_up(pair: Pair, row: CustomerIdentity, policy: Policy) -> None:
    near = sharing_keys(pair, keys_of(prepared_of(row)), IdentitySystem.ERP, MOST_IN_A_BLOCK)
    by_ref = {one.ref: one for one in near}
    found = best(prepared_of(row), [prepared_of(one) for one in near], policy)
    known = {c.erp_id: c for c in row.candidates.select_for_update()}
    refused = [c for c in known.values() if c.state == CandidateState.NOT_SAME]
    fresh: list[CustomerCandidate] = []
    for match in found:
        erp = by_ref[match.candidate.identity.ref]
        candidate = known.pop(erp.pk, None)
        if candidate is not None and candidate.state == CandidateState.NOT_SAME:
            continue  # a person has said so
        fresh.append(_told(candidate or CustomerCandidate(identity=row, erp=erp), match))
    for candidate in known.values():
        if candidate.state == CandidateState.OPEN:
            candidate.state = CandidateState.GONE
            candidate.save(update_fields=["state"])
    sure = [c for c in fresh if c.band == Band.LINK]
    if policy.links_alone and len(sure) == 1 and not refused:
        _link_alone(pair, row, sure[0])


def _told(candidate: CustomerCandidate, match: Match) -> CustomerCandidate:
    scored = match.scored
    candidate.state = CandidateState.OPEN
    candidate.tier, candidate.score = int(scored.tier), scored.score
    candidate.band, candidate.step = match.band.value, step_of(scored)
    candidate.why, candidate.against = scored.why[:400], list(scored.against)
    candidate.evidence = [evidence_of(c) for c in scored.comparisons if _is_shown(c)]
    candidate.decided_by, candidate.decided_at, candidate.note = "", None, ""
    candidate.made_at = wall_now()
    candidate.save()
    return candidate


def _is_shown(comparison: Comparison) -> bool:
    return comparison.verdict is not Verdict.ABSENT or bool(comparison.left or comparison.right)


def evidence_of(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain values, for a row and for a page."""
    return {
        "field": comparison.field.value,
        "verdict": comparison.verdict.value,
        "words": comparison.words,
        "left": comparison.left,
        "right": comparison.right,
    }


def _link_alone(pair: Pair, row: CustomerIdentity, candidate: CustomerCandidate) -> None:
    link(
        pair, row.ref, candidate.erp.ref, WORKER,
        system=row.system, ground=LinkGround.POLICY, why=candidate.why,
    )  # fmt: skip
    candidate.state, candidate.decided_by = CandidateState.LINKED, WORKER
    candidate.decided_at = wall_now()
    candidate.save()
    audit.record(
        "customer.linked_by_policy",
        ("customer", row.ref),
        actor=WORKER,
        summary=f"{row.ref} is customer {candidate.erp.ref}: {candidate.why}",
        details={"score": candidate.score, "step": candidate.step},
    )
