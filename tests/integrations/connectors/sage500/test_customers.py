from sqlalchemy.dialects import mssql, postgresql

from integrations.connectors.sage500.config import Sage500Settings
from integrations.connectors.sage500.customer_reads import customer_of, customers_behind
from tests.integrations.connectors.sage500.conftest import COMPANY

URL = {"url": "postgresql://x/y"}


def test_customers_come_with_their_address_and_contact(shop, sage):
    shop.invoice(1, "10.00", customer="14001")
    rows, _, _ = sage.fetch_customers(COMPANY, {}, 100)
    first = next(row for row in rows if row.customer_id == "14001")
    assert first.company == COMPANY
    assert first.party.name
    assert first.party.lines
    assert "@" in first.party.email
    assert first.is_active


def test_a_walk_over_customers_ends_and_begins_anew(shop, sage):
    for number in range(3):
        shop.invoice(number, "10.00", customer=f"walk-{number}")
    everybody, _, _ = sage.fetch_customers(COMPANY, {}, 100)
    found, cursor, has_more = [], {}, True
    while has_more:
        rows, cursor, has_more = sage.fetch_customers(COMPANY, cursor, 1)
        found += rows
    assert found == everybody
    assert cursor == {}


def test_customers_of_another_company_are_not_shown(sage):
    assert sage.fetch_customers("XXX", {}, 100) == ([], {}, False)


def test_tables_that_a_site_does_not_have_are_left_out():
    bare = Sage500Settings.from_mapping({"reads_addresses": False, "reads_contacts": False}, URL)
    for dialect in (mssql.dialect(), postgresql.dialect()):
        said = str(customers_behind(bare, "SOA", 0, 10).compile(dialect=dialect))
        assert "tciAddress" not in said
        assert "tciContact" not in said
    row = {"CustKey": 1, "CustID": "A1 ", "CustName": " Acme\r\n Ltd ", "Status": 2}
    found = customer_of(row, "SOA")
    assert (found.customer_id, found.party.name, found.is_active) == ("A1", "Acme Ltd", False)
