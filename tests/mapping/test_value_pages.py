"""Rules of any kind are written in the editor and tried on values that a person types."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.roles import Role
from tests import builders
from tests.clock import business_day  # noqa: F401
from tests.mapping.drafts import draft
from tests.pages import offences
from tests.world import person, viewer

pytestmark = pytest.mark.django_db
RATES = (
    "table,from,to,valid from,rate\nbank,EUR,USD,2011-02-01,1.3215\nbank,EUR,USD,2011-02-09,1.40\n"
)
CLOTHING = {"component": "state", "jurisdiction": "NY", "category": "clothing"}
EURO = {
    "currency": "EUR", "base": "USD", "rate_table": "bank", "max_age_days": 7, "decimals": "",
    "excess": "refuse", "style": "1234,56",
}  # fmt: skip


@pytest.fixture
def mapper(client, business_day):  # noqa: F811
    client.force_login(person("mara", Role.MAPPER))
    return client


@pytest.fixture
def version():
    return draft()


def text(response):
    main = re.search(r"<main\b.*</main>", response.content.decode(), re.DOTALL)[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def write(client, version, slug, *rows):
    """Rows in this order, through the editor's form."""
    for place, row in enumerate(rows, 1):
        url = f"/rule-sets/{version.pk}/edit/{slug}/rows/add/"
        assert client.post(url, row | {"at": place}).status_code == 302, text(client.post(url, row))


def tried(client, version, slug, **values):
    return text(client.get(f"/rule-sets/{version.pk}/values/{slug}/", values))


@pytest.fixture
def taxes(mapper, version):
    """Clothing is exempt in the state, everything else has 4 %."""
    rest = {"component": "state", "jurisdiction": "NY", "tax_code": "NY", "account": "2201"}
    write(
        mapper, version, "taxes",
        CLOTHING | {"tax_code": "EXEMPT", "account": "2200", "percent": "0", "tolerance": "0"},
        rest | {"percent": "4", "tolerance": "0.01"},
    )  # fmt: skip


@pytest.mark.usefixtures("taxes")
def test_a_tax_component_has_a_code_and_an_account_of_its_jurisdiction(mapper, version):
    said = tried(
        mapper, version, "taxes", component="State", jurisdiction="NY", taxable=100, charged=4
    )
    assert "Tax code NY GL account 2201 Charged, and booked as it is 4.00 USD" in said
    assert "Category of goods has to be clothing; none was typed." in said
    said = tried(mapper, version, "taxes", component="city", taxable=100, charged=4)
    assert "No row holds for these values." in said


@pytest.mark.usefixtures("taxes")
def test_a_tax_is_worked_out_anew_and_a_difference_is_flagged(mapper, version):
    sale = {"component": "state", "jurisdiction": "NY", "taxable": "99.90"}
    said = tried(mapper, version, "taxes", **sale, charged="4.25")
    assert "Charged, and booked as it is 4.25 USD" in said
    assert "Worked out anew with 4 % 4.00 USD Difference 0.25 USD" in said
    assert "The rule allows 0.01." in said
    assert "The rule allows" not in tried(mapper, version, "taxes", **sale, charged="4.01")
    exempt = tried(mapper, version, "taxes", **CLOTHING, taxable="50", charged="2")
    assert "Worked out anew with 0 % 0.00 USD Difference 2.00 USD" in exempt


@pytest.fixture
def rates(mapper):
    file = SimpleUploadedFile("rates.csv", RATES.encode())
    page = mapper.post("/rates/upload/", {"origin": "The bank", "file": file})
    taken = html.unescape(re.search(r'name="text" value="([^"]*)"', page.content.decode())[1])
    mapper.post("/rates/upload/", {"origin": "The bank", "text": taken, "step": "take"})


