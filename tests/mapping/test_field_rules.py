"""Field maps as a kind of rule: kept in one spelling, checked, in words, and asked by decisions."""

import pytest

from audit.roles import Role
from integrations.registry import CONNECTORS
from mapping.decide import decide
from mapping.decide.texts import DEFAULTS
from mapping.kinds import KINDS
from mapping.problems import ProblemKind
from mapping.rules.fields import FieldRow
from mapping.sentences import sentence
from mapping.services import editing
from mapping.services.editing import InvalidRow
from mapping.services.rulesets import load
from mapping.targets import open_fields_of, target_choices
from tests import builders
from tests.mapping.drafts import draft
from tests.mapping.rules import desk, item, payment, rule_book
from tests.world import person

FIELDS = KINDS["fields"]
COMMENT = 'concat("Card payment ", transaction_id)'
TARGETS = open_fields_of("sage500")


def added(version, **values):
    given = {"target": "receipt.comment", "formula": "transaction_id"} | values
    return editing.add(person("mara", Role.MAPPER), version, FIELDS, given)


@pytest.mark.django_db
def test_a_formula_is_kept_in_one_spelling_and_reads_as_a_sentence():
    row = added(draft(), method="Visa", formula='CONCAT("Card ",transaction_id)')
    assert row.formula == 'concat("Card ", transaction_id)'
    assert sentence(FIELDS, row) == (
        "If the field is Cash receipt: comment and the card is Visa → “Card ” + Transaction number"
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "column", "words"),
    [
        ({"formula": "colour"}, "formula", "no field 'colour'"),
        ({"formula": '"4111 1111 1111 1111"'}, "formula", "looks like a card number"),
        ({"target": "receipt.amount"}, "target", "not a valid choice"),
        ({"target": "receipt.payment_ref"}, "target", "not a valid choice"),
    ],
)
def test_a_row_that_cannot_be_is_refused_beside_its_column(values, column, words):
    with pytest.raises(InvalidRow) as refused:
        added(draft(), **values)
    assert words in refused.value.problems[column][0]


@pytest.mark.django_db
def test_an_erp_that_declares_no_fields_takes_no_rows():
    pair = builders.PairFactory(erp=builders.ConnectionFactory(connector="bank_csv", name="Books"))
    with pytest.raises(InvalidRow, match="Books has no Cash receipt: comment"):
        added(draft(pair=pair))


@pytest.mark.django_db
def test_a_version_is_loaded_with_the_fields_that_its_rows_may_fill():
    version = draft()
    assert load(version).targets == {}
    added(version)
    rules = load(version)
    assert [row.formula for row in rules.fields] == ["transaction_id"]
    assert rules.targets["receipt.comment"].width == 50


def test_every_open_field_has_what_stands_there_without_a_rule():
    assert set(dict(target_choices())) == set(DEFAULTS)
    assert {name for code in CONNECTORS for name in open_fields_of(code)} == set(DEFAULTS)


def mapped(*rows, **more):
    fields = tuple(FieldRow(at, *row) for at, row in enumerate(rows, start=1))
    return rule_book(fields=fields, targets=TARGETS, **more)


def test_without_a_row_the_comment_is_what_it_always_was():
    for rules in (rule_book(), mapped(("receipt.comment", "last4", "Amex"))):
        decision = decide(payment(), rules, desk(item(536365)))
        assert decision.receipt.comment == "Card payment 1001"
        assert not [rule for rule in decision.rules if rule.startswith("field")]


def test_the_first_row_for_the_field_fills_it_and_is_named():
    rules = mapped(
        ("refund.comment", '"not this one"'),
        ("receipt.comment", '"Amex"', "Amex"),
        ("receipt.comment", 'concat(reference_1, ", ", date(business_on, "MM/DD"))'),
    )
    decision = decide(payment(texts=("INV 7",)), rules, desk(item(536365)))
    assert decision.receipt.comment == "INV 7, 12/01"
    assert [rule[:8] for rule in decision.rules if rule.startswith("field")] == ["field 3:"]


def test_a_refund_takes_its_texts_from_the_map():
    rules = mapped(
        ("refund.comment", 'concat("Back to ", customer_ref)'),
        ("refund.line_comment", 'default(sale_id, "no sale")'),
    )
    decision = decide(payment(kind="refund", parent_id="900"), rules, desk())
    assert decision.refund.comment == "Back to 17850"
    assert {line.comment for line in decision.refund.lines} == {"900"}


@pytest.mark.parametrize(
    ("formula", "why"),
    [
        ("concat(reference_1, reference_1)", "It has 80 characters, the field takes 50"),
        ('lookup(method, "Amex", "AX")', "The table has nothing for “VISA”."),
    ],
)
def test_what_does_not_fit_holds_the_payment_with_its_reason(formula, why):
    rules = mapped(("receipt.comment", formula))
    decision = decide(payment(texts=("x" * 40,)), rules, desk(item(536365)))
    (problem,) = decision.problems
    assert decision.is_held
    assert decision.receipt is None
    assert problem.kind == ProblemKind.FIELD_UNFIT
    assert "Cash receipt: comment: row 1" in problem.message
    assert why in problem.message


def test_a_payment_that_is_held_takes_nothing_from_its_invoice():
    found = desk(item(536365))
    decide(payment(texts=("x" * 60,)), mapped(("receipt.comment", "reference_1")), found)
    assert found.available["k536365"] == payment().amount
