"""What a record says and what became of it, as people and other software read it."""

import re

from tests.hub import Hub
from tests.journeys.people import Person

PAYMENT = {
    "vendor_id", "amount", "status", "kind", "method", "customer_ref", "reference_texts",
    "captured_at", "response",
}  # fmt: skip


def of(person: Person, vendor_id: str) -> dict:
    [row] = [each for each in person.json("transactions") if each["vendor_id"] == vendor_id]
    return person.json(f"transactions/{row['id']}")


def test_a_sale_a_refund_and_an_authorization_are_told_apart(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    refund = hub.refund(sale, "40.00")
    body = {"amount": "12.50", "credit_card": VISA}
    answer = hub.gateway.call("transactions/authorization/keyed", **body)
    hub.run()
    hub.afternoon()
    kinds = {each["vendor_id"]: each["kind"] for each in finance.json("transactions")}
    assert kinds == {
        sale: "sale", refund: "refund", str(answer["transaction_id"]): "authorization",
    }  # fmt: skip
    assert "Authorization" in finance.transaction(str(answer["transaction_id"]))


VISA = {"number": "4111111111111111", "expiration_month": "12", "expiration_year": "2015"}


def test_a_payment_says_all_that_the_gateway_said_of_it(hub: Hub, finance):
    sale = hub.sale("100.00", "536365", customer="17850")
    hub.settle()
    found = of(finance, sale)
    assert found.keys() >= PAYMENT
    assert found["amount"] == {"amount": "100.00", "currency": "USD"}
    assert (found["method"], found["customer_ref"]) == ("VISA", "17850")
    assert found["reference_texts"][0] == "536365"
    assert (found["captured_at"], found["status"]) == ("2010-12-01T20:00:00Z", "settled")
    assert found["response"].startswith("APPROVAL")
    assert found["erp_status"] == "Paid"


def test_what_was_normalised_stands_beside_what_came_field_by_field(hub: Hub):
    auditor = Person("demo-auditor")
    hub.sale("100.00", "536365")
    hub.settle()
    rows = re.findall(r'id="row-(\d+)"', auditor.source("/envelopes/"))
    pages = [auditor.see(f"/envelopes/{row}/", fact=0) for row in rows]
    said = next(page for page in pages if "settled Normalised" in page)
    assert "status status_code, status_message GB0001" in said
    assert "captured at created.at 12/1/2010" in said
    assert "2010-12-01T20:00:00+00:00 Normalised" in said
    assert "reference texts invoice_id, description, customer_reference_id 536365 536365" in said


def test_documents_say_account_amount_date_customer_invoice_and_method(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    refund = hub.refund(sale, "40.00")
    hub.settle()
    receipt, journal = finance.documents_of(sale), finance.documents_of(refund)
    for said in ("17850", "0000000001-IN", "100.00 USD", "VISA", sale, "1 Dec 2010"):
        assert said in receipt, said
    for said in ("1050-00", "2310-00", "40.00", refund, "2010-12-02"):
        assert said in journal, said


def test_each_stage_of_a_payment_is_shown_with_its_rule(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    said = finance.transaction(sale)
    stages = (
        "Gateway says: settled", "Decided by the rules", "Cash receipt of 100.00",
        "Settled in a batch", "At the bank: 96.80", "Proven",
    )  # fmt: skip
    places = [said.index(stage) for stage in stages]
    assert places == sorted(places)
    assert re.search(r"Cash receipt, rule set 1 .*(status|account) \d", said), said


def test_the_payments_number_is_the_receipts_reference_in_the_erp(hub: Hub, finance):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    [row] = [each for each in finance.json("documents") if each["kind"] == "receipt"]
    finance.send(f"/documents/{row['id']}/read/")
    said = finance.see(f"/documents/{row['id']}/")
    assert f"Payment reference {sale} {sale}" in said
    assert f"tx:{sale}|receipt" in said


def test_what_is_declined_is_kept_with_its_answer_and_posts_nothing(hub: Hub, finance):
    declined = str(hub.charge("0.29", invoice_id="536365")["transaction_id"])
    hub.settle()
    said = finance.transaction(declined)
    assert "Declined" in said
    assert "Gateway says" in said
    assert "Status in the ERP Open" in said
    assert (hub.receipts(), finance.exceptions("")) == ([], [])
