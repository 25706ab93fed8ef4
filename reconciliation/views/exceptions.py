"""The desk: a list of what needs a person, a panel for the one in hand, and its actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    QueryDict,
)
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString

from audit.roles import Duty, duties_of, may, require
from audit.services import user_actor
from console import formats
from console.access import htmx
from console.counting import Count as CappedCount
from console.fragments import answer, wanted_fragment
from console.tables import Table
from console.views import ListPage
from console.views.addresses import address
from integrations.clock import business_now
from integrations.pages import DutyPage
from reconciliation import desk_head, tables, words
from reconciliation.actions import ACTIONS, Action, fitting, offers, suggestions
from reconciliation.blocked import blocks
from reconciliation.choices import Reason
from reconciliation.comparison import details_of
from reconciliation.customer_names import exceptions_with_names
from reconciliation.customer_page import payers_of
from reconciliation.filters import ExceptionFilter
from reconciliation.models import ExceptionItem
from reconciliation.proposed import proposed_for
from reconciliation.services.bulk import singles
from reconciliation.services.bulk.alike import cause_of
from reconciliation.services.desk import DeskError
from reconciliation.services.desk.errors import AccountMissingError
from reconciliation.two_sides import of_item
from reconciliation.views.customers.creating import create_url

PAGE = "reconciliation/exceptions.html"
#: What is chosen on another page and comes back in the address, into the field of its name.
CHOSEN = ("sale_ref",)
RELATED = (
    "transaction__batch", "batch", "line", "posting__group", "connection", "fact",
)  # fmt: skip


class ExceptionBench(DutyPage, ListPage):
    """List and panel. The address names the item in hand, so that it can be sent to a colleague."""

    title = "Exceptions"
    table = tables.EXCEPTIONS
    filter_class = ExceptionFilter
    template_name = PAGE
    fragment_template = PAGE
    has_column_choice = False
    empty = "When something needs a person, it appears here with its reason and what can be done."

    def rows(self) -> QuerySet[ExceptionItem]:
        found = ExceptionItem.objects.select_related(
            "transaction", "batch", "line", "posting", "connection"
        )
        # Few are about an order: they are read apart, and not joined to each row.
        return exceptions_with_names(found).prefetch_related("order")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pk = kwargs.get("pk")
        if pk is not None and wanted_fragment(request, "panel"):
            return answer(request, PAGE, panel(request, item_of(pk)), "panel")
        return super().get(request, *args, **kwargs)

    def table_for(self, request: HttpRequest) -> Table[Any]:
        return opening_table(address(request.GET).removesuffix("?"))

    def context(self, request: HttpRequest, selection: Any, current: Any = None) -> dict[str, Any]:
        pk = self.kwargs.get("pk")
        context = super().context(request, selection, pk)
        context |= {"list_url": reverse("exceptions"), "row_target": "#panel"}
        if may(request.user, Duty.WORK_EXCEPTIONS) or may(request.user, Duty.APPROVE_RULES):
            context["asked"] = address(request.GET, page="", sort="").removeprefix("?")
            context["may_export"] = may(request.user, Duty.EXPORT)
            context["bulk_url"] = reverse("exceptions-bulk") + address(
                request.GET, page="", sort=""
            )
        if not wanted_fragment(request, "list"):
            context["standing"] = desk_head.standing()
            desk_head.say_numbers(selection.form, context["standing"])
            if pk is not None:
                context |= panel(request, item_of(pk))
        return context


class ExceptionAction(DutyPage):
    """One action on one item; the panel, the row, the head and the badge answer together."""

    #: The version of the rules that lacks an account, where it was refused for that.
    lacking: int | None = None

    def post(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        action = ACTIONS.get(name)
        if action is None:
            require(request.user, Duty.WORK_EXCEPTIONS)
            raise Http404
        require(request.user, action.duty)
        item = item_of(pk)
        form = action.form_class(request.POST, auto_id=f"id_{name}_%s")
        problem = self._do(item, action, form, user_actor(request.user))
        if problem is not None:
            form.add_error(None, problem) if problem else None
            return self._refused(request, item, name, form)
        if not htmx(request):
            return HttpResponseRedirect(reverse("exception", args=[pk]))
        done = {"action": name, **form.cleaned_data}
        return self._done(request, item_of(pk), done)

    def _do(self, item: ExceptionItem, action: Action, form: forms.Form, actor: str) -> str | None:
        """None when it is done; else what was wrong, empty when the form says it itself."""
        if not form.is_valid():
            return ""
        if action.name not in {each.name for each in fitting(item)}:
            return f"“{action.label}” does not fit this exception any more."
        try:
            run = singles.do(item, action.name, form.cleaned_data, actor)
        except DeskError as error:
            if isinstance(error, AccountMissingError):
                self.lacking = error.version_id
            return str(error)
        if run is not None:
            messages.info(self.request, "It waits for a second person now.")
        return None

    def _refused(
        self, request: HttpRequest, item: ExceptionItem, name: str, form: forms.Form
    ) -> HttpResponse:
        context = panel(request, item, (name, form)) | {"lacking": self.lacking}
        if htmx(request):
            return answer(request, PAGE, context, "panel", status=422)
        return render(request, "reconciliation/exception_alone.html", context, status=422)

    def _done(
        self, request: HttpRequest, item: ExceptionItem, done: Mapping[str, Any]
    ) -> HttpResponse:
        context = panel(request, item, done=done)
        context["row"] = opening_table("").rows([item], item.pk)[0]
        now = desk_head.standing()
        context |= {"standing": now, "fields": desk_head.numbered_again(_filtered(request), now)}
        context["badge"] = {
            "id": "badge-exceptions",
            "number": now.number,
            "text": str(CappedCount(now.number)),
            "meaning": "open",
        }
        return render(request, "reconciliation/exception_done.html", context)


def _filtered(request: HttpRequest) -> QueryDict:
    """The filter of the list beside which the panel stands: its page's address has it."""
    return QueryDict(urlsplit(htmx(request).current_url or "").query)


