"""The nothing-missing statement: a list of days, and each day with the facts behind it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from console.asked import asked
from integrations.choices import FactEnd
from integrations.clock import business_day, business_now
from integrations.models import Connection, Fact
from integrations.pages import DutyPage
from reconciliation import words
from reconciliation.models import GapReading
from reconciliation.services import completeness

DAYS: Final = 14
FACTS_SHOWN: Final = 100
#: The figures of a day that are of facts: which ends they leave out, and what they are called.
FIGURES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "events": ((FactEnd.DUPLICATE,), "what reached us, without repeats"),
    "accounted": ((FactEnd.DUPLICATE, FactEnd.RECEIVED), "what is accounted for"),
}


class CompletenessDays(DutyPage):
    """The newest days of a gateway, a fortnight at a time."""

    def get(self, request: HttpRequest) -> HttpResponse:
        gateways = completeness.gateways()
        slug = request.GET.get("gateway", "")
        gateway = next((each for each in gateways if each.slug == slug), None)
        if slug and gateway is None:
            raise Http404("There is no such gateway.")
        gateway = gateway or (gateways[0] if gateways else None)
        context: dict[str, object] = {"title": "Nothing missing", "gateways": gateways}
        if gateway is not None:
            today = business_day(business_now(), completeness.zone_of(gateway).key)
            last = _day(request.GET.get("until", ""), today)
            days = completeness.statements(gateway, last - timedelta(days=DAYS - 1), last)
            context |= {
                "gateway": gateway,
                "days": days,
                "older": last - timedelta(days=DAYS),
                "newer": min(last + timedelta(days=DAYS), today) if last < today else None,
            }
        return render(request, "reconciliation/completeness.html", context)


class CompletenessDay(DutyPage):
    def get(self, request: HttpRequest, slug: str, day: str) -> HttpResponse:
        gateway = get_object_or_404(Connection, slug=slug, connector__in=completeness.GATEWAYS)
        wanted = _day(day)
        found = completeness.statement(gateway, wanted)
        chosen = {name: asked(request, name) for name in ("kind", "end", "source", "of")}
        if chosen["of"] not in FIGURES:
            chosen["of"] = ""
        context = {
            "title": f"Nothing missing, {wanted:%d %b %Y}",
            "gateway": gateway,
            "statement": found,
            "known_by": completeness.known_by(gateway, wanted),
            "id_hint": completeness.left_out_ids(gateway, wanted),
            "looks": list(
                GapReading.objects.filter(connection=gateway, business_on=wanted).order_by("id")
            ),
            "chosen": chosen if any(chosen.values()) else None,
            "facts": _facts(gateway, wanted, chosen) if any(chosen.values()) else [],
            "facts_shown": FACTS_SHOWN,
            "behind": _behind(chosen),
            "here": reverse("completeness-day", args=[gateway.slug, wanted.isoformat()]),
        }
        return render(request, "reconciliation/completeness_day.html", context)


def _facts(gateway: Connection, day: date, chosen: dict[str, str]) -> list[Fact]:
    """The first facts of the day behind one of its numbers."""
    start, end = completeness.day_bounds(day, completeness.zone_of(gateway))
    facts = Fact.objects.filter(
        envelope__connection=gateway,
        envelope__business_at__gte=start,
        envelope__business_at__lt=end,
    )
    names = {"kind": "kind", "end": "end", "source": "envelope__source"}
    facts = facts.filter(**{path: chosen[name] for name, path in names.items() if chosen[name]})
    if chosen["of"]:
        facts = facts.exclude(end__in=FIGURES[chosen["of"]][0])
    return list(
        facts.select_related("envelope").defer("envelope__body").order_by("id")[:FACTS_SHOWN]
    )


def _behind(chosen: dict[str, str]) -> str:
    """Which number it is, in words: `booked, transaction, fetched`."""
    if chosen["of"]:
        return FIGURES[chosen["of"]][1]
    end, source = words.fact_end(chosen["end"]), words.came_by(chosen["source"])
    return ", ".join(filter(None, (chosen["kind"].replace("_", " "), end.lower(), source)))


def _day(text: str, otherwise: date | None = None) -> date:
    if not text and otherwise is not None:
        return otherwise
    try:
        return completeness.day_named(text)
    except ValueError as error:
        raise Http404("That is no day such as 2011-02-14.") from error
