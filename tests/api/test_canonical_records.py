"""The canonical records are published with a version, and say what connectors really make."""

import json
import re
from dataclasses import fields
from hashlib import sha256

from integrations.canonical_schema import RECORDS, VERSION, canonical_schema
from integrations.plain import fields_of
from tests.integrations.connectors.paytrace.test_parser import only

#: The digest of each version's fields: a change of a field is a new version, and a line here.
DIGESTS = {1: "3fc53513b11f3226", 2: "2483835a3bd393b2", 3: "3f16933e9ab507dc"}


def test_every_record_is_published_with_its_fields_and_what_it_is(api):
    found = api.get("canonical-records").json()
    assert found["version"] == VERSION
    for record in RECORDS:
        shape = found["$defs"][record.__name__]
        assert list(shape["properties"]) == [field.name for field in fields(record)]
        assert shape["description"]
    payment = found["$defs"]["TransactionRecord"]["properties"]
    assert "refund" in payment["kind"]["enum"]
    assert payment["settled_at"]["anyOf"][1] == {"type": "null"}


def test_what_a_connector_reads_has_the_published_shape():
    published = canonical_schema()["$defs"]["TransactionRecord"]
    read = fields_of(only(amount=139.1))
    assert set(read) == set(published["properties"])
    assert re.fullmatch(published["properties"]["amount"]["pattern"], read["amount"])
    assert read["status"] in published["properties"]["status"]["enum"]


def test_a_change_of_a_field_is_a_new_version():
    shapes = {
        name: (shape["properties"], shape["required"])
        for name, shape in canonical_schema()["$defs"].items()
    }
    assert sha256(json.dumps(shapes, sort_keys=True).encode()).hexdigest()[:16] == DIGESTS[VERSION]
