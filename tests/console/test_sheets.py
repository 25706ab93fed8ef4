"""Uploaded spreadsheets become rows of text, or are refused in words, before anything is kept."""

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from console.sheets import Bounds, SheetError, harmless, lines_of

BOUNDS = Bounds(size=20_000, unfolded=100_000, rows=3, columns=4)


def workbook(*rows):
    book, body = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(body)
    return body.getvalue()


def bomb():
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 100_001)
    return body.getvalue()


def damaged():
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("readme.txt", b"no workbook")
    return body.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_is_read_with_the_separator_of_its_head(separator):
    text = f"\ufeffname{separator}amount\n\n Ann {separator}12.50\n"
    assert list(lines_of(text.encode(), BOUNDS)) == [(1, ["name", "amount"]), (3, ["Ann", "12.50"])]


def test_cells_of_a_workbook_become_the_text_that_a_person_sees():
    body = workbook(
        ["day", "moment", "money", "count"],
        [date(2011, 2, 14), datetime.fromisoformat("2011-02-14 18:30"), 12.1, 7],
        [datetime.fromisoformat("2011-02-15"), None, 0.1 + 0.2, "007"],
    )
    assert [line for _, line in lines_of(body, BOUNDS)] == [
        ["day", "moment", "money", "count"],
        ["2011-02-14", "2011-02-14 18:30:00", "12.1", "7"],
        ["2011-02-15", "", "0.3", "007"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1", "-5", "@home", "O'Hara", "'quoted'"])
def test_what_an_export_guards_against_formulas_is_read_as_it_was(text):
    [(_, [read])] = lines_of(harmless(text).encode(), BOUNDS)
    assert read == text


def test_a_formula_in_a_workbook_stays_its_text():
    assert list(lines_of(workbook(["=1+1"]), BOUNDS)) == [(1, ["=1+1"])]


def test_a_file_in_another_encoding_is_read_where_the_reader_names_it():
    assert list(lines_of(b"Caf\xe9", BOUNDS, encoding="cp1252")) == [(1, ["Café"])]
    with pytest.raises(SheetError, match="neither UTF-8 text nor a workbook"):
        list(lines_of(b"Caf\xe9", BOUNDS))


def test_as_many_rows_as_allowed_are_taken():
    assert len(list(lines_of(b"n\n1\n2\n3\n", BOUNDS))) == 4


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"x" * 20_001, "larger than 0 MB"),
        (b"n\n1\n2\n3\n4\n", "more than 3 rows"),
        (b"a,b,c,d,e\n", "more than 4 columns"),
        (b"", "is empty"),
        (b"\n\n,,\n", "is empty"),
        (b"a\0b", "neither UTF-8 text nor a workbook"),
        (b'a,"' + b"x" * 140_000, "cannot be read as CSV"),
        (b"PK not an archive", "no workbook that can be read"),
        (damaged(), "no workbook that can be read"),
        (bomb(), "unfolds to more than"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_cannot_be_taken_is_refused_in_words(body, why):
    bounds = BOUNDS if b'"' not in body else Bounds(200_000, 200_000, 3)
    with pytest.raises(SheetError, match=why):
        list(lines_of(body, bounds))


def test_a_value_that_a_comma_has_cut_in_two_is_refused_and_not_half_read():
    with pytest.raises(SheetError, match="Row 3 has more values than the head has columns"):
        list(lines_of(b"name,amount\nAnn,1.00\nBob,1,250.00\n", BOUNDS))
    quoted = b'name,amount\nBob,"1,250.00"\nAnn,1.00,,\n'
    assert [line for _, line in lines_of(quoted, BOUNDS)][1:] == [
        ["Bob", "1,250.00"],
        ["Ann", "1.00"],
    ]
    beside = workbook(["name"], ["Ann", "a remark"])
    assert [line for _, line in lines_of(beside, BOUNDS)][1] == ["Ann", "a remark"]
