"""A formula is made step by step, and taken back step by step."""

from decimal import Decimal

from hypothesis import given

from mapping.fields.building import joined, parts, taken_back, transformed
from mapping.fields.formula import Field, Number, Text, parse, write
from tests.mapping.fields.test_formula import FORMULAS, LEAVES

LAST4 = Field("last4")


def test_pieces_are_put_beside_each_other_in_one_list():
    formula = joined(None, Field("method"))
    formula = joined(formula, LAST4, " ")
    formula = joined(formula, Text("!"))
    assert write(formula) == 'concat(method, " ", last4, "!")'
    assert [write(part) for part in parts(formula)] == ["method", '" "', "last4", '"!"']
    assert list(parts(LAST4)) == []


def test_a_function_goes_around_all_or_around_one_part():
    formula = parse('concat(method, " ", last4)')
    places = (Number(Decimal(1)), Number(Decimal(9)))
    assert write(transformed(formula, None, "slice", places)) == f"slice({write(formula)}, 1, 9)"
    one = transformed(formula, 2, "slice", places)
    assert write(one) == 'concat(method, " ", slice(last4, 1, 9))'


@given(FORMULAS, LEAVES)
def test_a_function_that_was_put_around_is_taken_back(formula, argument):
    assert taken_back(transformed(formula, None, "default", (argument,))) == formula


@given(LEAVES)
def test_a_piece_that_was_put_beside_is_taken_back_with_its_blank(formula):
    assert taken_back(joined(formula, LAST4, " ")) == formula
    assert taken_back(formula) is None
