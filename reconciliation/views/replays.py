"""Letting held postings go again: one, or all that a filter selects, shown before it is done."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from audit.roles import Duty
from audit.services import user_actor
from console.whole_numbers import whole
from integrations.choices import PostingState
from integrations.models import Posting
from integrations.pages import DutyPage
from integrations.services import lanes
from integrations.services.posting_release import look_now
from reconciliation.filters import PostingFilter
from reconciliation.services import replay
from reconciliation.views.postings import asked_for

#: Rows of a preview that are shown; the counts are of all of them.
SHOWN: Final = 20
INVALID: Final = 422


class TryAgain(DutyPage):
    """Let one held posting go again."""

    duty = Duty.WORK_EXCEPTIONS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        posting = get_object_or_404(Posting, pk=pk)
        if posting.state == PostingState.HELD:
            messages.success(request, replay.replay_one(posting, user_actor(request.user)))
            lanes.wake("deliver")
        else:
            messages.error(request, f"It is {posting.get_state_display().lower()} by now.")
        return HttpResponseRedirect(reverse("posting", args=[pk]))


class LookNow(DutyPage):
    """Have an unknown outcome looked up at once."""

    duty = Duty.WORK_EXCEPTIONS

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        posting = get_object_or_404(Posting, pk=pk)
        if look_now(posting, user_actor(request.user)):
            messages.success(request, "It is looked up now; nothing is sent.")
            lanes.wake("deliver")
        else:
            messages.error(request, f"It is {posting.get_state_display().lower()} by now.")
        return HttpResponseRedirect(reverse("posting", args=[pk]))


class ReplayPage(DutyPage):
    """The selection is the filter, over all pages: what it holds is counted before it goes."""

    duty = Duty.WORK_EXCEPTIONS

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._preview(request, request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = self._chosen(request.POST)
        upto = whole(request.POST.get("upto", ""))
        if chosen is None or upto is None:
            return self._preview(request, request.POST)
        words = asked_for(request.POST).urlencode() or "everything that is held"
        done = replay.replay(chosen, upto, user_actor(request.user), words)
        messages.success(
            request,
            f"{done.count} let go again: {done.sent} sent, {done.looked_up} looked up, "
            f"{done.decided} decided anew.",
        )
        query = asked_for(request.POST).urlencode()
        return HttpResponseRedirect(f"{reverse('postings')}?{query}")

    def _chosen(self, query: QueryDict) -> QuerySet[Posting] | None:
        """What the filter selects; None when the filter itself is wrong."""
        found = PostingFilter(query or None, queryset=Posting.objects.all())
        return found.selected() if found.is_clean else None

    def _preview(self, request: HttpRequest, query: QueryDict) -> HttpResponse:
        selection = PostingFilter(query or None, queryset=Posting.objects.all())
        rows = replay.held(selection.selected())
        by_code = rows.order_by().values("code").annotate(number=Count("pk")).order_by("-number")
        context = {
            "title": "Try held postings again",
            "filter": selection,
            "problems": selection.problems,
            "found": replay.preview(selection.selected()),
            "upto": rows.aggregate(newest=Max("pk"))["newest"],
            "by_code": [(row["code"] or "no code", row["number"]) for row in by_code],
            "rows": rows[:SHOWN],
            "shown": SHOWN,
            "most": replay.MOST,
            "chosen": [
                (name, text) for name, texts in asked_for(query).lists() for text in texts if text
            ],
        }
        status = INVALID if selection.problems else 200
        return render(request, "reconciliation/postings_replay.html", context, status=status)
