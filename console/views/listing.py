"""The list: filters above, keyset pages below, the same view for page and fragment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from console import export
from console.access import Page
from console.counting import COUNT_LIMIT, Count, capped_count, exact_count
from console.filters import ListFilter
from console.fragments import answer, wanted_fragment
from console.keyset import CursorError, Order, fetch_page
from console.keyset import Page as KeysetPage
from console.tables import Table
from console.totals import Totals, all_totals, totals
from console.views.addresses import address
from console.views.list_tools import ListTools, list_tools

INVALID_FILTER = 422


class ListPage(Page):
    """Subclasses say which rows, which table and which filter; nothing else is theirs.

    `empty` says what to do when there is nothing at all.
    """

    title: ClassVar[str]
    table: ClassVar[Table[Any]]
    filter_class: ClassVar[type[ListFilter]]
    empty: ClassVar[str]
    template_name: ClassVar[str] = "console/list.html"
    #: Where the part named "list" is defined: a template that extends it does not have it.
    fragment_template: ClassVar[str] = "console/list.html"
    rows_per_page: ClassVar[int] = 50
    #: How far matching rows are counted unasked, where not as far as usual: each has to be joined.
    counted_to: ClassVar[int | None] = None
    #: Off where the list shares its width with a panel.
    has_column_choice: ClassVar[bool] = True

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def table_for(self, request: HttpRequest) -> Table[Any]:
        """The table as this request sees it."""
        return self.table

    def selection(self, request: HttpRequest) -> ListFilter:
        """What the filter selects; an export takes exactly this."""
        return self.filter_class(request.GET or None, queryset=self.rows(), request=request)

    def may_export(self, request: HttpRequest) -> bool:
        """Whether this person may take the list away as a file."""
        return False

    def require_export(self, request: HttpRequest) -> None:
        """Raises PermissionDenied; an app above keeps a record of it."""
        if not self.may_export(request):
            raise PermissionDenied("Your roles do not let you take lists away as files.")

    def record_export(self, request: HttpRequest, kind: str, count: int) -> None:
        """Where an app above keeps a record of a file that was taken."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        selection = self.selection(request)
        if request.GET.get("export") in export.KINDS and selection.is_clean:
            return self.export(request, selection)
        status = 200 if selection.is_clean else INVALID_FILTER
        return self.render(request, self.context(request, selection), status)

    def export(self, request: HttpRequest, selection: ListFilter) -> HttpResponseBase:
        """What the filter selects as a file, recorded before the first byte leaves."""
        self.require_export(request)
        kind, table, found = request.GET["export"], self.chosen_table(request), selection.selected()
        count, most = found.count(), export.MOST_ROWS[kind]
        if count > most:
            context = self.context(request, selection)
            too_many = f"A {kind.upper()} file holds at most {most:,} rows and this is {count:,}."
            context["problems"] = [f"{too_many} Narrow the filter."]
            return self.render(request, context, INVALID_FILTER)
        self.record_export(request, kind, count)
        order = table.order_named(request.GET.get("sort", ""))
        return export.respond(kind, found, order, table.columns, self.title)

    def chosen_table(self, request: HttpRequest) -> Table[Any]:
        """The table with the columns that the address asks for; else a file has all of them, and
        a page those that are usual.
        """
        table, asked = self.table_for(request), request.GET.getlist("cols")
        if asked and self.has_column_choice:
            return table.with_columns(asked)
        return table if request.GET.get("export") in export.KINDS else table.usual()

    def tools(self, request: HttpRequest, table: Table[Any]) -> ListTools:
        every = self.table_for(request).columns
        return list_tools(
            request,
            every=every if self.has_column_choice else (),
            shown=table.columns,
            may_export=self.may_export(request),
        )

    def render(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        is_fragment = bool(wanted_fragment(request, "list"))
        template = self.fragment_template if is_fragment else self.template_name
        return answer(request, template, context, "list", status=status)

    def summed(self, request: HttpRequest, table: Table[Any]) -> dict[str, Any]:
        """What is added up under the list, by its column's key; nothing where sums mean nothing."""
        return table.sums

    def left_out_of_sums(self, request: HttpRequest) -> str:
        """What of the rows is not added up, in a few words; empty where all of them are."""
        return ""

    def counted(
        self, request: HttpRequest, found: QuerySet[Any], table: Table[Any]
    ) -> dict[str, Any]:
        """How many match and what they come to: up to a limit, and all of them on demand."""
        wants_all = request.GET.get("count") == "all"
        sums = self.summed(request, table)
        exact = _all(found, table, sums) if wants_all else None
        seen = exact or _up_to_limit(found, table, sums, self.counted_to)
        return {
            "count": seen.count,
            "count_url": address(request.GET, count="all") if not wants_all else "",
            "is_unsummed": bool(sums) and seen.sums is None,
            "totals": table.total_rows(seen.sums or ()),
            "left_out": self.left_out_of_sums(request),
            "took_too_long": wants_all and exact is None,
        }

    def page(
        self, request: HttpRequest, found: QuerySet[Any], order: Order, count: Count
    ) -> KeysetPage[Any]:
        """The page that is asked for, if anything matches at all. Raises CursorError."""
        if not count.number:
            return KeysetPage([], "", "")
        is_few = count.number <= COUNT_LIMIT and not count.is_capped
        unfiltered = self.rows() if is_few else None
        cursor = request.GET.get("page", "")
        return fetch_page(found, order, cursor, self.rows_per_page, unfiltered=unfiltered)

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        table = self.chosen_table(request)
        order = table.order_named(request.GET.get("sort", ""))
        found = selection.selected()
        # An exact count is of this page alone: whoever goes on did not ask for it again.
        here = request.GET.copy()
        here.pop("count", None)
        problems = selection.problems
        page: KeysetPage[Any] = KeysetPage([], "", "")
        counted: dict[str, Any] = {"count": Count(0)}
        if not problems:
            counted = self.counted(request, found, table)
            try:
                page = self.page(request, found, order, counted["count"])
            except CursorError as error:
                problems = [f"{error} Go back to the first page."]
        return {
            "title": self.title,
            "table": table,
            "filter": selection,
            "problems": problems,
            "order": order.name if order != table.order else "",
            "heads": table.heads(order, lambda name: address(here, sort=name)),
            "rows": table.rows(page.rows, current),
            **counted,
            "next_url": page.next_cursor and address(here, page=page.next_cursor),
            "previous_url": page.previous_cursor and address(here, page=page.previous_cursor),
            "first_url": address(here, page=""),
            "empty": self.empty,
            "list_url": request.path,
            "tools": self.tools(request, table),
            "cols": request.GET.getlist("cols"),
        }


def _up_to_limit(
    found: QuerySet[Any], table: Table[Any], sums: dict[str, Any], limit: int | None
) -> Totals:
    if sums:
        return totals(found, table.currency, sums, limit)
    return Totals(capped_count(found, limit), None)


def _all(found: QuerySet[Any], table: Table[Any], sums: dict[str, Any]) -> Totals | None:
    if sums:
        return all_totals(found, table.currency, sums)
    exact = exact_count(found)
    return None if exact is None else Totals(exact, None)