@pytest.mark.usefixtures("rates")
def test_an_amount_is_converted_kept_and_written_in_three_steps(mapper, version):
    write(mapper, version, "currencies", EURO)
    paid = {"currency": "eur", "amount": "1000.01", "on": "2011-02-08"}
    said = tried(mapper, version, "currencies", **paid)
    assert "Converted 1321.5132150000 USD By bank, 1 EUR = 1.3215 USD from 2011-02-01" in said
    assert "Kept 1321.51 USD, rounded by -0.003215 Written 1321,51" in said
    later = tried(mapper, version, "currencies", **paid | {"on": "2011-02-09"})
    assert "1 EUR = 1.4 USD from 2011-02-09" in later
    assert "has no rate" in tried(mapper, version, "currencies", **paid | {"on": "2011-02-28"})


def test_more_decimals_than_the_target_keeps_are_refused_or_rounded_by_rule(mapper, version):
    plain = {"currency": "USD", "max_age_days": 7, "decimals": 2, "style": "123456"}
    write(mapper, version, "currencies", plain | {"excess": "refuse"})
    fine = {"currency": "USD", "amount": "10.005", "on": "2011-02-08"}
    assert "does not allow rounding" in tried(mapper, version, "currencies", **fine)
    write(mapper, version, "currencies", plain | {"excess": "round"})
    said = tried(mapper, version, "currencies", **fine)
    assert "Kept 10.01 USD, rounded by 0.005 Written 1001" in said


def test_an_item_is_found_by_number_before_its_department(mapper, version):
    write(
        mapper, version, "items",
        {"item": "A-1", "erp_item": "100", "account": "4001"},
        {"department": "Bar", "erp_item": "200", "account": "4002"},
    )  # fmt: skip
    assert "Row 1" in tried(mapper, version, "items", item="a-1", department="Bar")
    said = tried(mapper, version, "items", item="B-9", department="bar")
    assert "Fires Row 2: If the department is Bar → item in the ERP 200, GL account 4002" in said


@pytest.mark.parametrize("spelled", ["MasterCard", "Mastercard", "MASTER-CARD", "master card"])
def test_spellings_of_a_card_are_one(mapper, version, spelled):
    write(
        mapper, version, "methods",
        {"method": "Visa", "erp_method": "CC"},
        {"method": "MasterCard", "erp_method": "MC"},
        {"method": "Gift Card", "erp_method": "GIFT", "classification": "Liability"},
    )  # fmt: skip
    assert "payment method in the ERP MC" in tried(mapper, version, "methods", method=spelled)
    assert "class of tender Liability" in tried(mapper, version, "methods", method="gift card")


def test_a_status_has_its_word_in_the_erp_beside_its_action(mapper, version):
    write(
        mapper, version, "statuses",
        {"kind": "sale", "status": "captured", "action": "cash_receipt", "erp_status": "Invoiced"},
        {"kind": "sale", "status": "declined", "action": "none", "erp_status": "Open"},
    )  # fmt: skip
    said = tried(mapper, version, "statuses", kind="sale", status="captured")
    assert "Cash receipt, shown in the ERP as Invoiced" in said
    assert "shown in the ERP as Open" in tried(
        mapper, version, "statuses", status="declined", kind="sale"
    )


def test_values_that_are_none_are_refused_and_stay(mapper, version):
    answer = mapper.get(
        f"/rule-sets/{version.pk}/values/currencies/", {"currency": "EURO", "amount": "x"}
    )
    assert answer.status_code == 422
    assert "a code of three letters" in text(answer)
    assert 'value="EURO"' in answer.content.decode()


def test_whoever_may_look_may_try_and_there_is_nothing_inline(client, version):
    client.force_login(viewer())
    builders.TaxRuleFactory(version=version, position=1)
    for slug in ("taxes", "items", "currencies", "fees", "customers", "methods", "statuses"):
        answer = client.get(f"/rule-sets/{version.pk}/values/{slug}/")
        assert (answer.status_code, offences(answer)) == (200, [])
    assert client.get(f"/rule-sets/{version.pk}/values/accounts/").status_code == 404
