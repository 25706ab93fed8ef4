"""What came beside what was read: taken as it is, or normalised, and nothing that is empty."""

import json

from integrations.connectors.paytrace.parser import TRANSACTION_SOURCES
from integrations.normalised import steps_of
from integrations.plain import fields_of
from integrations.record_text import json_record
from tests.integrations.connectors.paytrace.test_parser import only, page

CHANGES = {
    "amount": 139.1,
    "customer_id": "17850",
    "billing_address": {"name": " Ann  Lee ", "street_address": "1 Elm", "street_address2": "B"},
}


def steps():
    raw = json_record(page(**CHANGES), 0)
    return {step.field: step for step in steps_of(only(**CHANGES), raw, TRANSACTION_SOURCES)}


def test_what_is_taken_as_it_is_is_no_step_and_what_changes_is_one():
    found = steps()
    assert not found["customer_ref"].is_normalised
    assert (found["amount"].came, found["amount"].read) == ("139.1", "139.10 USD")
    assert found["captured_at"].came == "12/1/2010 8:05:09 AM"
    assert found["captured_at"].read == "2010-12-01T16:05:09+00:00"
    assert found["payer.lines"].came == found["payer.lines"].read == "1 Elm / B"


def test_what_is_empty_on_both_sides_is_left_out():
    assert "settled_at" not in steps()
    assert "parent_ref" not in steps()


def test_every_source_is_of_a_field_that_there_is():
    known = set(fields_of(only()))
    assert {name.partition(".")[0] for name in TRANSACTION_SOURCES} <= known


def test_the_record_of_its_place_is_taken_with_its_numbers_as_written():
    body = json.dumps({"success": True, "transactions": [{"id": 1}, {"id": 2.50}]})
    assert json_record(body.replace("2.5", "2.50").encode(), 1) == {"id": "2.50"}
