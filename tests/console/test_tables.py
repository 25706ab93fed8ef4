from dataclasses import replace
from decimal import Decimal

from console.keyset import Order
from console.tables import Column, Table
from tests.builders import ExceptionItemFactory


def a_table(card=()):
    columns = (
        Column("about", "About", lambda row: "Sale 1"),
        Column("amount", "Amount", lambda row: Decimal(3), is_number=True),
        Column("owner", "Owner", lambda row: "ann", css="clip"),
    )
    return Table(columns=columns, order=Order("pk"), caption="Rows", card=card)


def test_a_card_folds_what_it_does_not_name_and_never_the_first_column():
    assert [each.classes for each in a_table(("amount",)).columns] == ["", "number", "clip folded"]
    assert [each.classes for each in a_table().columns] == ["", "number", "clip"]


def test_columns_that_somebody_chose_are_not_folded():
    chosen = a_table(("amount",)).with_columns(["owner"])
    assert [each.classes for each in chosen.columns] == ["", "clip"]


def test_an_order_or_another_first_column_folds_them_once():
    again = replace(a_table(("amount",)), caption="Others")
    (row,) = again.rows([ExceptionItemFactory.build()])
    assert '<td class="clip folded" data-label="Owner">ann</td>' in row.cells
