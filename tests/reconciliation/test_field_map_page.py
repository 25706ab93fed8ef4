"""The field map's page: real values, checks as one works, and steps that are rows of the draft."""

import pytest
from django.test import Client

from audit.models import Entry
from audit.roles import Role
from mapping.models import FieldRule
from mapping.services.editing import mark_of
from reconciliation.field_map_page import KIND
from tests.builders import FieldRuleFactory, RuleSetVersionFactory, TransactionFactory
from tests.mapping.drafts import draft
from tests.pages import htmx
from tests.sealed import unsealed
from tests.world import person

pytestmark = pytest.mark.django_db
MAP = "field-map"


@pytest.fixture
def version():
    version = draft()
    for number, reference in (("501", "INV 7"), ("502", "x" * 60)):
        TransactionFactory(
            connection=version.pair.gateway,
            vendor_id=number,
            reference_texts=[reference],
            method="Visa",
            status="captured",
        )
    return version


@pytest.fixture
def client(version):
    client = Client()
    client.force_login(person("mara", Role.MAPPER))
    return client


def address(version, rest=""):
    return f"/rule-sets/{version.pk}/fields/{rest}"


def add(client, version, source, target="receipt.comment"):
    return client.post(
        address(version, "add/"), {"source": source, "target": target}, headers=htmx(MAP)
    )


def step(client, version, name, **values):
    row = FieldRule.objects.get(version=version)
    url = address(version, f"rows/{row.pk}/{name}/")
    return client.post(
        url, {"seen": mark_of(KIND, row), "part": "all", **values}, headers=htmx(MAP)
    )


def formula(version):
    return FieldRule.objects.get(version=version).formula


def test_it_shows_real_values_and_what_the_erp_takes(client, version):
    text = client.get(address(version)).content.decode()
    assert "INV 7" in text
    assert "x" * 60 in text
    assert "Without a row: “Card payment ” + Transaction number" in text
    assert "text 50" in text
    assert "the clearing account ties out by it" in text
    assert text.count('data-uses="transaction_id"') == 5


def test_a_field_is_put_in_place_and_another_one_behind_it(client, version):
    assert "The field is mapped." in add(client, version, "reference_1").content.decode()
    add(client, version, "method")
    assert formula(version) == 'concat(reference_1, " ", method)'
    assert Entry.objects.filter(action="rules.row_changed").count() == 1


def test_what_stands_there_without_a_row_can_be_begun_with(client, version):
    add(client, version, "")
    assert formula(version) == 'concat("Card payment ", transaction_id)'


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("keep", {"text": 'CONCAT("A ",method)'}, 'concat("A ", method)'),
        ("field", {"source": "last4"}, 'concat(reference_1, " ", last4)'),
        ("text", {"text": " !"}, 'concat(reference_1, " !")'),
        ("slice", {"first": "1", "last": "40"}, "slice(reference_1, 1, 40)"),
        ("slice", {"first": "-4"}, "slice(reference_1, -4)"),
        (
            "lookup",
            {"table": "a = 1\n\nb=2", "otherwise": "?"},
            'lookup(reference_1, "a", "1", "b", "2", "?")',
        ),
        ("default", {"source": "method", "text": "-"}, 'default(reference_1, method, "-")'),
        ("case", {"letters": "upper"}, 'case(reference_1, "upper")'),
    ],
)
def test_each_step_changes_the_row(client, version, name, values, wanted):
    add(client, version, "reference_1")
    assert step(client, version, name, **values).status_code == 200
    assert formula(version) == wanted


@pytest.mark.parametrize(
    ("source", "name", "values", "wanted"),
    [
        ("amount", "number", {"operation": "round", "decimals": "0"}, "round(amount, 0)"),
        (
            "amount",
            "number",
            {"operation": "divide", "number": "3", "decimals": "2"},
            "divide(amount, 3, 2)",
        ),
        ("amount", "number", {"operation": "add", "number": "0.50"}, "add(amount, 0.50)"),
        ("business_on", "date", {"pattern": "DD MMM"}, 'date(business_on, "DD MMM")'),
    ],
)
def test_numbers_and_days_have_steps_of_their_own(client, version, source, name, values, wanted):
    add(client, version, source)
    step(client, version, name, **values)
    assert formula(version) == wanted


def test_a_step_can_be_for_one_part_alone_and_the_last_one_is_taken_back(client, version):
    add(client, version, "reference_1")
    add(client, version, "method")
    step(client, version, "case", part="2", letters="upper")
    assert formula(version) == 'concat(reference_1, " ", case(method, "upper"))'
    assert step(client, version, "case", part="9", letters="upper").status_code == 422
    step(client, version, "undo")
    assert formula(version) == "reference_1"
    assert "The row was removed." in step(client, version, "remove").content.decode()
    assert not FieldRule.objects.exists()


@pytest.mark.parametrize(
    ("name", "values", "sentence"),
    [
        ("keep", {"text": "colour"}, "no field &#x27;colour&#x27;"),
        ("slice", {"first": "0"}, "begins at 1"),
        ("number", {"operation": "add", "number": "1"}, "add takes a number"),
        ("number", {"operation": "add"}, "Enter a number."),
        ("number", {"operation": "divide", "number": "2", "decimals": ""}, "whole number from 0"),
        ("date", {"pattern": "YYYY"}, "date takes a date"),
        ("lookup", {"table": "Visa VI"}, "has no = between"),
        ("default", {}, "Say which field or which text"),
    ],
)
def test_a_step_that_cannot_be_is_refused_with_what_was_typed(
    client, version, name, values, sentence
):
    add(client, version, "reference_1")
    answer = step(client, version, name, **values)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert formula(version) == "reference_1"


