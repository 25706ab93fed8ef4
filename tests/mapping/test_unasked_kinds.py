"""Kinds that no flow asks yet, from their rows in the database to what they answer."""

from datetime import date
from decimal import Decimal

import pytest

from audit.roles import Role
from integrations.money import Money, total
from mapping.kinds import KINDS
from mapping.models import CurrencyRule, ExchangeRate, ItemRule, TaxRule
from mapping.rules import currencies, items
from mapping.rules.taxes import TaxComponent, map_component
from mapping.services import rates
from mapping.services.rulesets import load
from tests.builders import RuleSetVersionFactory
from tests.mapping.rules import usd
from tests.world import person

pytestmark = pytest.mark.django_db
FILE = """table,from,to,valid from,rate
daily,EUR,USD,2010-12-01,1.3215
daily,EUR,USD,2010-12-03,1.40
"""
SALE = (
    TaxComponent("state", usd("100.00"), usd("4.00"), "NY", "food"),
    TaxComponent("county", usd("100.00"), usd("4.60"), "Kings"),
    TaxComponent("state", usd("50.00"), usd("2.00"), "NY", "clothing"),
)


@pytest.fixture
def version():
    return RuleSetVersionFactory()


@pytest.fixture
def taxes(version):
    """Clothing is exempt in the state, everything else has 4 %; the county's is 4.5 %."""
    rows = (
        ("state", "NY", "clothing", "EXEMPT", "2200", 0),
        ("state", "NY", "", "NY", "2201", 4),
        ("county", "", "", "CTY", "2202", "4.5"),
    )
    for place, (component, where, category, code, account, percent) in enumerate(rows, 1):
        TaxRule.objects.create(
            version=version, position=place, component=component, jurisdiction=where,
            category=category, tax_code=code, account=account, percent=percent,
        )  # fmt: skip
    return load(version).taxes


def test_each_tax_component_has_its_code_and_its_account(taxes):
    found = [map_component(taxes, component) for component in SALE]
    codes = [(each.row.tax_code, each.row.account) for each in found]
    assert codes == [("NY", "2201"), ("CTY", "2202"), ("EXEMPT", "2200")]


def test_taxes_are_worked_out_anew_compared_and_never_overwritten(taxes):
    found = [map_component(taxes, component) for component in SALE]
    assert [each.difference for each in found] == [usd("0.00"), usd("0.10"), usd("2.00")]
    assert [each.is_within_tolerance for each in found] == [True, False, False]
    assert total((each.source.charged for each in found), "USD") == usd("10.60")


def test_what_is_exempt_and_was_charged_is_a_difference(taxes):
    mapped = map_component(taxes, SALE[2])
    assert (mapped.recomputed, mapped.source.charged) == (usd("0.00"), usd("2.00"))


def test_a_rate_that_is_loaded_is_asked_in_three_steps(version):
    rates.load(person("mia", Role.MAPPER), FILE, "The bank's page")
    CurrencyRule.objects.create(
        version=version, position=1, currency="EUR", base="USD", rate_table="daily", style="1234,56"
    )
    row = currencies.choose(load(version).currencies, "EUR")
    table = [each.as_rate() for each in ExchangeRate.objects.all()]
    paid = Money(Decimal("1000.01"), "EUR")
    converted = currencies.convert(row, paid, table, date(2010, 12, 2))
    kept, rounding = currencies.kept(row, converted)
    assert (converted.original, converted.rate.rate) == (paid, Decimal("1.3215"))
    assert (kept, rounding) == (usd("1321.51"), Decimal("1321.51") - Decimal("1321.513215"))
    assert currencies.written(row, kept) == "1321,51"


def test_an_item_is_found_by_number_before_department(version):
    ItemRule.objects.create(version=version, position=1, item="A-1", erp_item="100", account="4001")
    ItemRule.objects.create(version=version, position=2, department="Bar", erp_item="200")
    rows = load(version).items
    assert items.choose(rows, "A-1", department="Bar").account == "4001"
    assert items.choose(rows, "B-9", department="bar").erp_item == "200"
    assert items.choose(rows, "B-9") is None


def test_every_kind_is_asked_by_a_flow_and_no_page_says_otherwise():
    assert [slug for slug, kind in KINDS.items() if not kind.model.is_asked] == []
    assert [slug for slug, kind in KINDS.items() if "No payment asks" in kind.about] == []
