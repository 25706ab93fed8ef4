"""A rule set tried on a real transaction: which rows fire, and why the others do not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from console.asked import asked
from integrations.money import Money
from integrations.pages import DutyPage
from mapping.kinds import KINDS
from mapping.models import RuleSetVersion
from mapping.rule_set_table import name_of, standing_tag
from mapping.rules.risks import History, Weighed
from mapping.rules.validations import Checked, Finding, validate
from mapping.services.rulesets import load
from mapping.trial import Question, silent, try_risks, try_rules
from reconciliation.choices import DecisionState
from reconciliation.models import Transaction
from reconciliation.services.risks import histories_now

#: Whose customer is looked up, and kept where there is one.
DECIDED = (DecisionState.POSTED_AS, DecisionState.HELD)
RECENT = 6
RISKS = KINDS["risks"]
NOT_FOUND = 422


class RuleTrial(DutyPage):
    """`q` is the transaction's number at the gateway."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        versions = RuleSetVersion.objects.select_related("pair")
        version = get_object_or_404(versions, pk=pk)
        wanted = asked(request, "q")
        payments = Transaction.objects.filter(connection=version.pair.gateway_id)
        payment = payments.filter(vendor_id=wanted).first() if wanted else None
        context = {
            "title": f"Try {name_of(version)}",
            "version": version,
            "standing": standing_tag(version),
            "asked": wanted,
            "payment": payment,
            "kinds": _tried(version, payment) if payment else [],
            "recent": [] if payment else list(payments.order_by("-captured_at", "-id")[:RECENT]),
        }
        status = NOT_FOUND if wanted and payment is None else 200
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
            "questions": (
                _weighed(version, payment)
                if kind is RISKS
                else try_rules(kind, kind.read(version), facts)
            ),
            "silent": " or ".join(silent(kind)),
            "findings": _findings(version, payment) if kind is KINDS["validations"] else (),
        }
        for kind in KINDS.values()
    ]


def _weighed(version: RuleSetVersion, payment: Transaction) -> list[Question]:
    """What the risk rules say of it, by what came before it."""
    rules = load(version)
    history = histories_now(version.pair, [rules], [payment]).get(payment.vendor_id)
    weighed = Weighed(
        amount=Money(payment.amount, payment.currency),
        method=payment.method,
        customer_ref=payment.customer_ref,
        at=payment.captured_at,
        history=history or History(),
    )
    return try_risks(RISKS, rules.risks, weighed)


def _findings(version: RuleSetVersion, payment: Transaction) -> tuple[Finding, ...]:
    """What would not hold, of what is kept here; an ERP's periods are asked when it is decided."""
    asked, is_decided = payment.asked_amount, payment.decision in DECIDED
    checked = Checked(
        amount=Money(payment.amount, payment.currency),
        kind=payment.kind,
        method=payment.method,
        expected=None if asked is None else Money(asked, payment.currency),
        customer_id=payment.customer_id if is_decided else None,
    )
    return validate(load(version).validations, checked)
