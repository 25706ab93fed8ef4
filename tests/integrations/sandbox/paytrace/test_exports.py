import pytest

from tests.integrations.sandbox.paytrace.conftest import VISA, Sandbox


def ids(records: list) -> list[int]:
    return [record["transaction_id"] for record in records]


def test_an_export_echoes_what_was_sent_in_the_vendors_types(sandbox: Sandbox) -> None:
    sale = sandbox.sale(
        "12.30",
        invoice_id=536365,
        tax_amount="1.1",
        customer_reference_id="PO 7",
        description="two",
        email="ann@example.com",
        billing_address={"name": "Ann", "zip": "99999"},
        discretionary_data={"store": "5"},
    )
    record = sandbox.record(sale)
    assert record["amount"] == 12.3
    assert (record["tax_amount"], record["invoice_id"]) == ("1.10", "536365")
    assert record["customer_reference_id"] == "PO 7"
    assert record["receipt_emailed_to"] == "ann@example.com"
    assert record["billing_address"]["name"] == "Ann"
    assert record["discretionary_data"] == {"store": "5"}
    assert record["created"]["at"] == "12/1/2010 12:00:00 PM"
    assert (record["status_code"], record["settled"]) == ("Y", "")


def test_a_bin_is_told_only_when_asked_for(sandbox: Sandbox) -> None:
    sale = sandbox.sale()
    assert sandbox.record(sale)["credit_card"]["masked_number"] == "************1111"
    asked = sandbox.record(sale, include_bin=True)["credit_card"]["masked_number"]
    assert asked == "411111******1111"


def test_an_export_answers_success_with_code_1(sandbox: Sandbox) -> None:
    body = sandbox.call("transactions/export/by_id", transaction_id=str(sandbox.sale()))
    assert (body["success"], body["response_code"]) == (True, 1)
    assert sandbox.errors("transactions/export/by_id", transaction_id=1) == ["58"]


def test_a_range_goes_by_pacific_days(sandbox: Sandbox) -> None:
    first = sandbox.sale()
    sandbox.at(2010, 12, 2, 7, 59, 59)
    second = sandbox.sale()
    sandbox.at(2010, 12, 2, 8)
    third = sandbox.sale()
    assert ids(sandbox.day("12/01/2010")) == [first, second]
    assert ids(sandbox.day("12/02/2010")) == [third]
    assert ids(sandbox.day("11/30/2010", "12/02/2010")) == [first, second, third]


def test_a_range_filters_by_type_state_and_customer(sandbox: Sandbox) -> None:
    settled = sandbox.sale(customer_id="C1")
    sandbox.settle_tonight()
    pending, voided = sandbox.sale(customer_id="C2"), sandbox.sale()
    sandbox.call("transactions/void", transaction_id=voided)
    held = sandbox.call("transactions/authorization/keyed", amount="1", credit_card=VISA)
    failed = sandbox.call("transactions/sale/keyed", amount="0.29", credit_card=VISA)
    found = {
        kind: ids(sandbox.day("12/01/2010", transaction_type=kind))
        for kind in ("SETTLED", "PENDING", "VOID", "DECLINED", "AUTHORIZATION", "STR/FWD")
    }
    assert found == {
        "SETTLED": [settled],
        "PENDING": [pending],
        "VOID": [voided],
        "DECLINED": [failed["transaction_id"]],
        "AUTHORIZATION": [held["transaction_id"]],
        "STR/FWD": [],
    }
    assert ids(sandbox.day("12/01/2010", customer_id="C2")) == [pending]
    assert ids(sandbox.day("12/01/2010", transaction_id=voided)) == [voided]


@pytest.mark.parametrize(
    "field", ["invoice_id", "description", "customer_reference_id", "customer_id"]
)
def test_including_text_is_a_substring_of_four_fields(sandbox: Sandbox, field: str) -> None:
    wanted = sandbox.sale(**{field: "inv 536365%"})
    sandbox.sale(**{field: "INV 536366"})
    assert ids(sandbox.day("12/01/2010", including_text="V 536365%")) == [wanted]


@pytest.mark.parametrize(
    ("first", "last"),
    [("2010-12-01", "12/01/2010"), ("13/01/2010", "12/01/2010"), ("12/02/2010", "12/01/2010"),
     ("", ""), (None, 5), ("12/01/9999", "12/31/9999")],
)  # fmt: skip
def test_dates_must_be_a_range_of_the_calendar(
    sandbox: Sandbox, first: object, last: object
) -> None:
    path = "transactions/export/by_date_range"
    assert sandbox.errors(path, start_date=first, end_date=last) == ["9003"]


def test_an_unknown_type_is_refused(sandbox: Sandbox) -> None:
    errors = sandbox.errors(
        "transactions/export/by_date_range",
        start_date="12/01/2010",
        end_date="12/01/2010",
        transaction_type="LOAN",
    )
    assert errors == ["9004"]


def test_the_same_export_at_the_same_time_is_the_same_bytes(sandbox: Sandbox) -> None:
    for number in range(5):
        sandbox.sale(f"{number + 1}.10", invoice_id=f"INV {number}")
    sandbox.settle_tonight()
    asked = {"start_date": "12/01/2010", "end_date": "12/02/2010"}
    for path in ("transactions/export/by_date_range", "batches/export", "batches/export_one"):
        assert sandbox.post(path, asked).content == sandbox.post(path, asked).content
