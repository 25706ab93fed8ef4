"""A rule set tried on a real transaction: which rows fire, and why the others do not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from integrations.pages import DutyPage
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rule_set_table import name_of, standing_tag
from mapping.trial import silent, try_rules
from reconciliation.models import Transaction

RECENT = 6
NOT_FOUND = 422


class RuleTrial(DutyPage):
    """`q` is the transaction's number at the gateway."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        versions = RuleSetVersion.objects.select_related("pair")
        version = get_object_or_404(versions, pk=pk)
        asked = request.GET.get("q", "").strip()[:60]
        payments = Transaction.objects.filter(connection=version.pair.gateway_id)
        payment = payments.filter(vendor_id=asked).first() if asked else None
        context = {
            "title": f"Try {name_of(version)}",
            "version": version,
            "standing": standing_tag(version),
            "asked": asked,
            "payment": payment,
            "kinds": _tried(version, payment) if payment else [],
            "recent": [] if payment else list(payments.order_by("-captured_at", "-id")[:RECENT]),
        }
        status = NOT_FOUND if asked and payment is None else 200
        return render(request, "reconciliation/rule_trial.html", context, status=status)


def _tried(version: RuleSetVersion, payment: Transaction) -> list[dict[str, object]]:
    facts = {
        "kind": payment.kind,
        "status": payment.status,
        "method": payment.method,
        "currency": payment.currency,
        "customer_ref": payment.customer_ref,
    }
    return [
        {
            "kind": kind,
            "questions": try_rules(kind, kind.read(version), facts),
            "silent": " or ".join(silent(kind)),
        }
        for kind in KINDS.values()
    ]
