"""The transformations one by one: what they give, and what they say where they give nothing."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.targets import FieldType, TargetField
from mapping.fields.fitting import unfit
from mapping.fields.sources import SOURCES, values_of
from mapping.fields.values import FieldError, as_text
from mapping.fields.working import checked, in_words, told, work_out
from tests.mapping.rules import payment

PAID = payment(
    "139.10",
    method="Visa",
    texts=("INV 536365", "spring order"),
    captured_at=datetime(2010, 12, 1, 14, 5, tzinfo=UTC),
    last4="1111",
)


def given_for(text, paid=PAID):
    return as_text(work_out(checked(text), values_of(paid)))


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("amount", "139.10"),
        ("business_on", "2010-12-01"),
        ("captured_at", "2010-12-01 14:05"),
        ('concat("Card ", method, " ", amount)', "Card Visa 139.10"),
        ("slice(reference_1, 1, 3)", "INV"),
        ("slice(reference_1, 5)", "536365"),
        ("slice(reference_1, -4)", "6365"),
        ("slice(payer_name, 1, 9)", ""),
        ('date(business_on, "DD MMM YY")', "01 Dec 10"),
        ('date(captured_at, "YYYY/MM/DD HH:mm")', "2010/12/01 14:05"),
        ('lookup(method, "visa", "VI", "Amex", "AX")', "VI"),
        ('lookup(last4, "9", "x", "other")', "other"),
        ('default(payer_name, reference_3, "nobody")', "nobody"),
        ('case(reference_2, "title")', "Spring Order"),
        ('case(reference_2, "upper")', "SPRING ORDER"),
        ("add(amount, 0.90, -1)", "139.00"),
        ("subtract(amount, 139.10)", "0.00"),
        ("multiply(amount, 0.5)", "69.550"),
        ("divide(amount, 3, 2)", "46.37"),
        ("round(divide(amount, 200, 3), 1)", "0.7"),
    ],
)
def test_a_formula_gives(formula, result):
    assert given_for(formula) == result


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ('lookup(method, "Amex", "AX")', "nothing for “Visa”"),
        ('date(business_on, "HH:mm")', "no time of day"),
        ("divide(amount, 0, 2)", "divide by zero"),
        ("multiply(amount, 999999999999999, 10)", "too large"),
    ],
)
def test_a_formula_that_gives_nothing_says_why(formula, sentence):
    with pytest.raises(FieldError, match=sentence):
        given_for(formula)


def test_a_payment_that_was_not_taken_yet_has_no_moment():
    assert given_for('date(captured_at, "YYYY")', payment(captured_at=None)) == ""


@given(st.text(max_size=40), st.integers(1, 40), st.integers(0, 40))
def test_a_part_is_never_longer_than_asked_and_stands_in_the_text(text, first, more):
    paid = payment(texts=(text,))
    part = given_for(f"slice(reference_1, {first}, {first + more})", paid)
    assert len(part) <= more + 1
    assert part in text


@given(st.decimals(-99999, 99999, places=2), st.decimals(-99999, 99999, places=2))
def test_sums_and_differences_are_exact(one, other):
    total = Decimal(given_for(f"add({one:f}, {other:f})"))
    assert total == one + other
    assert Decimal(given_for(f"subtract({total:f}, {other:f})")) == one


def test_every_field_of_a_payment_reads_as_text_also_where_it_is_empty():
    for paid in (PAID, payment(captured_at=None, texts=())):
        assert set(values_of(paid)) == set(SOURCES)
        assert all(isinstance(as_text(value), str) for value in values_of(paid).values())


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ('concat("Card ", slice(method, 1, 4))', "“Card ” + characters 1 to 4 of Card or method"),
        ("slice(last4, -2)", "the last 2 characters of Last four digits"),
        ('date(business_on, "YYYY")', "Business day written as YYYY"),
        ('lookup(method, "a", "b", "c")', "by a table (“a” is “b”, anything else is “c”)"),
        ('case(method, "upper")', "Card or method in capitals"),
        ("divide(amount, 3, 2)", "Amount divided by 3, to 2 decimals"),
    ],
)
def test_a_formula_reads_as_words(formula, words):
    assert words in in_words(checked(formula))


def test_a_stored_text_that_is_no_formula_any_more_is_shown_as_it_stands():
    assert told("colour(") == "colour("


REQUIRED = TargetField("receipt", "comment", "Comment", FieldType.TEXT, 5, is_required=True)
NUMBER = TargetField("receipt", "amount", "Amount", FieldType.DECIMAL, 4)
DAY = TargetField("receipt", "date", "Date", FieldType.DATE)


@pytest.mark.parametrize(
    ("target", "value", "sentence"),
    [
        (REQUIRED, "12345", ""),
        (REQUIRED, "12345678", "It has 8 characters, the field takes 5: 3 too many."),
        (REQUIRED, " ", "It is empty, and the field is required."),
        (REQUIRED, "a\nb", "not printed"),
        (NUMBER, Decimal("-12.34"), ""),
        (NUMBER, Decimal("123.45"), "1 too many"),
        (NUMBER, "12", "is no number"),
        (NUMBER, "", ""),
        (DAY, date(2010, 12, 1), ""),
        (DAY, "soon", "is no date"),
    ],
)
def test_what_does_not_go_into_a_field_is_said_and_never_cut(target, value, sentence):
    said = unfit(target, value)
    assert sentence in said if sentence else said == ""
