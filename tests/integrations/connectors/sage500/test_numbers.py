"""Numbers as typed and as stored: what finds an invoice is among its references, and back."""

from hypothesis import given
from hypothesis import strategies as st

from integrations.connectors.sage500.numbers import stored_forms, typed_forms


def test_a_short_number_is_looked_up_with_its_zeros():
    assert stored_forms([" 1234 ", "c536379", ""]) == ["1234", "0000001234", "C536379", "c536379"]


def test_a_stored_number_tells_every_form_that_finds_it():
    assert typed_forms(["0000123456", "536365 ", "536365"]) == (
        "0000123456", "000123456", "00123456", "0123456", "123456", "536365",
    )  # fmt: skip
    assert typed_forms(["0000000000"])[-1] == "0"


@given(
    st.text("0123456789", min_size=1, max_size=10), st.text("0123456789", min_size=1, max_size=10)
)
def test_finding_and_being_found_are_the_same(typed, stored):
    assert (stored in stored_forms([typed])) == (typed in typed_forms([stored]))
