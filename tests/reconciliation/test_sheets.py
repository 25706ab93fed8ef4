"""Exceptions go out as a spreadsheet and come back: checked row by row, stale rows refused."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from audit.models import Entry
from reconciliation import sheet_reading
from reconciliation.choices import Reason
from reconciliation.models import BulkRun, ExceptionItem, Sheet
from reconciliation.services import desk as service
from reconciliation.services.bulk import drain
from tests.builders import ExceptionItemFactory
from tests.world import operator, viewer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


def taken(client, kind="csv", **chosen):
    response = client.get("/exceptions/sheets/export/", {"kind": kind, **chosen})
    return b"".join(response.streaming_content)


def rows_in(body):
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def send(client, body, name="work.csv"):
    return client.post("/exceptions/sheets/", {"file": SimpleUploadedFile(name, body)}, follow=True)


def filled(client, **wish):
    """The export with every row filled in."""
    return [row | wish for row in rows_in(taken(client))]


def why(sheet=None):
    return [(row["state"], row["why"]) for row in (sheet or Sheet.objects.latest("pk")).rows]


def work_off():
    while drain.drain():
        pass


def test_what_the_filter_selects_goes_out_and_comes_back_done(desk):
    wanted = ExceptionItemFactory(reason=Reason.OVERPAID)
    ExceptionItemFactory()
    [row] = rows_in(taken(desk, reason="overpaid"))
    assert (row["Exception"], row["Amount"]) == (str(wanted.pk), "139.120")
    html = send(desk, as_csv([row | {"Action": "Dismiss", "Note": "By cheque."}])).content.decode()
    assert "Apply 1 row" in html
    assert not BulkRun.objects.exists()
    desk.post(f"/exceptions/sheets/{Sheet.objects.get().pk}/")
    work_off()
    wanted.refresh_from_db()
    assert (wanted.state, wanted.resolution) == ("dismissed", "By cheque.")
    assert BulkRun.objects.get().origin == "sheet"


def test_a_workbook_makes_the_same_journey(desk):
    item = ExceptionItemFactory()
    book = load_workbook(io.BytesIO(taken(desk, "xlsx")))
    sheet = book.active
    heads = [cell.value for cell in sheet[1]]
    sheet.cell(2, heads.index("Action") + 1, "claim")
    out = io.BytesIO()
    book.save(out)
    send(desk, out.getvalue(), "work.xlsx")
    assert why() == [("accepted", "")]
    desk.post(f"/exceptions/sheets/{Sheet.objects.get().pk}/")
    work_off()
    item.refresh_from_db()
    assert item.owner == "user:operator"


def test_a_row_that_changed_since_the_export_is_refused(desk):
    item = ExceptionItemFactory()
    body = as_csv(filled(desk, Action="Dismiss", Note="Ours."))
    service.claim(item, f"user:{operator('ann')}")
    send(desk, body)
    [(state, said)] = why()
    assert (state, "It has changed since the file was made" in said) == ("refused", True)


@pytest.mark.parametrize("is_applied", [False, True])
def test_who_works_on_it_between_check_and_run_comes_first(desk, is_applied):
    item, other = ExceptionItemFactory(), ExceptionItemFactory()
    send(desk, as_csv(filled(desk, Action="Dismiss", Note="Ours.")))
    url = f"/exceptions/sheets/{Sheet.objects.get().pk}/"
    if is_applied:
        desk.post(url)
    service.claim(item, f"user:{operator('ann')}")
    desk.post(url)
    work_off()
    run = BulkRun.objects.get()
    assert (run.done, run.refused) == (1, 1)
    assert "It has changed since" in run.items.get(item=item).said
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.state, other.state) == ("claimed", "dismissed")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"Action": "Explode"}, "“Explode” is no action; there are Claim"),
        ({"Action": "Dismiss"}, "Note: Say why"),
        ({"Action": "Claim", "Invoice": "1"}, "“Claim” asks for no Invoice"),
        ({"Action": "Try again"}, "does not fit this exception"),
        ({"Action": "Map the account", "Account": "1"}, "not among your duties"),
        ({"Note": "Ours."}, "The row has values and no action"),
        ({"Action": "=cmd|' /C calc'!A0"}, "begins like a formula"),
        ({"Action": "Dismiss", "Note": "=1+1"}, "begins like a formula"),
        ({"Action": "Claim", "Amount": "1.00"}, "the rows were mixed up"),
        ({"Action": "Claim", "Amount": "sNaN"}, "the rows were mixed up"),
        ({"Action": "Claim", "Amount": "1E+400"}, "the rows were mixed up"),
        ({"Action": "Claim", "Exception": "99999999"}, "There is no such exception"),
        ({"Action": "Claim", "Exception": "x"}, "There is no such exception"),
        ({"Action": "Claim", "Revision": ""}, "It has changed since"),
    ],
)
def test_what_a_row_may_not_ask_for_is_refused_in_a_sentence(desk, wish, said):
    ExceptionItemFactory()
    ExceptionItemFactory()
    rows = filled(desk)
    send(desk, as_csv([rows[0] | wish, rows[1] | {"Action": "Claim"}]))
    first, second = why()
    assert first[0] == "refused"
    assert said in first[1]
    assert second == ("accepted", "")


@pytest.mark.parametrize("typed", ["1,234.50", "1.234,50", "1234,5"])
def test_an_amount_that_was_saved_again_elsewhere_is_the_same(desk, typed):
    item = ExceptionItemFactory(amount="1234.50")
    [row] = rows_in(taken(desk))
    send(desk, as_csv([row | {"Action": "Claim", "Amount": typed}]))
    [wish] = Sheet.objects.get().rows
    assert (wish["state"], wish["pk"]) == ("accepted", item.pk)


def test_a_row_that_stands_twice_and_one_without_a_wish(desk):
    ExceptionItemFactory()
    ExceptionItemFactory()
    rows = filled(desk)
    send(desk, as_csv([rows[0] | {"Action": "Claim"}, rows[0], rows[1]]))
    assert [state for state, _ in why()] == ["refused", "unchanged", "unchanged"]
    assert "stands in 2 rows" in why()[0][1]


def test_no_cell_that_goes_out_is_run_and_ours_come_back_as_they_were(desk):
    ExceptionItemFactory(message="=HYPERLINK('http://evil')")
    assert rows_in(taken(desk))[0]["In words"].startswith("'=HYPERLINK")
    [row] = sheet_reading.read(taken(desk))
    assert row["In words"].startswith("=HYPERLINK")


def test_a_formula_in_a_workbook_is_not_computed_and_refused(desk):
    ExceptionItemFactory()
    rows = filled(desk, Action='=CONCATENATE("Cla","im")')
    book = Workbook()
    book.active.append(list(rows[0]))
    book.active.append(list(rows[0].values()))
    out = io.BytesIO()
    book.save(out)
    send(desk, out.getvalue())
    assert "begins like a formula" in why()[0][1]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe\x00", "neither UTF-8 text nor a workbook"),
        (b"PK not an archive", "no workbook that can be read"),
        (b"a,b\n1,2\n", "The file has no column Exception"),
        (b"Exception,Revision,Action\n", "no rows below its head"),
        (b"Exception,Revision,Action\n" + b"1,1,\n" * 20_001, "more than 20,000 rows"),
        (b"x" * 8_000_001, "larger than 8 MB"),
    ],
)
def test_a_file_that_cannot_be_taken_back_is_refused_as_a_whole(desk, body, said):
    response = send(desk, body)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Sheet.objects.exists()


def test_a_card_number_that_somebody_typed_is_kept_nowhere(desk):
    ExceptionItemFactory()
    send(desk, as_csv(filled(desk, Action="Dismiss", Note="Card 4111 1111 1111 1111")))
    assert "4111" not in str(Sheet.objects.get().rows)


def test_a_file_is_applied_once_and_recorded(desk):
    ExceptionItemFactory()
    send(desk, as_csv(filled(desk, Action="Claim")))
    url = f"/exceptions/sheets/{Sheet.objects.get().pk}/"
    desk.post(url)
    assert "has been applied already" in desk.post(url, follow=True).content.decode()
    assert BulkRun.objects.count() == 1
    assert Entry.objects.get(action="list.exported").details["rows"] == 1
    assert Entry.objects.get(action="sheet.checked").summary.endswith(
        "1 accepted, 0 refused, 0 unchanged"
    )


def test_a_viewer_takes_no_file_and_sends_none_back(client):
    client.force_login(viewer())
    assert client.get("/exceptions/sheets/export/").status_code == 403
    assert client.post("/exceptions/sheets/").status_code == 403


def test_the_database_counts_every_change_of_an_exception(db):
    item = ExceptionItemFactory()
    ExceptionItem.objects.filter(pk=item.pk).update(owner="anna")
    item.save()
    item.refresh_from_db()
    assert item.revision == 2
