from tests.integrations.sandbox.paytrace.conftest import VISA, Sandbox


def test_a_customer_id_is_the_merchants_and_unique(sandbox: Sandbox) -> None:
    body = sandbox.call("customer/create", customer_id="12345", credit_card=VISA)
    assert (body["response_code"], body["customer_id"]) == (160, "12345")
    assert body["masked_card_number"] == "xxxxxxxxxxxx1111"
    assert sandbox.errors("customer/create", customer_id="12345", credit_card=VISA) == ["171"]
    assert sandbox.errors("customer/create", credit_card=VISA) == ["9010"]


def test_a_card_on_file_pays(sandbox: Sandbox) -> None:
    sandbox.call("customer/create", customer_id="12345", credit_card=VISA)
    sale = sandbox.call("transactions/sale/by_customer", customer_id="12345", amount="5")
    held = sandbox.call("transactions/authorization/by_customer", customer_id="12345", amount="6")
    assert (sale["response_code"], held["response_code"]) == (101, 101)
    record = sandbox.record(sale["transaction_id"])
    assert record["customer_id"] == "12345"
    assert record["credit_card"]["masked_number"] == "************1111"


def test_a_declining_card_declines_from_the_vault_too(sandbox: Sandbox) -> None:
    card = VISA | {"number": "4000000000000002"}
    sandbox.call("customer/create", customer_id="C1", credit_card=card)
    body = sandbox.call("transactions/sale/by_customer", customer_id="C1", amount="5")
    assert (body["response_code"], body["approval_message"].strip()) == (102, "DECLINE")


def test_an_unknown_customer_is_error_30_everywhere(sandbox: Sandbox) -> None:
    for path in ("customer/update", "customer/delete", "customer/export"):
        assert sandbox.errors(path, customer_id="nobody") == ["30"]
    for path in ("sale/by_customer", "authorization/by_customer"):
        assert sandbox.errors(f"transactions/{path}", customer_id="nobody", amount="1") == ["30"]


def test_an_update_changes_only_what_is_sent(sandbox: Sandbox) -> None:
    address = {"name": "Ann", "city": "Leeds"}
    sandbox.call("customer/create", customer_id="C1", credit_card=VISA, billing_address=address)
    body = sandbox.call("customer/update", customer_id="C1", email="ann@example.com")
    customer = sandbox.call("customer/export", customer_id="C1")["customers"][0]
    assert body["response_code"] == 161
    assert customer["email"] == "ann@example.com"
    assert customer["billing_address"]["city"] == "Leeds"
    assert customer["created"]["at"] == "12/1/2010 12:00:00 PM"


def test_a_deleted_customer_is_gone_and_its_payments_stay(sandbox: Sandbox) -> None:
    sandbox.call("customer/create", customer_id="C1", credit_card=VISA)
    sale = sandbox.call("transactions/sale/by_customer", customer_id="C1", amount="5")
    assert sandbox.call("customer/delete", customer_id="C1")["response_code"] == 162
    assert sandbox.call("customer/export")["customers"] == []
    assert sandbox.record(sale["transaction_id"])["customer_id"] == "C1"
