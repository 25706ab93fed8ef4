"""What a version would have posted: ask for it, look at it, and put the version in force."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django import forms
from django.contrib import messages
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from audit.roles import Duty, may, require
from audit.services import user_actor
from console.keyset import CursorError, Order, fetch_page
from console.views.addresses import address
from integrations.pages import DutyPage
from mapping.choices import VersionState
from mapping.impact import Change
from mapping.models import RuleSetVersion
from mapping.services import versions
from mapping.services.rulesets import RuleSetError
from reconciliation import impact_page
from reconciliation.choices import ImpactState
from reconciliation.models import Impact, ImpactApproval, Transaction
from reconciliation.services import impact as replays
from reconciliation.services import impact_approval

ROWS_PER_PAGE: Final = 25
INVALID: Final = 422
DEFAULT_DAYS: Final = 30
WORDS: Final = {
    Change.CHANGED: ("Would be another", "warn"),
    Change.NEW: ("Would be new", "info"),
    Change.VANISHED: ("Would not be there", "bad"),
    Change.APART: ("Stands apart", "mute"),
}


class PeriodForm(forms.Form):
    """The business days to replay."""

    first_on = forms.DateField(
        label="From business day", widget=forms.DateInput(attrs={"type": "date"})
    )
    last_on = forms.DateField(
        label="To business day", widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        first, last = values.get("first_on"), values.get("last_on")
        if first and last and first > last:
            raise forms.ValidationError("The period ends before it begins.")
        return values


class ApproveForm(forms.Form):
    active_from = forms.DateField(
        label="In force from business day",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="What was decided under the version before stays as it is.",
    )


class ReplayOfVersion(DutyPage):
    """The replays of a version, and a form for the next one."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = _version(pk)
        return self._page(request, version, PeriodForm(initial=_recent(version)))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        require(request.user, Duty.REPLAY_RULES)
        version = _version(pk)
        form = PeriodForm(request.POST)
        if not form.is_valid():
            return self._page(request, version, form, INVALID)
        period = form.cleaned_data
        asked = replays.ask_for(self.user, version, period["first_on"], period["last_on"])
        return redirect("replay", asked.pk)

    def _page(
        self, request: HttpRequest, version: RuleSetVersion, form: PeriodForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "title": f"What version {version.number} would have posted",
            "version": version,
            "form": form,
            "may_ask": may(request.user, Duty.REPLAY_RULES),
            "replays": version.impacts.select_related("approval")[:50],
        }
        return render(request, "reconciliation/replay_of_version.html", context, status=status)


class ReplayDetail(DutyPage):
    """How far a replay is, and what it found."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return _detail(request, _impact(pk), ApproveForm())


class ReplayApprove(DutyPage):
    """Put the replayed version in force."""

    http_method_names = ["post"]
    duty = Duty.APPROVE_RULES

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        impact = _impact(pk)
        form = ApproveForm(request.POST)
        if not form.is_valid():
            return _detail(request, impact, form, INVALID)
        try:
            impact_approval.approve(impact, form.cleaned_data["active_from"], request.user)  # type: ignore[arg-type]
        except RuleSetError as refused:
            messages.error(request, str(refused))
            return redirect("replay", pk)
        messages.success(
            request,
            f"Version {impact.version.number} is in force from {form.cleaned_data['active_from']}.",
        )
        return HttpResponseRedirect(reverse("rule-set", args=[impact.version_id]))


def _detail(
    request: HttpRequest, impact: Impact, form: ApproveForm, status: int = 200
) -> HttpResponse:
    version = impact.version
    shown = request.GET.get("change", "")
    rows = impact.rows.select_related("transaction", "batch")
    if shown in WORDS:
        rows = rows.filter(change=shown)
    order = Order("id", descending=False)
    try:
        page = fetch_page(rows, order, request.GET.get("page", ""), ROWS_PER_PAGE)
    except CursorError:
        page = fetch_page(rows, order, "", ROWS_PER_PAGE)
    is_done = impact.state == ImpactState.DONE
    is_current = is_done and impact.rules_hash == replays.rules_hash(version)
    approval = ImpactApproval.objects.filter(impact=impact).first()
    reversals = is_done and impact_page.needs_reversals(impact)
    context = {
        "title": f"What version {version.number} would have posted",
        "impact": impact,
        "version": version,
        "is_running": impact.state == ImpactState.RUNNING,
        "is_current": is_current,
        "approval": approval,
        "may_approve": is_current
        and version.state == VersionState.REVIEWED
        and may(request.user, Duty.APPROVE_RULES)
        and not versions.is_maker(version, user_actor(request.user)),
        "form": form,
        "counts": [(change.value, *WORDS[change], getattr(impact, change)) for change in WORDS],
        "journal": impact_page.correcting_journal(impact.accounts, impact.pair.currency),
        "needs_reversals": reversals,
        "months": [(m, WORDS[Change(c)][0], n, a) for m, c, n, a in impact_page.by_month(impact)],
        "risks": impact_page.by_risk(impact) if is_current else [],
        "customers": impact_page.by_customer(impact),
        "currency": impact.pair.currency,
        "shown": shown,
        "rows": [(row, *WORDS[Change(row.change)], impact_page.sides(row)) for row in page.rows],
        "next_url": page.next_cursor and address(request.GET, page=page.next_cursor),
        "previous_url": page.previous_cursor and address(request.GET, page=page.previous_cursor),
    }
    return render(request, "reconciliation/replay_of_rules.html", context, status=status)


def _version(pk: int) -> RuleSetVersion:
    return get_object_or_404(RuleSetVersion.objects.select_related("pair"), pk=pk)


def _impact(pk: int) -> Impact:
    return get_object_or_404(Impact.objects.select_related("version__pair", "pair"), pk=pk)


def _recent(version: RuleSetVersion) -> dict[str, date]:
    """The thirty days up to the newest payment that settled."""
    newest = Transaction.objects.filter(connection=version.pair.gateway_id).aggregate(
        on=Max("settled_on")
    )["on"]
    if newest is None:
        return {}
    return {"first_on": newest - timedelta(days=DEFAULT_DAYS - 1), "last_on": newest}
