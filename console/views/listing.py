"""The list: filters above, keyset pages below, the same view for page and fragment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from console.access import Page
from console.filters import ListFilter
from console.fragments import answer, wanted_fragment
from console.keyset import Count, CursorError, capped_count, fetch_page
from console.keyset import Page as KeysetPage
from console.tables import Table

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

    def rows(self) -> QuerySet[Any]:
        raise NotImplementedError

    def table_for(self, request: HttpRequest) -> Table[Any]:
        """The table as this request sees it."""
        return self.table

    def selection(self, request: HttpRequest) -> ListFilter:
        """What the filter selects; an export will take exactly this."""
        return self.filter_class(request.GET or None, queryset=self.rows(), request=request)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        selection = self.selection(request)
        status = 200 if selection.is_clean else INVALID_FILTER
        return self.render(request, self.context(request, selection), status)

    def render(self, request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
        is_fragment = bool(wanted_fragment(request, "list"))
        template = self.fragment_template if is_fragment else self.template_name
        return answer(request, template, context, "list", status=status)

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        table = self.table_for(request)
        order = table.order_named(request.GET.get("sort", ""))
        found = selection.selected()
        problems = selection.problems
        page: KeysetPage[Any] = KeysetPage([], "", "")
        if not problems:
            try:
                page = fetch_page(found, order, request.GET.get("page", ""), self.rows_per_page)
            except CursorError as error:
                problems = [f"{error} Go back to the first page."]
        return {
            "title": self.title,
            "table": table,
            "filter": selection,
            "problems": problems,
            "order": order.name if order != table.order else "",
            "heads": table.heads(order, lambda name: address(request.GET, sort=name)),
            "rows": table.rows(page.rows, current),
            "count": capped_count(found) if page.rows else Count(0, is_capped=False),
            "next_url": page.next_cursor and address(request.GET, page=page.next_cursor),
            "previous_url": page.previous_cursor
            and address(request.GET, page=page.previous_cursor),
            "first_url": address(request.GET, page=""),
            "empty": self.empty,
            "list_url": request.path,
        }


def address(query: QueryDict, **changes: str) -> str:
    """This page's address with a parameter changed; another order begins at the first page."""
    changed = query.copy()
    if "sort" in changes:
        changed.pop("page", None)
    for name, value in changes.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    return "?" + changed.urlencode()
