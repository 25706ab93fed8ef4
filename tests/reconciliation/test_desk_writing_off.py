"""A small difference is written off: one document, one key, within limits, and reversible."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User

from mapping.models import AccountRule, CustomerLink, RuleSetVersion
from reconciliation.choices import EffectKind, FindingKind, Reason
from reconciliation.models import DeskLimit, Effect
from reconciliation.services import census, desk
from reconciliation.services.bulk import runs, singles
from reconciliation.services.desk.question import question
from reconciliation.services.desk.undo import undo
from tests.builders import NOW
from tests.pages import htmx
from tests.reconciliation.desk_world import APPROVER, FINANCE, UNIDENTIFIED
from tests.reconciliation.test_bulk import work_off
from tests.sealed import unsealed

OFF = "6295-00"
#: What a payment has left on an account, by its references in the ERP.
ON = """SELECT COALESCE(sum(g."PostAmt"), 0) FROM "tglTransaction" g JOIN "tglAccount" a
    ON a."GLAcctKey" = g."GLAcctKey" WHERE a."GLAcctNo" = %s AND g."ExtCmnt" LIKE %s"""


def written_off(hub):
    [(held,)] = hub.sql(ON, OFF, f"{hub.number}0%")
    return f"{held:.2f}"


def payment(hub, amount, invoice):
    """A payment, tied out, of an invoice that asks for another amount."""
    number = hub.invoice("1", invoice)
    row = hub.payment(amount, reference=number, customer_ref=f"r-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    hub.run()
    hub.pay_batch()
    hub.run()
    row.refresh_from_db()
    return row


@pytest.fixture
def short(hub):
    """48.00 came in for an invoice of 50.00."""
    return question(payment(hub, "48.00", "50.00"), "The cheque fee is missing.", FINANCE)


@pytest.fixture
def excess(hub):
    """52.00 came in for an invoice of 50.00."""
    return hub.item(payment(hub, "52.00", "50.00"), Reason.OVERPAID)


def write_off(hub, item, number="", note="Too small to ask for.", actor=FINANCE):
    run = singles.do(item, "write_off", {"document_no": number, "note": note}, actor)
    hub.run()
    item.refresh_from_db()
    return run


def test_what_an_invoice_is_short_of_is_written_off_and_it_is_paid(hub, short):
    before, lines = hub.certificates(), hub.clearing_lines()
    write_off(hub, short, f"{hub.number}1")
    assert hub.balance(f"{hub.number}1") == "0.00"
    assert written_off(hub) == "2.00"
    assert (short.state, short.closed_by) == ("resolved", FINANCE)
    assert (hub.certificates(), hub.clearing_lines()) == (before, lines)
    effect = Effect.objects.get(kind=EffectKind.WRITE_OFF)
    assert effect.key.startswith(f"SOA|paytrace:{hub.pair.gateway.account}|tx:")
    taken = census.take(hub.pair).census
    assert not taken.findings.exclude(kind=FindingKind.UNOWED).exists()


def test_what_was_paid_too_much_is_written_off_and_the_invoice_stays_paid(hub, excess):
    before = hub.certificates()
    write_off(hub, excess)
    assert hub.balance(f"{hub.number}1") == "0.00"
    assert (written_off(hub), hub.account(UNIDENTIFIED)) == ("-2.00", "0.00")
    assert hub.receipts()[-1][:2] == ("50.00", "0.00")
    assert (excess.state, hub.certificates()) == ("resolved", before)


def test_both_are_undone_by_their_reversals(hub, short):
    write_off(hub, short, f"{hub.number}1")
    assert "is reversed in the ERP" in undo(short.bulk_items.get(), FINANCE)
    hub.run()
    assert (hub.balance(f"{hub.number}1"), written_off(hub)) == ("2.00", "0.00")
    short.refresh_from_db()
    assert short.state == "open"
    write_off(hub, short, f"{hub.number}1")
    assert (hub.balance(f"{hub.number}1"), written_off(hub)) == ("0.00", "2.00")


def test_an_excess_that_was_written_off_stands_on_account_again(hub, excess):
    write_off(hub, excess)
    undo(excess.bulk_items.get(), FINANCE)
    hub.run()
    assert (hub.balance(f"{hub.number}1"), written_off(hub)) == ("0.00", "0.00")
    assert hub.account(UNIDENTIFIED) == "0.00"
    assert hub.receipts()[-1][:2] == ("52.00", "2.00")


def test_above_the_limit_a_second_person_approves(hub, short):
    DeskLimit.objects.create(
        action="write_off", alone_up_to=1, never_above=3, changed_by=FINANCE, changed_at=NOW
    )
    run = write_off(hub, short, f"{hub.number}1")
    assert (run.state, run.amounts) == ("asked", {"USD": "2.00"})
    assert written_off(hub) == "0.00"
    runs.approve(run, APPROVER)
    assert work_off(run).done == 1
    hub.run()
    assert written_off(hub) == "2.00"


def test_beyond_the_bound_nobody_may(hub, short):
    DeskLimit.objects.create(
        action="write_off", alone_up_to=1, never_above=1, changed_by=FINANCE, changed_at=NOW
    )
    with pytest.raises(desk.DeskError, match="more than 1.00, which nobody may"):
        write_off(hub, short, f"{hub.number}1")
    assert not Effect.objects.filter(kind=EffectKind.WRITE_OFF).exists()


def test_no_limit_reaches_beyond_what_is_small(hub):
    item = question(payment(hub, "100.00", "700.00"), "Take it off.", FINANCE)
    DeskLimit.objects.create(
        action="write_off", alone_up_to=9999, changed_by=FINANCE, changed_at=NOW
    )
    with pytest.raises(desk.DeskError, match="is no small difference: nobody writes off more"):
        write_off(hub, item, f"{hub.number}1")


def test_the_limit_is_compared_with_what_is_left_and_not_with_the_payment(hub, short):
    assert short.amount == Decimal("48.000")
    assert write_off(hub, short, f"{hub.number}1") is None


def test_without_an_account_a_reason_or_a_difference_nothing_is_written_off(hub, short):
    with pytest.raises(desk.DeskError, match="Say why"):
        write_off(hub, short, f"{hub.number}1", note=" ")
    with pytest.raises(desk.DeskError, match="pays nothing to"):
        write_off(hub, short, hub.invoice("2", "2.00"))
    with pytest.raises(desk.DeskError, match="Nothing of this payment is left over"):
        write_off(hub, short)
    with unsealed():
        AccountRule.objects.filter(role="write_offs").delete()
    with pytest.raises(desk.DeskError, match="Map it first"):
        write_off(hub, short, f"{hub.number}1")
    assert short.state == "open"


def test_where_no_account_is_mapped_the_page_leads_to_the_rules(hub, short, client):
    with unsealed():
        AccountRule.objects.filter(role="write_offs").delete()
    client.force_login(User.objects.get(username="demo-finance"))
    values = {"document_no": f"{hub.number}1", "note": "Too small to ask for."}
    answer = client.post(f"/exceptions/{short.pk}/write_off/", values, headers=htmx("panel"))
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "names no account for “Small differences written off”. Map it first" in html
    assert f'href="/rule-sets/{RuleSetVersion.objects.get().pk}/"' in html
    assert "Too small to ask for." in html


def test_what_is_written_off_of_one_payment_piece_by_piece_counts_together(hub):
    one, two = hub.invoice("1", "50.00"), hub.invoice("2", "50.00")
    row = hub.payment("94.00", reference="none", customer_ref=f"r-{hub.number}")
    CustomerLink.objects.create(
        pair=hub.pair, ref=row.customer_ref, customer_id=hub.customer, made_by=FINANCE
    )
    hub.run()
    shares = {"shares": f"{one} 47.00; {two} 47.00"}
    singles.do(hub.item(row, Reason.INVOICE_NOT_FOUND), "split", shares, FINANCE)
    hub.run()
    row.refresh_from_db()
    assert write_off(hub, question(row, "Three short.", FINANCE), one) is None
    run = write_off(hub, question(row, "And three more.", FINANCE), two)
    assert (run.state, run.amounts) == ("asked", {"USD": "6.000"})
    assert written_off(hub) == "3.00"
