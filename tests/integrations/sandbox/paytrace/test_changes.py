import pytest

from tests.integrations.sandbox.paytrace.conftest import VISA, Sandbox


def authorize(sandbox: Sandbox, amount: str = "10.00") -> int:
    answer = sandbox.call("transactions/authorization/keyed", amount=amount, credit_card=VISA)
    return answer["transaction_id"]


def test_a_capture_keeps_the_id_and_may_be_less(sandbox: Sandbox) -> None:
    held = authorize(sandbox)
    body = sandbox.call("transactions/authorization/capture", transaction_id=held, amount="9.5")
    assert (body["response_code"], body["transaction_id"]) == (112, held)
    record = sandbox.record(held)
    assert (record["amount"], record["status_code"]) == (9.5, "Y")
    assert record["status_message"] == "Pending Settlement"


def test_a_capture_needs_an_open_authorization_and_no_more_than_its_amount(
    sandbox: Sandbox,
) -> None:
    path, held = "transactions/authorization/capture", authorize(sandbox)
    assert sandbox.errors(path, transaction_id=held, amount="10.01") == ["9007"]
    sandbox.call(path, transaction_id=held)
    assert sandbox.errors(path, transaction_id=held) == ["9007"]
    assert sandbox.errors(path, transaction_id=sandbox.sale()) == ["9007"]
    assert sandbox.errors(path, transaction_id=99) == ["58"]


def test_an_uncaptured_authorization_does_not_settle(sandbox: Sandbox) -> None:
    held = authorize(sandbox)
    sandbox.settle_tonight()
    record = sandbox.record(held)
    assert (record["status_code"], record["status_message"]) == ("N", "AUTHORIZATION ONLY")


def test_a_void_takes_an_unsettled_sale_out_of_the_batch(sandbox: Sandbox) -> None:
    kept, voided = sandbox.sale("3.00"), sandbox.sale("4.00")
    body = sandbox.call("transactions/void", transaction_id=voided)
    assert (body["response_code"], body["transaction_id"]) == (109, voided)
    assert "external_transaction_id" not in body
    sandbox.settle_tonight()
    listed = sandbox.call("batches/transaction_list", batch_number=1)["transactions"]
    assert [record["transaction_id"] for record in listed] == [kept]


def test_only_the_unsettled_can_be_voided(sandbox: Sandbox) -> None:
    sale = sandbox.sale()
    assert sandbox.errors("transactions/void", transaction_id="x") == ["58"]
    assert sandbox.errors("transactions/void", transaction_id=99) == ["58"]
    sandbox.settle_tonight()
    assert sandbox.errors("transactions/void", transaction_id=sale) == ["9006"]


def test_an_unsettled_sale_cannot_be_refunded(sandbox: Sandbox) -> None:
    sale = sandbox.sale()
    path = "transactions/refund/for_transaction"
    assert sandbox.errors(path, transaction_id=sale) == ["817"]
    assert sandbox.errors(path, transaction_id=99) == ["58"]


def test_a_refund_has_a_new_id_and_tells_nothing_of_its_sale(sandbox: Sandbox) -> None:
    sale = sandbox.sale(invoice_id="INV 1", description="for INV 1")
    sandbox.settle_tonight()
    body = sandbox.call("transactions/refund/for_transaction", transaction_id=sale, amount="4")
    record = sandbox.record(body["transaction_id"])
    assert (body["response_code"], record["transaction_type"]) == (106, "REFUND")
    assert body["transaction_id"] != sale
    assert str(sale) not in str(body) + str(record)
    assert (record["invoice_id"], record["amount"]) == ("", 4)


def test_refunds_never_exceed_what_is_left_of_the_sale(sandbox: Sandbox) -> None:
    sale = sandbox.sale("10.00")
    sandbox.settle_tonight()
    path = "transactions/refund/for_transaction"
    assert sandbox.call(path, transaction_id=sale, amount="6")["success"]
    assert sandbox.errors(path, transaction_id=sale, amount="4.01") == ["9008"]
    rest = sandbox.call(path, transaction_id=sale)["transaction_id"]
    assert sandbox.record(rest)["amount"] == 4
    assert sandbox.errors(path, transaction_id=sale) == ["9008"]
    assert sandbox.errors(path, transaction_id=rest) == ["817"]


def test_a_voided_refund_can_be_made_again(sandbox: Sandbox) -> None:
    sale = sandbox.sale("10.00")
    sandbox.settle_tonight()
    path = "transactions/refund/for_transaction"
    refund = sandbox.call(path, transaction_id=sale)["transaction_id"]
    assert sandbox.call("transactions/void", transaction_id=refund)["response_code"] == 109
    assert sandbox.call(path, transaction_id=sale, amount="10")["response_code"] == 106


@pytest.mark.parametrize("path", ["refund/keyed", "refund/to_customer"])
def test_refunds_without_a_sale_are_refused_by_default(sandbox: Sandbox, path: str) -> None:
    errors = sandbox.errors(f"transactions/{path}", amount="5", credit_card=VISA, customer_id="C")
    assert errors == ["981"]
