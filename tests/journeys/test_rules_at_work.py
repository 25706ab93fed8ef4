"""A mapper changes rules in the editor, another person puts them in force: what is posted then."""

import pytest

from tests.hub import FIRST_DAY, Hub
from tests.journeys.people import Person, change_rules

MASTERCARD = {"number": "5454545454545454", "expiration_month": "12", "expiration_year": "2015"}
HOLD = {"severity": "hold", "tolerance": "0"}


@pytest.fixture
def put(hub: Hub, finance: Person, approver: Person):
    """Rows on top of the rules in force, by two people, from the first day on."""

    def put(*rows):
        return change_rules(finance, approver, hub.pair.rule_sets.last().pk, rows, FIRST_DAY)

    return put


def test_a_card_is_posted_with_the_method_of_its_row_however_it_is_spelled(hub, finance, put):
    put(
        ("methods", {"method": "MasterCard", "erp_method": "MC"}),
        ("methods", {"method": "Visa", "erp_method": "CC"}),
        ("methods", {"method": "Amex", "erp_method": "CC"}),
    )
    visa = hub.sale("10.00")
    master = hub.sale("20.00", credit_card=MASTERCARD)
    hub.settle()
    assert "Method CC " in finance.documents_of(visa)
    assert "Method MC " in finance.documents_of(master)


def test_sales_refunds_and_fees_each_go_to_the_account_of_their_rule(hub, finance, put):
    put(
        ("accounts", {"role": "fees", "account": "6290-00"}),
        ("accounts", {"role": "refunds", "method": "Visa", "account": "2300-00"}),
    )
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    refund = hub.refund(sale, "40.00")
    hub.settle()
    assert "2300-00" in finance.documents_of(refund)
    assert hub.ledger() == {
        "1000-00": "96.80", "1050-00": "-40.00", "1200-00": "-100.00", "2300-00": "40.00",
        "6290-00": "3.20",
    }  # fmt: skip


def test_what_a_status_leads_to_is_a_table(hub, finance, put):
    put(
        ("statuses", {"kind": "refund", "status": "settled", "action": "refund_and_memo"}),
        ("statuses", {"kind": "sale", "status": "declined", "action": "none"}),
    )
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    declined = str(hub.charge("0.29", invoice_id="536365")["transaction_id"])
    hub.settle()
    refund = hub.refund(sale, "40.00")
    hub.settle()
    assert "Cash receipt" in finance.transaction(sale)
    assert "Credit memo of 40.00" in finance.transaction(refund)
    assert "Nothing to post" in finance.transaction(declined)


def test_the_status_of_a_payment_has_its_word_in_the_erp_and_reaches_the_receipt(hub, finance, put):
    put(
        ("statuses", {"status": "settled", "action": "cash_receipt", "erp_status": "Invoiced"}),
        ("fields", {"target": "receipt.comment", "formula": 'concat("Status ", erp_status)'}),
    )
    sale = hub.sale("40.00")
    hub.settle()
    assert "Status in the ERP Invoiced" in finance.transaction(sale)
    assert "Comment Status Invoiced" in finance.documents_of(sale)


def test_a_sale_that_a_rule_leaves_alone_posts_nothing(hub, finance, put):
    put(("statuses", {"kind": "sale", "status": "settled", "action": "none"}))
    hub.invoice("536365", "100.00")
    sale = hub.sale("100.00", "536365")
    hub.settle()
    assert "Nothing to post" in finance.transaction(sale)
    assert (hub.receipts(), hub.balance("536365")) == ([], "100.00")


def test_an_amount_that_does_not_match_is_stopped_until_the_tolerance_allows_it(hub, finance, put):
    put(("validations", {"checks": "amount_matches"} | HOLD))
    hub.invoice("536365", "100.00")
    sale = hub.sale("90.00", "536365")
    hub.settle()
    said = finance.see(f"/exceptions/{finance.exception('validation_held')}/")
    assert "10.00 USD less than the 100.00 USD" in said
    assert hub.receipts() == []
    put(("validations", {"checks": "amount_matches", "severity": "hold", "tolerance": "10"}))
    hub.run()
    assert hub.receipts() == ["90.00"]
    assert finance.exceptions("validation_held") == []
    assert "validation" in finance.transaction(sale)


def test_a_payer_who_is_no_customer_is_stopped_until_a_person_links_one(hub, finance, put):
    put(("validations", {"checks": "customer_exists"} | HOLD))
    hub.invoice("536365", "100.00")
    hub.sale("40.00", customer="shop-7")
    hub.settle()
    said = finance.see(f"/exceptions/{finance.exception('validation_held')}/")
    assert "customer" in said
    assert hub.receipts() == []
    sheet = "Number there,System,Customer in the ERP,When\nshop-7,Gateway,17850,\n"
    page = finance.upload("/customers/import/", "links.csv", sheet, pair=hub.pair.pk, what="links")
    finance.confirm("/customers/import/", page)
    hub.run()
    assert (hub.receipts(), finance.exceptions("validation_held")) == (["40.00"], [])


def test_a_closed_period_is_noticed_before_anything_is_sent(hub, finance, put):
    put(("validations", {"checks": "period_open"} | HOLD))
    hub.sale("40.00")
    hub.close_period()
    hub.settle()
    item = finance.exception("validation_held")
    assert "closed in the ERP" in finance.see(f"/exceptions/{item}/")
    assert hub.postings() == set()


def test_texts_are_cleansed_and_put_in_another_form_by_the_field_map(hub, finance, put):
    formula = (
        'concat(date(business_on, "MM/DD"), " ", lookup(method, "Visa", "VI", "CC"), " ",'
        ' case(slice(default(payer_name, "unknown"), 1, 12), "upper"), " ", slice(last4, -2))'
    )
    put(("fields", {"target": "receipt.comment", "formula": formula}))
    sale = hub.sale("40.00", billing_address={"name": "  Ann   Lee-Abbott "})
    hub.settle()
    assert "12/01 VI ANN" in finance.documents_of(sale)


def test_a_gift_card_is_a_tender_of_its_own_with_a_liability_account(hub, finance, put):
    version = put(
        ("methods", {"method": "Gift Card", "erp_method": "GIFT", "classification": "Liability"}),
        ("accounts", {"role": "clearing", "method": "Gift Card", "account": "2400-00"}),
    )
    hub.sale("40.00")
    hub.settle()
    paid = hub.pair.gateway.transactions.get()
    type(paid).objects.filter(pk=paid.pk).update(method="Gift Card")
    said = finance.see(f"/rule-sets/{version}/try/", q=paid.vendor_id)
    assert "GIFT, class of tender Liability" in said
    assert "the card is Gift Card → GL account 2400-00" in said


def test_an_amount_is_posted_to_the_cent_and_found_by_the_payments_number(hub, finance):
    amounts = {hub.sale(amount): amount for amount in ("0.07", "10.10", "19.99")}
    hub.settle()
    for number, amount in amounts.items():
        said = finance.documents_of(number)
        assert amount in said
        assert number in said
    rows = finance.json("transactions")
    assert {row["vendor_id"]: row["amount"]["amount"] for row in rows} == amounts
    assert sorted(hub.receipts()) == sorted(amounts.values())
