"""Formulas are read into a tree and written from it; what is wrong is said."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.fields.checking import check
from mapping.fields.formula import (
    Call,
    Field,
    FormulaError,
    Number,
    Text,
    fields_in,
    parse,
    write,
)
from mapping.fields.functions import FUNCTIONS
from mapping.fields.sources import SOURCES
from mapping.fields.values import ValueType

NUMBERS = st.decimals(-9999, 9999, places=2).map(lambda value: Number(value + 0))
LEAVES = st.one_of(
    st.sampled_from(sorted(SOURCES)).map(Field), st.text(max_size=12).map(Text), NUMBERS
)
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        Call,
        st.sampled_from(sorted(FUNCTIONS)),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
    ),
    max_leaves=6,
)


@given(FORMULAS)
def test_what_is_written_is_read_as_the_same_formula(formula):
    assert parse(write(formula)) == formula


def test_spaces_and_capitals_of_names_do_not_matter():
    formula = parse(' Concat( "He said ""so""",Method , -1.50 ) ')
    assert formula == Call(
        "concat", (Text('He said "so"'), Field("method"), Number(Decimal("-1.50")))
    )
    assert write(formula) == 'concat("He said ""so""", method, -1.50)'
    assert fields_in(formula) == ["method"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("  ", "Say what stands"),
        ('"Card', "no quotation mark"),
        ("concat(method", "closing bracket"),
        ("concat(method,)", "has to stand before"),
        ("method last4", "behind the end"),
        ("1.2.3", "cannot be read"),
        ("=method", "cannot be read"),
        ("concat(" * 8 + "method" + ")" * 8, "8 deep"),
        ("x" * 501, "at most 500"),
    ],
)
def test_a_text_that_is_no_formula_says_why(text, sentence):
    with pytest.raises(FormulaError, match=sentence):
        parse(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour", "no field 'colour'"),
        ("eval(method)", "no function 'eval'"),
        ("concat(method)", "takes 2 to 20 values; here are 1"),
        ("add(amount, method)", "takes a number as its value 2; method is a text"),
        ('date(method, "YYYY")', "takes a date as its value 1"),
        ('date(business_on, "YYYY Q")', "'Q' is no part of a date"),
        ('date(business_on, "")', "no part of a date"),
        ('case(method, "wavy")', '"upper", "lower" or "title"'),
        ("round(amount, 9)", "from 0 to 6"),
        ("round(amount, amount)", "from 0 to 6"),
        ("slice(method, 0, 4)", "begins at 1"),
        ("slice(method, 4, 2)", "begins at 1"),
        ("slice(method, -4, 2)", "begins at 1"),
    ],
)
def test_what_does_not_fit_together_is_said(text, sentence):
    with pytest.raises(FormulaError, match=sentence):
        check(parse(text))


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("amount", ValueType.DECIMAL),
        ("default(amount, 0)", ValueType.DECIMAL),
        ('default(amount, "none")', ValueType.TEXT),
        ('lookup(method, "Visa", 1, 2)', ValueType.DECIMAL),
        ("default(captured_at, business_on)", ValueType.DATE),
    ],
)
def test_a_formula_has_the_type_of_what_it_gives(text, type_):
    assert check(parse(text)) == type_