def test_whoever_changes_what_somebody_changed_meanwhile_is_refused(client, version):
    add(client, version, "reference_1")
    row = FieldRule.objects.get()
    url = address(version, f"rows/{row.pk}/undo/")
    answer = client.post(url, {"seen": "before"}, headers=htmx(MAP))
    assert answer.status_code == 422
    assert "Somebody has changed this row meanwhile." in answer.content.decode()


def test_the_preview_says_what_fits_and_what_would_be_held(client, version):
    asked = {"target": "receipt.comment", "text": 'concat(method, " ", reference_1)'}
    text = client.get(address(version, "preview/"), asked).content.decode()
    assert "Visa INV 7" in text
    assert "It has 65 characters, the field takes 50: 15 too many." in text
    assert "1 of the latest 2 payments that it is for would be held, such as 502" in text
    asked["text"] = "concat("
    assert (
        "The formula ends too early."
        in client.get(address(version, "preview/"), asked).content.decode()
    )


def test_each_row_is_shown_on_the_payments_that_it_fires_for(client, version):
    TransactionFactory(connection=version.pair.gateway, vendor_id="503", method="Amex")
    first = FieldRuleFactory(version=version, position=1, method="Amex", formula='"of Amex"')
    FieldRuleFactory(version=version, position=2, formula="reference_1")
    asked = {"target": "receipt.comment", "row": first.pk, "tx": ["501", "503"]}
    text = client.get(address(version), asked).content.decode()
    assert "Row 2 fires for it." in text
    assert "the latest 1 payment that it is for" in text
    assert text.count("Does not fit") == 1
    assert "In every other case" in text


def test_it_is_shown_on_the_transactions_that_are_asked_for(client, version):
    text = client.get(address(version), {"tx": "501"}).content.decode()
    assert "x" * 60 not in text
    answer = client.get(address(version), {"tx": "501", "add": "502"})
    assert "x" * 60 in answer.content.decode()
    lost = client.get(address(version), {"add": "77"}).content.decode()
    assert "has no transaction 77." in lost


def test_a_version_in_force_is_shown_and_not_changed(client, version):
    row = FieldRuleFactory(version=version)
    version.sealed_at = version.created_at
    type(version).objects.filter(pk=version.pk).update(
        state="reviewed", sealed_at=version.created_at
    )
    text = client.get(address(version), {"target": "receipt.comment"}).content.decode()
    assert "Keep</button>" not in text
    assert add(client, version, "method", "refund.comment").status_code == 422
    row.refresh_from_db()
    assert row.formula == "transaction_id"


@pytest.mark.parametrize(
    "rest", ["preview/?target=receipt.amount&text=x", "preview/?target=nothing"]
)
def test_a_field_that_is_not_open_is_not_found(client, version, rest):
    assert client.get(address(version, rest)).status_code == 404
    assert add(client, version, "method", "receipt.amount").status_code == 404
    assert add(client, version, "colour").status_code == 404


def test_what_other_rule_sets_put_there_is_proposed_and_put_in_by_one_press(client, version):
    text = 'concat("Card ", method)'
    with unsealed():
        FieldRuleFactory(version=RuleSetVersionFactory(), target="receipt.comment", formula=text)
    shown = client.get(address(version), {"target": "receipt.comment", "tx": "501"})
    html = shown.content.decode()
    assert "1 of 1 rule set that has a row for it" in html
    assert "Here: “Card Visa”" in html
    assert not FieldRule.objects.filter(version=version).exists()
    client.post(address(version, "add/"), {"target": "receipt.comment", "formula": text})
    assert FieldRule.objects.get(version=version).formula == text


def test_without_the_script_each_step_comes_back_to_the_page(client, version):
    answer = client.post(
        address(version, "add/?tx=501"), {"source": "method", "target": "receipt.comment"}
    )
    assert answer.status_code == 302
    assert "tx=501" in answer.url
    assert "The field is mapped." in client.get(answer.url).content.decode()


def test_a_number_that_no_row_has_opens_none_however_long_it_is(client, version):
    for row in ("9" * 5000, "²", "-1"):
        assert client.get(address(version), {"row": row, "target": "receipt.comment"}).status_code
        asked = {"row": row, "target": "receipt.comment", "text": "amount"}
        assert client.get(address(version, "preview/"), asked).status_code == 404


def test_payments_shown_are_named_in_the_address_as_they_are_written(client, version):
    url = f"{address(version, 'add/')}?tx=501%26row%3D9"
    answer = client.post(url, {"source": "amount", "target": "receipt.comment"})
    assert answer.url.endswith("&tx=501%26row%3D9")


def test_a_payment_number_with_a_character_that_no_text_has_is_none(client, version):
    for query in ({"add": "\x00x"}, {"tx": "\x00"}, {"target": "\x00"}):
        assert client.get(address(version), query).status_code == 200
    assert client.get(f"/rule-sets/{version.pk}/try/", {"q": "\x00x"}).status_code == 422
