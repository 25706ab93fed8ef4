"""Spreadsheets of any kind come back as they left; what cannot be taken is said in a sentence."""

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from mapping import sheet_files
from mapping.kinds import KINDS
from mapping.services.editing import values_of
from mapping.services.imports import check_rows
from mapping.services.rulesets import RuleSetError
from mapping.sheet_files import as_csv, as_xlsx, read_sheet
from tests import builders
from tests.mapping.drafts import draft, full_draft

pytestmark = pytest.mark.django_db
METHODS = KINDS["methods"]
HEAD = "Card or method,Payment method in the ERP,Class of tender\n"


def read(text, kind=METHODS):
    return read_sheet(text.encode(), kind)


@pytest.mark.parametrize("write", [as_csv, as_xlsx])
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_rows_of_any_kind_come_back_as_they_left(kind, write):
    version = full_draft(rows=2)
    check = check_rows(kind, version, read_sheet(write(version, kind), kind))
    assert check.is_same
    assert [values_of(kind, row) for row in kind.objects(version)] == check.taken


def test_choices_stand_in_words_and_are_read_in_words_or_codes():
    version = draft()
    builders.AccountRuleFactory(version=version, position=1, role="unidentified")
    assert b"Unidentified receipts" in as_csv(version, KINDS["accounts"])
    head = ",".join(sheet_files.heads(KINDS["accounts"]))
    for text in ("unidentified receipts", "UNIDENTIFIED"):
        (row,) = read(f"{head}\n{text},,,,,,2300\n", KINDS["accounts"])
        assert row.values["role"] == "unidentified"


def test_nothing_that_a_spreadsheet_would_run_leaves_or_comes_in():
    version = draft()
    builders.MethodRuleFactory(version=version, position=1, method='=HYPERLINK("x")')
    assert b"'=HYPERLINK" in as_csv(version, METHODS)
    book = load_workbook(io.BytesIO(as_xlsx(version, METHODS)))
    assert next(cell.data_type for cell in book.active[2]) == "s"
    check = check_rows(METHODS, version, read(HEAD + "=1+1,VISA,\n"))
    assert check.refusals[0].why == "Card or method holds a formula; put the value there."


def test_a_refused_row_names_its_line_and_its_column():
    check = check_rows(METHODS, None, read(HEAD + "\nVisa,VISA,\nAmex,,\n"))
    (refusal,) = check.refusals
    assert (refusal.line, refusal.why) == (
        4,
        "Payment method in the ERP: This field cannot be blank.",
    )
    assert len(check.taken) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty"),
        ("Card,Method\n", "'Card' is none of Payment methods"),
        ("Card or method\n", "lacks the column Payment method in the ERP"),
        (HEAD.strip() + ",Card or method\n", "names a column twice"),
        (HEAD + "4111111111111111,VISA,\n", "Row 2 holds what looks like a card number"),
        (HEAD + "a\0b,VISA,\n", "no CSV or XLSX"),
        (HEAD + "," * 60 + "x\n", "more than 50 columns"),
        (HEAD + "Visa,VISA,\n" * 5001, "more than 5,000 rows"),
        ("x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
        ("PK broken", "no workbook that can be read"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(text, sentence):
    with pytest.raises(RuleSetError, match=sentence):
        read(text)


def test_a_workbook_that_unfolds_without_end_is_not_opened():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as inside:
        inside.writestr("xl/worksheets/sheet1.xml", b"\0" * (41 * 1024 * 1024))
    with pytest.raises(RuleSetError, match="unfolds to more than 40 MB"):
        read_sheet(file.getvalue(), METHODS)


def test_numbers_of_a_workbook_are_read_as_they_look():
    book = Workbook()
    book.active.append(sheet_files.heads(KINDS["fees"]))
    book.active.append(["Visa", 2.9, 0.3])
    book.active.append(["Amex", 3, None])
    file = io.BytesIO()
    book.save(file)
    rows = read_sheet(file.getvalue(), KINDS["fees"])
    assert [row.values["percent"] for row in rows] == ["2.9", "3"]


def test_semicolons_and_windows_letters_are_read():
    text = HEAD.replace(",", ";") + "Carte bancaire é;CB;\n"
    (row,) = read_sheet(text.encode("cp1252"), METHODS)
    assert row.values["method"] == "Carte bancaire é"
