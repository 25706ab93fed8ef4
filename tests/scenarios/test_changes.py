"""What changes after a batch was proved: figures reported anew, deposits whose batch comes late."""

import json
from datetime import timedelta

from integrations.choices import EnvelopeSource
from integrations.models import Envelope
from integrations.services import intake
from reconciliation.models import BankLine, ExceptionItem
from tests.hub import Hub


def tied_out(hub: Hub) -> None:
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.settle()
    hub.bank((f"BATCH {hub.batch.vendor_ref}", "96.80"))
    assert hub.batch.state == "tied_out"


def report(hub: Hub, **figures: object) -> None:
    """The gateway's list of batches comes again, with other figures of the newest batch."""
    known = Envelope.objects.filter(kind="batches").order_by("-id")
    page = next(
        page
        for page in (json.loads(intake.open_body(envelope)) for envelope in known)
        if page["batches"]
    )
    page["batches"][-1] |= figures
    body = json.dumps(page).encode()
    intake.receive(hub.pair.gateway, intake.Arrival("batches", body, EnvelopeSource.PULL))
    hub.run()


def certificates(hub: Hub) -> list[bool]:
    rows = list(hub.batch.certificates.order_by("number"))
    assert [row.supersedes for row in rows] == [None, *rows[:-1]]
    return [row.ties_out for row in rows]


def changed(hub: Hub, state: str = "open") -> ExceptionItem:
    return ExceptionItem.objects.get(reason="figures_changed", state=state)


def test_figures_that_do_not_tie_any_more_make_a_discrepant_batch_with_its_own_reason(hub: Hub):
    tied_out(hub)
    report(hub, sales_amount="90.00", net_amount="90.00")
    assert (hub.batch.state, certificates(hub)) == ("discrepant", [True, False])
    assert [row["reason"] for row in hub.batch.reasons] == ["figures_changed"]
    assert changed(hub).details["before"]["Sales"] == "100.00"
    assert changed(hub).details["after"]["Sales"] == "90.00"
    newest = hub.batch.certificates.first()
    assert newest.body["residuals"][0]["amount"] == "10.00"
    assert hub.ledger()["1050-00"] == "0.00"


def test_figures_that_tie_again_supersede_the_certificate_and_close_the_exception(hub: Hub):
    tied_out(hub)
    report(hub, sales_amount="90.00", net_amount="90.00")
    report(hub, sales_amount="100.00", net_amount="100.00", when="12/1/2010 8:01:00 PM")
    assert (hub.batch.state, certificates(hub)) == ("tied_out", [True, False, True])
    assert "certificate 3" in changed(hub, "resolved").resolution
    moves = hub.batch.history.values_list("from_state", "to_state")
    assert list(moves) == [("open", "closed"), ("tied_out", "closed"), ("discrepant", "closed")]


def test_the_same_figures_at_another_hour_change_nothing(hub: Hub):
    tied_out(hub)
    report(hub, when="12/1/2010 8:01:00 PM")
    assert (hub.batch.state, certificates(hub), hub.reasons()) == ("tied_out", [True], [])


def stray(hub: Hub) -> BankLine:
    """The bank paid a batch that the hub could not read yet; the money is unidentified."""
    hub.invoice("536365", "100.00")
    hub.sale("100.00", "536365")
    hub.pair.gateway.state = "paused"
    hub.pair.gateway.save()
    hub.settle()
    hub.bank(("BATCH 1", "96.80"))
    hub.pass_days(5)
    line = BankLine.objects.get()
    assert (line.state, hub.reasons()) == ("unmatched", ["deposit_unmatched"])
    return line


def gateway_comes_back(hub: Hub) -> None:
    hub.pair.gateway.state = "active"
    hub.pair.gateway.save()
    hub.day += timedelta(days=1)
    hub.afternoon()


def test_a_stray_deposit_pays_its_batch_when_that_comes(hub: Hub):
    line = stray(hub)
    gateway_comes_back(hub)
    assert (hub.batch.state, certificates(hub)) == ("tied_out", [True])
    assert hub.ledger(f"BANK-{line.pk}") == {"1000-00": "96.80", "2300-00": "0.00"}
    assert hub.ledger() == {"1050-00": "0.00", "1200-00": "-100.00", "6200-00": "3.20"}
    assert hub.reasons("resolved") == ["deposit_unmatched"]
    line.refresh_from_db()
    assert line.state == "matched"


def test_a_stray_that_a_person_has_dealt_with_is_left_alone(hub: Hub):
    line = stray(hub)
    ExceptionItem.objects.update(state="dismissed")
    gateway_comes_back(hub)
    assert hub.batch.state in ("waiting", "discrepant")
    assert hub.ledger(f"BANK-{line.pk}")["2300-00"] == "-96.80"
