from dataclasses import replace

import psycopg
import pytest

from integrations.sandbox.paytrace.server import Settings
from tests.integrations.sandbox.paytrace.conftest import VISA, Sandbox, running


def test_a_keyed_sale_is_approved_with_an_id_and_an_x_mask(sandbox: Sandbox) -> None:
    answer = sandbox.post("transactions/sale/keyed", {"amount": "10.00", "credit_card": VISA})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["success"], body["response_code"]) == (True, 101)
    assert isinstance(body["transaction_id"], int)
    assert body["masked_card_number"] == "xxxxxxxxxxxx1111"
    assert body["external_transaction_id"] == ""


def test_an_amount_may_be_a_string_or_a_number(sandbox: Sandbox) -> None:
    amounts = [sandbox.record(sandbox.sale(amount))["amount"] for amount in ("7.5", 7.5, 7)]
    assert amounts == [7.5, 7.5, 7]


@pytest.mark.parametrize(
    "amount",
    ["", None, "0", "0.00", "-1", "1.234", "1,00", "abc", "NaN", True, [], 1e300, "9" * 13],
)
def test_an_amount_that_is_none_is_refused(sandbox: Sandbox, amount: object) -> None:
    errors = sandbox.errors("transactions/sale/keyed", amount=amount, credit_card=VISA)
    assert errors == ["9001"]
    assert sandbox.day("12/01/2010") == []


def test_every_bad_field_of_a_card_is_named_at_once(sandbox: Sandbox) -> None:
    card = {"number": "4111111111111112", "expiration_month": 13, "expiration_year": "x"}
    errors = sandbox.errors("transactions/sale/keyed", amount="1", credit_card=card, csc="12")
    assert errors == ["148", "35", "43", "44"]


@pytest.mark.parametrize(("month", "year"), [("07", "2015"), (7, 2015), ("7", "15")])
def test_a_card_expires_in_several_spellings(sandbox: Sandbox, month: object, year: object) -> None:
    card = VISA | {"expiration_month": month, "expiration_year": year}
    kept = sandbox.record(sandbox.sale(credit_card=card))["credit_card"]
    assert (kept["expiration_month"], kept["expiration_year"]) == (7, 15)


def test_a_decline_carries_an_id_and_the_processors_text(sandbox: Sandbox) -> None:
    answer = sandbox.post("transactions/sale/keyed", {"amount": "0.29", "credit_card": VISA})
    body = answer.json()
    assert answer.status_code == 400
    assert (body["success"], body["response_code"], body["approval_code"]) == (False, 102, "")
    assert body["approval_message"] == "    DO NOT HONOR"
    record = sandbox.record(body["transaction_id"])
    assert (record["status_code"], record["status_message"]) == ("N", "DECLINED")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("4000000000000002", "DECLINE"),
        ("4000000000000069", "EXPIRED CARD"),
        ("4000000000009995", "INSUFFICIENT FUNDS"),
    ],
)
def test_some_cards_always_decline(sandbox: Sandbox, number: str, text: str) -> None:
    card = VISA | {"number": number}
    body = sandbox.call("transactions/sale/keyed", amount="5", credit_card=card)
    assert (body["response_code"], body["approval_message"].strip()) == (102, text)


def test_a_card_that_expired_on_the_business_date_declines(sandbox: Sandbox) -> None:
    card = VISA | {"expiration_month": 11, "expiration_year": 2010}
    body = sandbox.call("transactions/sale/keyed", amount="5", credit_card=card)
    assert (body["response_code"], body["approval_message"].strip()) == (102, "EXPIRED CARD")


def test_code_103_says_success_and_never_settles(sandbox: Sandbox) -> None:
    body = sandbox.call("transactions/sale/keyed", amount="5", credit_card=VISA, csc="103")
    assert (body["success"], body["response_code"]) == (True, 103)
    sandbox.settle_tonight()
    record = sandbox.record(body["transaction_id"])
    assert (record["status_code"], record["status_message"]) == ("N", "VOIDED")
    assert record["settled"] == ""


def test_a_zero_authorization_is_a_card_check(sandbox: Sandbox) -> None:
    body = sandbox.call("transactions/authorization/keyed", amount=0, credit_card=VISA)
    assert body["response_code"] == 101
    record = sandbox.record(body["transaction_id"])
    assert (record["transaction_type"], record["status_code"]) == ("AUTHORIZATION", "N")


def test_text_that_postgresql_cannot_hold_is_refused(sandbox: Sandbox) -> None:
    for text in ("a\0b", "\ud800", "x" * 51, ["x"], True):
        errors = sandbox.errors(
            "transactions/sale/keyed", amount="1", credit_card=VISA, invoice_id=text
        )
        assert errors == ["9002"]


def test_no_card_number_and_no_security_code_is_stored(sandbox: Sandbox, database_url: str) -> None:
    sandbox.sale(csc="987", billing_address={"name": "A", "credit_card": VISA["number"]})
    sandbox.call("customer/create", customer_id="C1", credit_card=VISA, csc="987")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT t::text FROM paytrace_transaction t").fetchall()
        rows += connection.execute("SELECT c::text FROM paytrace_customer c").fetchall()
    assert len(rows) == 2
    assert not [row for row in rows if VISA["number"] in row[0] or "987" in row[0]]


def test_a_body_that_is_no_json_object_is_refused(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {sandbox.token}"}
    for content in ("{", "[]", '{"amount": NaN}', b"\xff"):
        answer = sandbox.http.post("/v1/transactions/void", content=content, headers=headers)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == ["9009"]


def test_refunds_without_a_sale_can_be_switched_on(settings_of_sandbox: Settings) -> None:
    with running(replace(settings_of_sandbox, unreferenced_refunds=True)) as sandbox:
        sandbox.call("customer/create", customer_id="C1", credit_card=VISA)
        keyed = sandbox.call("transactions/refund/keyed", amount="5", credit_card=VISA)
        on_file = sandbox.call("transactions/refund/to_customer", amount="5", customer_id="C1")
        assert (keyed["response_code"], on_file["response_code"]) == (106, 106)
        assert [r["transaction_type"] for r in sandbox.day("12/01/2010")] == ["REFUND"] * 2
