"""An invoice and a customer for other software, before a real sandbox of the ERP."""

import pytest

from integrations.errors import TransientError
from integrations.services import connectors
from reconciliation.models import Reservation
from tests.builders import TransactionFactory
from tests.reconciliation.conftest import desk_erp_url, hub  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(hub):  # noqa: F811
    """An invoice of 139.12 with 100.00 on it: its number in the ERP."""
    hub.payment("100.00", hub.invoice("41", "139.12"))
    hub.run()
    return Reservation.objects.get().document_no


def test_other_software_reads_the_same_of_an_invoice_and_a_customer(api, hub, paid):  # noqa: F811
    found = api.get(f"pairs/{hub.pair.slug}/invoices/{paid}").json()
    [item] = found["erp"]["items"]
    assert (item["document_no"], item["amount"]["amount"]) == (paid, "139.12")
    assert [(each["amount"]["amount"], each["counts"]) for each in found["applied"]] == [
        ("100.00", True)
    ]
    TransactionFactory(
        connection=hub.pair.gateway, customer_id=hub.customer, placement="on_account", amount="2.50"
    )
    found = api.get(f"pairs/{hub.pair.slug}/customers/{hub.customer}").json()
    assert found["on_account"] == [{"amount": "2.50", "currency": "USD"}]
    assert [item["document_no"] for item in found["erp"]["items"]] == [paid]


def test_other_software_is_told_that_the_erp_is_silent(api, hub, paid, monkeypatch):  # noqa: F811
    def silent(connection):
        raise TransientError("No answer in 30 s.")

    monkeypatch.setattr(connectors, "connector_of", silent)
    found = api.get(f"pairs/{hub.pair.slug}/invoices/{paid}").json()
    assert found["erp"]["problem"] == "No answer in 30 s."
    assert len(found["applied"]) == 1
    assert api.get(f"pairs/{hub.pair.slug}/invoices/{'x' * 41}").status_code == 404