def opening_table(query: str) -> Table[ExceptionItem]:
    """The first column opens the panel and keeps the filters in the address."""

    def show(row: ExceptionItem) -> SafeString:
        return formats.link(
            reverse("exception", args=[row.pk]) + query, tables.subject_in_list(row)
        )

    columns = tables.EXCEPTIONS.columns
    return replace(tables.EXCEPTIONS, columns=(replace(columns[0], show=show), *columns[1:]))


def item_of(pk: int) -> ExceptionItem:
    found = exceptions_with_names(ExceptionItem.objects.select_related(*RELATED))
    return get_object_or_404(found, pk=pk)


@dataclass(frozen=True)
class Alike:
    """How many others have the same cause, in words, and where the same is done to them."""

    number: int
    words: str
    url: str


def alike_of(item: ExceptionItem, done: Mapping[str, Any]) -> Alike | None:
    """The others that are open; `done` is the action that was just taken, and its values."""
    cause = cause_of(item)
    number = cause.open().exclude(pk=item.pk).count()
    if not number:
        return None
    url = reverse("exception-alike", args=[item.pk])
    return Alike(number, cause.words, f"{url}?{urlencode(done)}" if done else url)


def panel(
    request: HttpRequest,
    item: ExceptionItem,
    refused: tuple[str, forms.Form] | None = None,
    done: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What is wrong in words, both sides, how old, who owns it, and what can be done."""
    today = business_now().date()
    chosen = {name: request.GET[name] for name in CHOSEN if name in request.GET}
    offered = offers(item, duties_of(request.user), refused, chosen)
    may_work = may(request.user, Duty.WORK_EXCEPTIONS)
    return {
        "title": tables.subject(item),
        "item": item,
        "subject": tables.subject(item),
        "customer": tables.payer(item),
        "reason_word": words.reason(item.reason),
        "meaning": words.meaning(item.reason),
        "comparison": of_item(item),
        "details": details_of(item),
        "blocks": blocks(item),
        "age": formats.days_text((today - item.business_on).days),
        "is_late": item.due_on < today,
        "notes": list(item.notes.order_by("-id")[:20]),
        "may_work": may_work,
        "offers": offered,
        "suggestions": suggestions(item, offered),
        "proposed": proposed_for(item, {offer.action.name for offer in offered}),
        "payers": payers_of(item) if item.closed_at is None else [],
        "create_url": create_url(item) if item.closed_at is None else "",
        "upload_url": _upload_url(request, item),
        "close_url": _closed(request, item),
        "alike": alike_of(item, done or {}) if may_work else None,
        "undoable": singles.last_done(item) if may_work else None,
        "waits_in": singles.waiting_run(item),
    }


def _upload_url(request: HttpRequest, item: ExceptionItem) -> str:
    """Where the statement is uploaded again, for who may; "" where that helps nothing."""
    if item.reason != Reason.STATEMENT_UNBALANCED or item.closed_at is not None:
        return ""
    return reverse("statement-upload") if may(request.user, Duty.UPLOAD_STATEMENTS) else ""


def _closed(request: HttpRequest, item: ExceptionItem) -> str:
    """The list as it is filtered; the keyboard goes on there from the row."""
    return f"{reverse('exceptions')}{address(request.GET).removesuffix('?')}#row-{item.pk}"
