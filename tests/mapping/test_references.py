import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapping.references import MAX_REFERENCES, Weight, references


def forms(*texts, weight=Weight.CERTAIN):
    return [each.forms[-1] for each in references(texts) if each.weight is weight]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("536365", ["536365"]),
        ("INV 536365", ["536365"]),
        ("INV-536365", ["536365"]),
        ("inv no. 536365", ["536365"]),
        ("invoice:536365", ["536365"]),
        ("#536365", ["536365"]),
        ("(536365)", ["536365"]),
        ("536365/536366", ["536365", "536366"]),
        ("536365, 536366 & 536367", ["536365", "536366", "536367"]),
        ("536365+536366;536367", ["536365", "536366", "536367"]),
        ("A563185", ["A563185"]),
        ("a563185", ["A563185"]),
        ("inv a563185", ["A563185"]),
        ("536365 536365 #536365", ["536365"]),
        ("thank you", []),
        ("", []),
        ("  \t\n ", []),
    ],
)
def test_the_invoice_field_is_read_as_people_type(typed, found):
    assert forms(typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("for invoice 536365", ["536365"]),
        ("Invoices 536365 and 536366", ["536365", "536366"]),
        ("inv no. 536365", ["536365"]),
        ("payment of bill #77", ["77"]),
        ("pays 536365 in full", ["536365"]),
        ("pays A563185", ["A563185"]),
        ("see you on 12/08/2010", []),
        ("delivered 2010-12-08", []),
        ("2 boxes, 4 lids", []),
        ("call 555-1234", []),
    ],
)
def test_in_other_texts_only_named_or_long_numbers_count(typed, found):
    assert forms("", typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("A351 - thanks", ["A351"]), ("2 boxes, 14 lids", []), ("call 555-1234", ["555-1234"])],
)
def test_a_short_number_in_free_text_is_weak(typed, found):
    assert forms("", typed, weight=Weight.WEAK) == found
    assert forms("", typed) == []


def test_the_whole_field_may_be_one_number_with_blanks_and_marks():
    assert forms("inv 2011/15 b", weight=Weight.WHOLE) == ["INV 2011/15 B"]
    assert forms("x", weight=Weight.WHOLE) == ["X"]
    assert forms("536365", weight=Weight.WHOLE) == forms("", weight=Weight.WHOLE) == []


def test_a_reference_is_looked_up_as_it_stands_first():
    [reference] = references(["INV-536365"])
    assert reference.typed == "INV-536365"
    assert reference.forms == ("INV-536365", "536365")
    [marked] = references(["#12*"])
    assert marked.forms == ("#12*", "12")


def test_the_order_is_the_one_typed_over_all_texts():
    assert forms("536367", "invoice 536365", "also 536366") == ["536367", "536365", "536366"]


def test_a_number_in_two_fields_is_one_reference():
    assert forms("536365", "Invoice 536365", "536365-1") == ["536365"]


def test_a_longer_list_than_anybody_types_is_cut():
    many = " ".join(str(number) for number in range(1000, 1100))
    assert len(references([many])) == MAX_REFERENCES


def test_hostile_texts_are_read_in_no_time():
    for text in (
        "1" * 20_000,
        "inv " * 5_000,
        "#1," * 5_000,
        "A-" * 10_000,
        "inv 1" + " and 2" * 4_000,
    ):
        assert len(references(["", text])) <= MAX_REFERENCES


@given(st.lists(st.text(max_size=60), max_size=4))
def test_nothing_that_can_be_typed_breaks_it(texts):
    found = references(texts)
    assert all(reference.forms and reference.typed for reference in found)
    assert all(form == form.upper() for reference in found for form in reference.forms)


@given(st.lists(st.integers(10_000, 999_999), min_size=1, max_size=8, unique=True))
def test_every_number_in_the_invoice_field_is_found_in_order(numbers):
    assert forms(" / ".join(f"#{number}" for number in numbers)) == [str(n) for n in numbers]
