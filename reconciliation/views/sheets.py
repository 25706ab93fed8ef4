"""Exceptions as a spreadsheet: taken, worked on elsewhere, checked row by row, applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty, duties_of, require
from audit.services import user_actor
from console import export
from console.sheets import SheetError
from integrations.pages import DutyPage
from reconciliation import run_tables, sheet_reading, tables, words
from reconciliation.bulk_selection import selected
from reconciliation.customer_names import exceptions_with_names
from reconciliation.models import ExceptionItem, Sheet
from reconciliation.services import sheets
from reconciliation.services.desk.errors import DeskError
from reconciliation.sheet_columns import ASKED, COLUMNS
from reconciliation.views.bulk import INVALID

#: Rows of a sheet that its page shows of each sort; the counts are of all.
SHOWN: Final = 200
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RELATED: Final = ("transaction", "batch", "line", "posting", "connection")


class SheetExport(DutyPage):
    """What the filter selects, with columns for what is to be done; each row has its revision."""

    duty = Duty.EXPORT

    def get(self, request: HttpRequest) -> HttpResponseBase:
        kind = request.GET.get("kind", export.CSV)
        selection = selected(request.GET)
        if kind not in export.KINDS or not selection.is_clean:
            messages.error(request, "Nothing is taken until the filter is right.")
            return HttpResponseRedirect(reverse("exceptions"))
        found = selection.selected().select_related(*RELATED).order_by("pk")
        found = exceptions_with_names(found)
        count = found.count()
        if count > sheet_reading.MOST_ROWS:
            messages.error(
                request,
                f"A file holds at most {sheet_reading.MOST_ROWS:,} exceptions and these are "
                f"{count:,}. Narrow the filter.",
            )
            return HttpResponseRedirect(f"{reverse('exceptions')}?{request.GET.urlencode()}")
        self.record_export(request, kind, count)
        return _file(kind, found)


def _file(kind: str, found: Any) -> HttpResponseBase:
    def rows() -> Iterator[list[Any]]:
        yield [column.label for column in COLUMNS]
        for item in found.iterator(chunk_size=export.AT_ONCE):
            yield [export.plain(column.value(item)) for column in COLUMNS]

    if kind == export.XLSX:
        file = export.workbook(rows(), COLUMNS, "Exceptions")  # type: ignore[arg-type]
        return FileResponse(
            file, as_attachment=True, filename="exceptions-to-work-on.xlsx", content_type=XLSX_TYPE
        )
    response = StreamingHttpResponse(
        export.csv_lines(rows()), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = 'attachment; filename="exceptions-to-work-on.csv"'
    return response


class SheetForm(forms.Form):
    file = forms.FileField(
        label="The spreadsheet",
        help_text="CSV or XLSX, as it was taken from here and filled in.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        error_messages={"required": "Choose a file."},
    )


class SheetUpload(DutyPage):
    """Take a spreadsheet back; nothing is done before its page has been looked at."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._show(request, SheetForm(), 200)

    def post(self, request: HttpRequest) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        form = SheetForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._show(request, form, INVALID)
        file = form.cleaned_data["file"]
        try:
            rows = sheet_reading.read(file.read(sheet_reading.MOST_BYTES + 1))
            sheet = sheets.check(file.name, rows, duties_of(request.user), user_actor(request.user))
        except SheetError as error:
            form.add_error("file", str(error))
            return self._show(request, form, INVALID)
        return HttpResponseRedirect(reverse("sheet", args=[sheet.pk]))

    def _show(self, request: HttpRequest, form: forms.Form, status: int) -> HttpResponse:
        context = {
            "title": "Load a filled-in spreadsheet",
            "form": form,
            "latest": Sheet.objects.defer("rows").order_by("-pk")[:10],
            "heads": list(ASKED.values()),
        }
        return render(request, "reconciliation/sheet_upload.html", context, status=status)


class SheetPage(DutyPage):
    """Row by row what the file asks for and what is refused; then it is applied, once."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        sheet = get_object_or_404(Sheet, pk=pk)
        counts = Counter(wish["state"] for wish in sheet.rows)
        told = [wish for wish in sheet.rows if wish["state"] != sheets.UNCHANGED]
        shown = told[:SHOWN]
        items = ExceptionItem.objects.select_related(*RELATED).in_bulk(
            [wish["pk"] for wish in shown if wish["pk"]]
        )
        context = {
            "title": sheet.name,
            "sheet": sheet,
            "accepted": counts[sheets.ACCEPTED],
            "refused": counts[sheets.REFUSED],
            "unchanged": counts[sheets.UNCHANGED],
            "rows": [_row(wish, items.get(wish["pk"])) for wish in shown],
            "left_out": len(told) - len(shown),
        }
        return render(request, "reconciliation/sheet.html", context)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.WORK_EXCEPTIONS)
        sheet = get_object_or_404(Sheet, pk=pk)
        try:
            run = sheets.apply(sheet, user_actor(request.user))
        except DeskError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("sheet", args=[pk]))
        return HttpResponseRedirect(reverse("run", args=[run.pk]))


def _row(wish: sheets.Wish, item: ExceptionItem | None) -> dict[str, Any]:
    """A row of the file beside the exception that it is about."""
    values = [(ASKED.get(name, name), text) for name, text in wish["values"].items() if text]
    return {
        "line": wish["line"],
        "item": item,
        "subject": tables.subject(item) if item else "",
        "reason": words.reason(item.reason) if item else "",
        "action": run_tables.action_label(wish["action"]) if wish["action"] else "",
        "values": values,
        "is_refused": wish["state"] == sheets.REFUSED,
        "why": wish["why"],
    }
