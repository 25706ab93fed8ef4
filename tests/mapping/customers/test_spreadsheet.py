import pytest

from console.sheets import SheetError
from mapping.customers.spreadsheet import Kind, Standing, plan, table_of

NOW = {
    ("gateway", "g1"): Standing("C1", "2011-02-14 18:30:00"),
    ("gateway", "g3"): Standing("C1", "2011-02-15 00:00:00"),
}
KNOWN = {"C1", "C2"}


def row(ref, customer, when="", system="Gateway"):
    return {
        "number there": ref,
        "customer in the erp": customer,
        "when": when,
        "system": system,
    }


@pytest.mark.parametrize(
    ("given", "kind", "why"),
    [
        (row("g1", "C1", "2011-02-14 18:30:00"), Kind.SAME, ""),
        (row("g1", "C2", "2011-02-14 18:30:00"), Kind.CHANGED, ""),
        (row("g3", "C2", "2011-02-15"), Kind.CHANGED, ""),
        (row("g1", "", "2011-02-14 18:30:00"), Kind.REMOVED, ""),
        (row("g2", "C1"), Kind.NEW, ""),
        (row("g1", "C2", "2011-01-01 00:00:00"), Kind.REFUSED, "changed the link since"),
        (row("g1", "C2"), Kind.REFUSED, "linked to C1 already"),
        (row("g9", "C2", "2011-01-01 00:00:00"), Kind.REFUSED, "taken back since"),
        (row("g2", "C9"), Kind.REFUSED, "no customer C9"),
        (row("g2", ""), Kind.REFUSED, "customer is missing"),
        (row("", "C1"), Kind.REFUSED, "number is missing"),
        (row("g2", "C1", system="Shop"), Kind.REFUSED, "“Shop” is no system"),
    ],
)
def test_each_row_says_what_it_would_do(given, kind, why):
    [change] = plan([given], NOW, KNOWN)
    assert (change.kind, change.line) == (kind, 2)
    assert why in change.why


def test_of_rows_with_the_same_number_none_is_taken():
    changes = plan([row("g2", "C1"), row("g4", "C1"), row("g2", "C2")], NOW, KNOWN)
    assert [change.kind for change in changes] == [Kind.REFUSED, Kind.NEW, Kind.REFUSED]
    assert changes[0].why == "The number stands in the sheet twice; leave one row."


def test_a_sheet_without_its_columns_is_refused_as_a_whole():
    with pytest.raises(SheetError, match="no column “number there”"):
        table_of([["a", "b"]], ("number there",))


def test_headings_are_known_in_any_case_and_short_rows_lack_their_end():
    assert table_of([["N", "Name"], ["7"]], ("n",)) == [{"n": "7"}]
