"""What payers do, one story each: where the money stands, and what a person is shown."""

from reconciliation.models import Reservation
from tests.hub import Hub


def paid(hub: Hub, net: str) -> None:
    """The batch closes, and the bank pays it."""
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", net))
    assert hub.batch.state == "tied_out"
    assert hub.ledger()["1050-00"] == "0.00"


def test_an_exact_payment_ties_out(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    paid(hub, "96.80")
    assert hub.balance("536365") == "0.00"
    assert hub.transaction(sale).placement == "applied"
    assert hub.ledger() == {
        "1000-00": "96.80", "1050-00": "0.00", "1200-00": "-100.00", "6200-00": "3.20",
    }  # fmt: skip
    assert hub.reasons() == []


def test_the_certificate_can_be_added_up_by_an_outsider(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    paid(hub, "96.80")
    certificate = hub.certificate()
    body = certificate.body
    assert certificate.ties_out
    assert (body["sales"], body["fees"], body["net"]) == (
        {"count": 1, "amount": "100.00"},
        "3.20",
        "96.80",
    )
    assert body["bank"]["amount"] == "96.80"
    assert (body["clearing"]["debits"], body["clearing"]["sum"]) == ("100.00", "0.00")
    assert (body["residual"], body["residuals"]) == ("0.00", [])


def test_a_partial_payment_leaves_the_rest_open(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("40.00", "536365")
    paid(hub, "38.54")
    assert hub.balance("536365") == "60.00"
    assert hub.reasons() == []


def test_two_partial_payments_close_an_invoice(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("40.00", "536365")
    hub.sale("60.00", "536365")
    paid(hub, "96.50")
    assert hub.balance("536365") == "0.00"
    assert hub.reasons() == []


def test_what_is_paid_too_much_stands_on_account(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("130.00", "536365")
    paid(hub, "125.93")
    assert hub.balance("536365") == "0.00"
    assert hub.ledger()["1200-00"] == "-130.00"
    assert hub.reasons() == ["overpaid"]


def test_one_payment_closes_several_invoices(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.invoice("536366", "50.00")
    hub.sale("150.00", "536365/536366")
    paid(hub, "145.35")
    assert (hub.balance("536365"), hub.balance("536366")) == ("0.00", "0.00")
    assert hub.receipts() == ["150.00"]
    assert hub.reasons() == []


def test_references_are_understood_as_people_type_them(hub: Hub):
    typed = ["INV 536365", "#536366", "inv no. 536367", "INV-536368", "(536369)"]
    for number, text in enumerate(typed, 536365):
        hub.invoice(str(number), "100.00")
        hub.sale("100.00", text)
    hub.settle()
    assert {hub.balance(str(number)) for number in range(536365, 536370)} == {"0.00"}
    assert hub.reasons() == []


def test_an_unknown_invoice_goes_on_the_customers_account(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "999999")
    paid(hub, "96.80")
    assert hub.balance("536365") == "100.00"
    assert hub.transaction(sale).placement == "on_account"
    assert hub.ledger()["1200-00"] == "-100.00"
    assert hub.reasons() == ["invoice_not_found"]


def test_an_unknown_customers_money_is_unidentified(hub: Hub):
    sale = hub.sale("100.00", "999999", customer="nobody")
    paid(hub, "96.80")
    assert hub.transaction(sale).placement == "unidentified"
    assert hub.ledger() == {
        "1000-00": "96.80", "1050-00": "0.00", "2300-00": "-100.00", "6200-00": "3.20",
    }  # fmt: skip
    assert hub.reasons() == ["customer_unknown"]


def test_invoices_of_several_customers_stay_open(hub: Hub):
    hub.invoice("536365", "100.00", "17850")
    hub.invoice("536366", "50.00", "13047")
    sale = hub.sale("150.00", "536365 536366", customer="17850")
    paid(hub, "145.35")
    assert (hub.balance("536365"), hub.balance("536366")) == ("100.00", "50.00")
    assert hub.transaction(sale).placement == "on_account"
    assert hub.reasons() == ["several_customers"]


def test_a_second_charge_of_another_day_is_flagged(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    second = hub.sale("100.00", "536365")
    hub.settle()
    assert hub.balance("536365") == "0.00"
    assert hub.transaction(second).placement == "on_account"
    assert hub.receipts() == ["100.00", "100.00"]
    assert hub.reasons() == ["second_charge"]


def test_two_payments_of_one_evening_never_over_apply_an_invoice(hub: Hub):
    hub.invoice("536365", "100.00")
    hub.sale("70.00", "536365")
    hub.sale("70.00", "536365")
    hub.settle()
    assert hub.balance("536365") == "0.00"
    reserved = Reservation.objects.order_by("id").values_list("amount", flat=True)
    assert [f"{amount:.2f}" for amount in reserved] == ["70.00", "30.00"]
    assert hub.reasons() == ["overpaid"]


def test_what_is_declined_or_voided_is_no_payment(hub: Hub):
    hub.invoice("536365", "100.00")
    declined = hub.charge("0.29", invoice_id="536365")
    voided_at_once = hub.charge("100.00", invoice_id="536365", csc="103")
    voided = hub.sale("100.00", "536365")
    hub.void(voided)
    hub.settle()
    assert (declined["success"], voided_at_once["response_code"]) == (False, 103)
    assert hub.receipts() == []
    assert hub.balance("536365") == "100.00"
    assert hub.transaction(voided).decision == "nothing"
    assert hub.ends("transaction").count("booked") == 3
    assert hub.reasons() == []


def test_a_sale_that_was_seen_before_its_void_is_no_payment(hub: Hub):
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.run()
    assert hub.transaction(sale).status == "captured"
    hub.void(sale)
    hub.settle()
    assert hub.transaction(sale).status == "voided"
    assert hub.receipts() == []
