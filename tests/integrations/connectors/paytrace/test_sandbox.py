"""Over the wire against the PayTrace sandbox: what a merchant does, and what polling sees of it."""

from datetime import UTC, datetime

from integrations.canonical import TransactionKind, TransactionStatus
from integrations.contracts import Capability
from integrations.money import Money
from integrations.registry import build
from tests.integrations.sandbox.paytrace.conftest import (  # noqa: F401  (fixtures)
    VISA,
    Sandbox,
    database_url,
    sandbox,
    settings_of_sandbox,
)

K, S = TransactionKind, TransactionStatus
NIGHT = datetime(2010, 12, 2, 5, tzinfo=UTC)


def connect(sandbox):  # noqa: F811
    settings = {"base_url": sandbox.base, "username": "sandbox-api-user", "include_bin": True}
    return build("paytrace", settings, {"password": "sandbox-only-password"}, sandbox=True)


def records(connector, stream, moment=NIGHT):
    page = connector.fetch(stream, {}, moment=moment, limit=10)
    parsed = [connector.parse(d.kind, d.body, d.context).records for d in page.documents]
    return [record for page_records in parsed for record in page_records]


def test_a_day_at_the_sandbox_is_read_as_it_was(sandbox: Sandbox):  # noqa: F811
    sale = sandbox.sale("139.12", invoice_id="#536365")
    voided = sandbox.sale("7.00")
    sandbox.call("transactions/void", transaction_id=voided)
    held = sandbox.call("transactions/authorization/keyed", amount="5.00", credit_card=VISA)
    sandbox.post("transactions/sale/keyed", {"amount": "0.29", "credit_card": VISA})
    sandbox.settle_tonight()
    connector = connect(sandbox)
    found = {record.external_id: record for record in records(connector, Capability.TRANSACTIONS)}
    batches = records(connector, Capability.BATCHES)
    connector.close()
    settled = found[str(sale)]
    assert (settled.kind, settled.status, settled.method) == (K.SALE, S.SETTLED, "VISA")
    assert settled.reference_texts[0] == "#536365"
    assert found[str(voided)].status is S.VOIDED
    assert found[str(held["transaction_id"])].kind is K.AUTHORIZATION
    assert sorted(r.status for r in found.values()) == [
        S.AUTHORIZED, S.DECLINED, S.SETTLED, S.VOIDED,
    ]  # fmt: skip
    [batch] = batches
    assert batch.external_id == settled.batch_ref
    assert batch.net == settled.amount == Money.parse("139.12", "USD")


def test_a_capture_keeps_its_id_and_becomes_a_sale(sandbox: Sandbox):  # noqa: F811
    held = sandbox.call("transactions/authorization/keyed", amount="5.00", credit_card=VISA)
    connector = connect(sandbox)
    vendor_id = str(held["transaction_id"])
    before = connector.fetch_by_id(Capability.TRANSACTIONS, vendor_id)
    sandbox.call("transactions/authorization/capture", transaction_id=held["transaction_id"])
    after = connector.fetch_by_id(Capability.TRANSACTIONS, vendor_id)
    parsed = [connector.parse(d.kind, d.body, d.context).records[0] for d in (before, after)]
    connector.close()
    assert [(r.kind, r.status) for r in parsed] == [
        (K.AUTHORIZATION, S.AUTHORIZED),
        (K.SALE, S.CAPTURED),
    ]
    assert {record.external_id for record in parsed} == {vendor_id}
