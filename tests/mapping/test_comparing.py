"""Rows are paired by what they ask for; every row of both sides is told of once."""

from hypothesis import given
from hypothesis import strategies as st

from mapping.comparing import Word, compare_rows
from mapping.rules.methods import MethodRow

ROWS = st.lists(
    st.fixed_dictionaries({"method": st.sampled_from("ABCD"), "erp_method": st.sampled_from("XY")}),
    max_size=6,
)


def rows(text):
    return [{"method": each[0], "erp_method": each[1]} for each in text.split()]


def words(before, after):
    return [
        (change.word, change.was, change.place)
        for change in compare_rows(MethodRow, rows(before), rows(after))
        if change.word != Word.SAME
    ]


def test_rows_are_added_changed_and_removed():
    assert words("AX BX", "AX CX") == [(Word.ADDED, 0, 2), (Word.REMOVED, 2, 0)]
    assert words("AX BX", "AX BY") == [(Word.CHANGED, 2, 2)]
    assert words("AX", "aX") == [(Word.CHANGED, 1, 1)]


def test_only_the_row_that_went_elsewhere_has_moved():
    assert words("AX BX CX DX", "DX AX BX CX") == [(Word.MOVED, 4, 1)]
    assert words("AX BX CX", "AX NX BX CX") == [(Word.ADDED, 0, 2)]


def test_of_two_rows_for_the_same_the_first_is_the_first():
    assert words("AX AY", "AX AY") == []
    assert words("AX AY", "AX") == [(Word.REMOVED, 2, 0)]


@given(ROWS, ROWS)
def test_every_row_of_both_sides_is_told_of_once(before, after):
    changes = compare_rows(MethodRow, before, after)
    assert [each.place for each in changes if each.place] == list(range(1, len(after) + 1))
    assert sorted(each.was for each in changes if each.was) == list(range(1, len(before) + 1))
    assert all(each.after == after[each.place - 1] for each in changes if each.place)


@given(ROWS)
def test_a_file_that_says_the_same_changes_nothing(before):
    assert all(each.word == Word.SAME for each in compare_rows(MethodRow, before, before))
