import re

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from audit.api import log
from integrations.api import alerts, envelopes
from integrations.api import examples as of_edge
from mapping.api import examples as of_rules
from mapping.api import serializers as rules
from reconciliation.api import (
    bulk_examples,
    bulk_serializers,
    customer_examples,
    customer_serializers,
    documents,
    examples,
    replay_examples,
    replay_serializers,
    serializers,
)
from tests.api.conftest import Caller


def patterns(resolver, prefix=""):
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from patterns(each, route)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).replace("{pk}", "{id}")


def test_the_schema_is_valid_and_nothing_in_it_is_a_guess(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "schema.yaml")
    assert "openapi: 3.0" in (tmp_path / "schema.yaml").read_text()


def test_every_address_is_in_the_schema_and_says_its_answers(api):
    found = api.get("schema", Accept="application/json").json()
    routes = {f"/{route}" for route in patterns(get_resolver()) if route.startswith("api/v1/")}
    assert routes <= set(found["paths"])
    for path, methods in found["paths"].items():
        for operation in methods.values():
            if path.startswith("/api/v1/"):
                assert {"400", "406", "500"} <= set(operation["responses"]), path
            assert operation["description"], path


def test_the_schema_names_the_ways_to_sign_in(api):
    found = api.get("schema", Accept="application/json").json()
    assert set(found["components"]["securitySchemes"]) >= {
        "apiKey", "session", "webhookSignature",
    }  # fmt: skip


def test_the_schema_is_for_those_who_may_look(db):
    assert Caller().get("schema").status_code == 401


@pytest.mark.parametrize(
    ("example", "serializer"),
    [
        (examples.TRANSACTION, serializers.TransactionDetailSerializer),
        (examples.BATCH, serializers.BatchDetailSerializer),
        (examples.DOCUMENT, documents.DocumentDetailSerializer),
        (examples.EXCEPTION, serializers.ExceptionDetailSerializer),
        (log.EXAMPLE, log.EntryDetailSerializer),
        (of_edge.ALERT, alerts.AlertDetailSerializer),
        (of_edge.ENVELOPE, envelopes.EnvelopeDetailSerializer),
        (customer_examples.LINK, customer_serializers.CustomerLinkDetailSerializer),
        (customer_examples.WAITING, customer_serializers.WaitingCustomerDetailSerializer),
        (bulk_examples.PREVIEW, bulk_serializers.PreviewSerializer),
        (bulk_examples.RUN, bulk_serializers.RunDetailSerializer),
        (of_rules.RULE_SET, rules.RuleSetDetailSerializer),
        (of_rules.RULE_IMPORT, rules.RuleImportSerializer),
        (replay_examples.REPLAY, replay_serializers.ReplayDetailSerializer),
    ],
)
def test_an_example_has_the_fields_that_an_answer_has(example, serializer):
    assert list(example.value) == list(serializer().fields)
