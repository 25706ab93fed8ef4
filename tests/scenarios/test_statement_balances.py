"""A bank statement that does not add up stands on the desk until one comes that does."""

import pytest

from reconciliation.models import BankLine, ExceptionItem
from tests.hub import Hub

HEAD = "date,description,reference,amount,balance\n"
#: (reference, amount, balance) of a day, from a balance of 100.
WHOLE = (("BATCH 4", "7.00", "107.00"), ("RENT", "-5.00", "102.00"), ("BATCH 5", "8.00", "110.00"))
SHORT = (WHOLE[0], WHOLE[2])


@pytest.fixture
def give(hub: Hub):
    """The bank's file of the first day comes in, and is read."""

    def give(name, lines):
        rows = "".join(f"2010-12-01,MERCHANT DEPOSIT,{','.join(line)}\n" for line in lines)
        (hub.statements / name).write_text(HEAD + rows)
        hub.settle()

    return give


def the_item() -> ExceptionItem:
    return ExceptionItem.objects.get(reason="statement_unbalanced")


def test_it_is_told_with_file_and_difference_and_its_lines_are_taken(hub: Hub, give):
    give("a.csv", SHORT)
    item = the_item()
    assert item.message == "a.csv: Line 3: the balance is 110.00 USD, not 115.00 USD."
    assert (item.state, item.owner, item.connection) == ("open", "finance", hub.pair.bank)
    assert BankLine.objects.count() == 2


def test_the_statement_with_all_lines_closes_it(hub: Hub, give):
    give("a.csv", SHORT)
    give("b.csv", WHOLE)
    assert hub.reasons("resolved") == ["statement_unbalanced"]
    assert the_item().resolution == "Statement b.csv holds its lines and adds up."
    assert BankLine.objects.count() == 3


def test_one_that_adds_up_and_lacks_a_line_says_so_and_leaves_it_open(hub: Hub, give):
    give("a.csv", SHORT)
    give("b.csv", (WHOLE[0], ("RENT", "-5.00", "102.00")))
    assert the_item().state == "open"
    [note] = the_item().notes.filter(action="told anew")
    assert note.text == "Statement b.csv adds up and has not 1 line of this one, in the books too."


@pytest.mark.parametrize(
    "lines",
    [
        [(*line[:2], "") for line in WHOLE],  # nothing to hold its lines against
        [*WHOLE, ("BATCH 6", "1.00", "1.00")],  # does not add up either
        [WHOLE[0], ("RENT", "5 dollars", "102.00"), WHOLE[2]],  # a line cannot be read
        [("BATCH 9", "1.00", "1.00"), ("BATCH 10", "1.00", "2.00")],  # others' lines
    ],
)
def test_another_statement_that_does_not_fit_closes_nothing(hub: Hub, give, lines):
    give("a.csv", SHORT)
    give("b.csv", lines)
    first = ExceptionItem.objects.filter(reason="statement_unbalanced").order_by("pk")[0]
    assert (first.state, first.notes.filter(action="told anew").count()) == ("open", 0)


def test_a_line_that_cannot_be_read_is_told_of_alone(hub: Hub, give):
    give("a.csv", (*SHORT, ("BATCH 6", "many", "1.00")))
    assert "statement_unbalanced" not in hub.reasons()
    assert "unreadable_statement_line" in hub.reasons()


def test_the_same_file_once_more_opens_no_second_one(hub: Hub, give):
    give("a.csv", SHORT)
    give("a-again.csv", SHORT)
    assert hub.reasons().count("statement_unbalanced") == 1
