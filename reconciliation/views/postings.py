"""Postings: what is owed to the ERP, what became of it, and every attempt."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render

from audit.roles import Duty, may
from console.filters import ListFilter
from console.views import ListPage
from integrations.choices import STANDING_STATES
from integrations.models import Posting
from integrations.pages import DutyPage
from mapping.models import RuleSetVersion
from reconciliation import tables, words
from reconciliation.comparison import plain
from reconciliation.filters import PostingFilter
from reconciliation.models import Effect
from reconciliation.waits import WAITING_STATES, waits_for, with_waits

#: Fields of a draft that the page shows already.
SHOWN_ABOVE: Final = frozenset({"kind", "company"})


#: What the columns of the list show, of the posting itself and of what is joined to it.
OWN: Final = (
    "kind", "state", "after", "amount", "currency", "company", "document_no", "batch_ref",
    "attempt_count", "looks", "due_at", "code", "message", "created_at",
)  # fmt: skip
AROUND: Final = (
    "target__name", "group__document_no", "effect__kind", "effect__transaction__vendor_id",
    "effect__batch", "effect__line", "effect__order",
)  # fmt: skip


class PostingList(DutyPage, ListPage):
    title = "Postings"
    table = tables.POSTINGS
    filter_class = PostingFilter
    template_name = "reconciliation/postings.html"
    counted_to = 2_000
    empty = "A posting appears here when a rule decides that the ERP is owed a document."

    def rows(self) -> QuerySet[Posting]:
        return with_waits(
            Posting.objects.select_related("target", "group", "effect__transaction")
            .prefetch_related("effect__batch", "effect__line", "effect__order")
            .only(*OWN, *AROUND)
        )

    def context(
        self, request: HttpRequest, selection: ListFilter, current: Any = None
    ) -> dict[str, Any]:
        context = super().context(request, selection, current)
        context["replay_query"] = asked_for(request.GET).urlencode()
        context["decided_by"] = decided_by(selection)
        context["may_replay"] = may(request.user, Duty.WORK_EXCEPTIONS)
        return context


def decided_by(selection: ListFilter) -> RuleSetVersion | None:
    """The rule set version that the list is narrowed to."""
    if not selection.is_bound or not selection.is_clean:
        return None
    version: RuleSetVersion | None = selection.form.cleaned_data["version"]
    return version


def asked_for(query: QueryDict) -> QueryDict:
    """The part of an address that the filter reads."""
    chosen = query.copy()
    for name in list(chosen):
        if name not in PostingFilter.base_filters:
            del chosen[name]
    return chosen


class PostingDetail(DutyPage):
    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        posting = get_object_or_404(
            with_waits(Posting.objects.select_related("target", "group")), pk=pk
        )
        effect = (
            Effect.objects.filter(posting=posting)
            .select_related("transaction", "batch", "line", "order", "version", "pair")
            .prefetch_related("reservations")
            .first()
        )
        kind = effect.kind if effect else posting.kind
        context = {
            "title": f"{words.effect_kind(kind)} {posting.document_no}".strip(),
            "posting": posting,
            "effect": effect,
            "attempts": list(posting.attempts.order_by("id")),
            "before": Posting.objects.filter(pk=waits_for(posting) or 0).first(),
            "waits_for_batch": posting.state in WAITING_STATES
            and posting.group is not None
            and posting.group.state not in STANDING_STATES,
            "now": words.posting_now(posting),
            "differences": posting.differences,
            "may_work": may(request.user, Duty.WORK_EXCEPTIONS),
            "draft": draft_lines(posting.draft),
            "exceptions": list(posting.exceptions.order_by("id")[:20]),
            "members": posting.members.count(),
        }
        return render(request, "reconciliation/posting.html", context)


def draft_lines(draft: dict[str, Any]) -> list[tuple[str, str]]:
    """The draft's fields in words. Lines of a document are one field each."""
    lines: list[tuple[str, str]] = []
    for key, value in draft.items():
        if key in SHOWN_ABOVE:
            continue
        label = key.replace("_", " ").capitalize()
        if isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [(f"{label}, {place}", plain(each)) for place, each in enumerate(value, 1)]
        elif (said := plain(value)) != "":
            lines.append((label, said))
    return lines
