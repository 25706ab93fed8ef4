"""Every posted line can be explained: from the ERP's ledger back to the gateway's bytes."""

import pytest

from integrations.models import Envelope
from integrations.services.intake import open_body
from reconciliation.models import Effect
from tests.hub import Hub

#: The lines of every batch that we opened; the company's own invoices have theirs besides.
LINES = """
    SELECT g."GLTranKey", k."PostingKey" FROM "tglTransaction" g
    LEFT JOIN "tarCustPmt" p ON p."BatchKey" = g."BatchKey" AND p."TranType" = g."TranType"
        AND p."TranNo" = g."TranNo"
    LEFT JOIN "tglJournalHdr" j ON j."BatchKey" = g."BatchKey"
        AND lpad(j."JrnlNo"::text, 10, '0') = g."TranNo"
    LEFT JOIN tieout."PostingKey" k
        ON k."DocumentKind" = 'cash_receipt' AND k."DocumentKey" = p."CustPmtKey"
        OR k."DocumentKind" = 'journal' AND k."DocumentKey" = j."JrnlHdrKey"
    WHERE EXISTS (SELECT 1 FROM tieout."PostingKey" b
        WHERE b."DocumentKind" = 'batch' AND b."DocumentKey" = g."BatchKey")
"""


@pytest.fixture
def run(hub: Hub):
    """Sales that pay, that stand on account, that nobody knows; a refund; two deposits."""
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.sale("30.00", "999999")
    hub.sale("20.00", "", customer="nobody")
    hub.settle()
    hub.refund(sale, "10.00")
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "144.75"))
    hub.settle()
    return hub


def test_every_ledger_line_leads_back_to_the_bytes_it_came_from(run: Hub):
    lines = run.sql(LINES)
    assert len(lines) >= 8
    kinds = set()
    for line, key in lines:
        assert key, f"ledger line {line} has no key of ours"
        effect = Effect.objects.select_related("posting", "version", "fact__envelope").get(key=key)
        assert effect.posting.state in ("posted", "duplicate")
        assert effect.version.number >= 1
        assert effect.rules, key
        envelope = Envelope.objects.get(pk=effect.fact.envelope_id)
        assert named_in(effect, open_body(envelope)), key
        kinds.add(effect.kind)
    assert {"receipt", "refund", "deposit"} <= kinds


def named_in(effect: Effect, body: bytes) -> bool:
    """The envelope names what the effect is about: the payment, the batch, or the bank's line."""
    names = []
    if effect.transaction is not None:
        names.append(effect.transaction.vendor_id)
    elif effect.line is not None:
        names.append(effect.line.description)
    if effect.batch is not None:
        names.append(effect.batch.vendor_ref)
    return any(name.encode() in body for name in names)
