import csv
from datetime import date
from decimal import Decimal

import pytest

from integrations.sandbox.world.statement import Line, as_csv, deliver, deliver_badly, file_name
from integrations.sandbox.world.statement_styles import STYLES

LINES = [
    Line(
        1, date(2010, 12, 2), "MERCHANT DEPOSIT PAYTRACE", "BATCH 1", Decimal("96.80"), Decimal(1)
    ),
    Line(2, date(2010, 12, 2), "RENT, WAREHOUSE", "", Decimal("-2400.00"), Decimal(-2399)),
]


def test_a_statement_has_five_columns_and_two_decimals():
    rows = list(csv.DictReader(as_csv(LINES).splitlines()))
    assert (rows[0]["amount"], rows[0]["balance"]) == ("96.80", "1.00")
    assert rows[1]["description"] == "RENT, WAREHOUSE"
    assert list(rows[0]) == ["date", "description", "reference", "amount", "balance"]


def test_a_damaged_line_is_the_only_unreadable_one():
    rows = list(csv.DictReader(as_csv(LINES, damaged=1).splitlines()))
    with pytest.raises(ArithmeticError):
        Decimal(rows[0]["amount"])
    assert Decimal(rows[1]["amount"]) == Decimal("-2400.00")


def test_whoever_watches_the_folder_sees_whole_statements_only(tmp_path):
    path = deliver(tmp_path / "drop", file_name(date(2010, 12, 2)), as_csv(LINES))
    assert path.name == "statement-2010-12-02.csv"
    assert [each.name for each in (tmp_path / "drop").iterdir()] == [path.name]
    assert path.read_bytes().count(b"\r\n") == 3


@pytest.mark.parametrize("style", STYLES)
def test_each_style_writes_every_line_and_spoils_no_more_than_the_damaged_one(style):
    texts = [STYLES[style].write(LINES, damaged) for damaged in (None, 1)]
    assert all("BATCH 1" in text and "WAREHOUSE" in text for text in texts)
    assert [text.count("#") for text in texts] == [0, 1]
    assert len({len(text) for text in texts}) == 1
    assert STYLES[style].suffix in {".csv", ".bai", ".xml", ".ofx"}


def test_a_bai2_report_adds_up_for_each_day():
    lines = [line.rstrip("/") for line in STYLES["bai2"].write(LINES, None).split()]
    assert "03,0001234567,USD,010,-9580,,,015,-239900,," in lines
    assert [line for line in lines if line.startswith("49")] == ["49,200,6"]
    assert lines[-1] == "99,200,1,10"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (None, ["statement-2010-12-02.csv"]),
        ("again", ["statement-2010-12-02-copy.csv", "statement-2010-12-02.csv"]),
        ("other_name", ["a-statement-2010-12-02.csv"]),
        ("late", []),
    ],
)
def test_a_bad_bank_delivers_twice_otherwise_or_not_yet(tmp_path, kind, names):
    deliver_badly(tmp_path, "statement-2010-12-02.csv", as_csv(LINES), kind)
    assert sorted(each.name for each in tmp_path.iterdir()) == names


@pytest.mark.parametrize(("kind", "lines"), [("half", 2), ("newest_first", 3), ("touch", 3)])
def test_a_bad_bank_delivers_half_of_it_or_in_another_order(tmp_path, kind, lines):
    text = as_csv(LINES)
    deliver_badly(tmp_path, "statement-2010-12-02.csv", text, kind)
    [path] = tmp_path.iterdir()
    found = path.read_bytes().decode()
    assert len(found.splitlines()) == lines
    assert set(found.splitlines()[:1]) == set(text.splitlines()[:1])
