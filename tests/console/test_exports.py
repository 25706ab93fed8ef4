import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from audit.models import Entry
from audit.roles import Role
from console import export
from console.tables import Column
from tests.pages import LISTS, row_ids, statements
from tests.world import person

pytestmark = pytest.mark.django_db


def rows_in(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("url", LISTS)
def test_a_csv_file_holds_exactly_what_the_list_shows(desk, world, url):
    shown = row_ids(desk.get(url))
    head, *rows = rows_in(desk.get(url, {"export": "csv"}))
    assert len(rows) == len(shown)
    assert all(len(row) == len(head) for row in rows)


def test_a_file_holds_what_the_filter_selects_and_no_more(desk, world):
    wanted = {"q": world.sale.vendor_id}
    rows = rows_in(desk.get("/transactions/", {**wanted, "export": "csv"}))[1:]
    assert [row[0] for row in rows] == [world.sale.vendor_id]


def test_a_workbook_keeps_amounts_as_numbers(desk, world):
    response = desk.get("/transactions/", {"q": world.sale.vendor_id, "export": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    head, row = sheet.iter_rows(values_only=True)
    assert Decimal(str(row[head.index("Amount")])) == world.sale.amount


def test_a_file_has_the_chosen_columns_in_the_order_of_the_table(desk, world):
    asked = {"export": "csv", "cols": ["amount", "kind", "nonsense"]}
    head = rows_in(desk.get("/transactions/", asked))[0]
    assert head == ["Transaction", "Kind", "Amount"]


def test_a_column_that_the_page_leaves_out_is_in_the_file_and_in_the_choice(desk, world):
    assert "ERP" in rows_in(desk.get("/documents/", {"export": "csv"}))[0]
    html = desk.get("/documents/").content.decode()
    assert '<td data-label="ERP">' not in html
    assert 'value="target"> ERP' in html
    chosen = desk.get("/documents/", {"cols": ["target", "amount"]}).content.decode()
    assert '<td data-label="ERP">' in chosen


def test_taking_a_file_is_recorded_with_its_filter(desk, world):
    desk.get("/transactions/", {"q": world.sale.vendor_id, "export": "csv"})
    entry = Entry.objects.get(action="list.exported")
    assert entry.details["rows"] == 1
    assert entry.details["filter"] == {"q": [world.sale.vendor_id]}


def test_a_viewer_takes_no_file_and_is_offered_none(client, world):
    client.force_login(person("eve", Role.VIEWER))
    assert client.get("/transactions/", {"export": "csv"}).status_code == 403
    assert "export=csv" not in client.get("/transactions/").content.decode()
    denied = Entry.objects.get(action="access.denied")
    assert (denied.actor, denied.subject_id) == ("user:eve", "/transactions/")


def test_a_file_that_would_be_too_long_is_refused_with_its_number(desk, world, monkeypatch):
    monkeypatch.setitem(export.MOST_ROWS, "csv", 2)
    response = desk.get("/transactions/", {"export": "csv"})
    assert response.status_code == 422
    assert "at most 2 rows" in response.content.decode()


def test_a_wrong_filter_is_shown_and_not_taken_as_a_file(desk, world):
    response = desk.get("/transactions/", {"since": "yesterday", "export": "csv"})
    assert response.status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+SUM(A1)", "-2", "@cmd", "\tx", "\n=1", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_defused(text):
    assert export.plain(text) == f"'{text}"


def test_a_control_character_costs_no_workbook():
    rows = iter([["Name"], [export.plain("Ann\x0b Lee\x01\uffff")]])
    file = export.workbook(rows, [Column("name", "Name", str)], "People")
    names = [row[0] for row in load_workbook(file).active.iter_rows(values_only=True)]
    assert names == ["Name", "Ann\ufffd Lee\ufffd\ufffd"]


def test_numbers_and_times_stay_what_they_are():
    assert export.plain(Decimal("-12.50")) == Decimal("-12.50")
    moment = export.plain(datetime(2011, 2, 14, 9, 30, 5, 7, tzinfo=UTC))
    assert (moment.isoformat(), moment.tzinfo) == ("2011-02-14T09:30:05", None)


def test_a_file_costs_the_same_queries_however_long_it_is(
    desk, world, django_assert_max_num_queries
):
    with django_assert_max_num_queries(99) as queries:
        rows_in(desk.get("/transactions/", {"export": "csv"}))
    assert len(statements(queries.captured_queries)) <= 12
