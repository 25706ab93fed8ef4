"""A document's way: what the gateway said, the rule, the sending, what was read back, the proof."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.html import format_html

from console import formats
from reconciliation import words
from reconciliation.models import CensusFinding, DocumentReading, Effect
from reconciliation.timeline import Step, banked, fact_line, posted, proven, received, settled


def document_steps(
    effect: Effect,
    reading: DocumentReading | None,
    findings: Sequence[CensusFinding],
    *,
    may_open: bool = False,
) -> list[Step]:
    """Every step across gateway, hub, ERP and bank. Seven queries at most."""
    transaction = effect.transaction
    batch = effect.batch or (transaction.batch if transaction else None)
    steps = received(transaction, may_open) if transaction else []
    if batch is not None and transaction is None:
        steps.append(settled(None, batch))
    steps += [_owed(effect), posted(effect), _read_back(reading)]
    steps += [_found(each) for each in findings]
    if batch is None:
        return steps
    if transaction is not None:
        steps.append(settled(transaction, batch))
    return [*steps, *banked(batch), proven(batch)]


def _owed(effect: Effect) -> Step:
    rules = "; ".join(words.rule(each) for each in effect.rules) or "no rule named"
    lines = [
        fact_line("Business day", formats.day_text(effect.business_on)),
        fact_line(f"Rule set {effect.version.number}", rules),
    ]
    if effect.corrects:
        where = reverse("document", args=[effect.corrects.pk])
        number = effect.corrects.posting.document_no or "a document"
        lines.append(format_html('<b>Corrects</b> <a href="{}">{}</a>', where, number))
    return Step("Decided by the rules", "good", effect.created_at, "", lines)


def _read_back(reading: DocumentReading | None) -> Step:
    if reading is None:
        return Step("Read back", "mute", None, "The next ERP check reads it there")
    lines = (
        [fact_line("In the ERP", reading.fields["status"])] if "status" in reading.fields else []
    )
    if reading.differing and reading.changed_by:
        when = f", {reading.changed_at}" if reading.changed_at else ""
        lines.append(fact_line("Last changed by", f"{reading.changed_by}{when}"))
    if reading.first_read_at != reading.read_at:
        lines.append(fact_line("First read", formats.moment_text(reading.first_read_at)))
    tone = words.READ_BACK_TONES[reading.verdict]
    return Step(
        "Read back from the ERP", tone, reading.read_at, words.read_back(reading.verdict), lines
    )


def _found(finding: CensusFinding) -> Step:
    census = finding.census
    url = f"{reverse('census', args=[census.pk])}?kind={finding.kind}"
    status = formats.tag("Accepted", "mute") if finding.is_accepted else ""
    lines = [
        format_html('<b>ERP check</b> <a href="{}">{}</a>', url, census.number),
        fact_line("It says", finding.message),
    ]
    title = f"An ERP check says: {words.finding_kind(finding.kind)}"
    tone = "mute" if finding.is_accepted else "bad"
    return Step(title, tone, census.started_at, status, lines)
