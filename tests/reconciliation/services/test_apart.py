"""One row that breaks is set aside in words and never stops the others."""

from decimal import Decimal

import pytest
from django.db import OperationalError

from integrations.canonical import LedgerLineRecord
from integrations.choices import PostingState
from integrations.errors import TransientError
from mapping.models import AccountRule
from reconciliation.models import BankLine, ExceptionItem, SettlementBatch
from reconciliation.services import adding_up, certify, held, match, overdue, pairs, strays
from tests.builders import (
    TODAY,
    BankLineFactory,
    EffectFactory,
    FactFactory,
    PairFactory,
    PostingFactory,
    SettlementBatchFactory,
)
from tests.reconciliation.services.test_match import batch_of, business_day, pair, reasons, state

__all__ = ["business_day", "pair"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("business_day")]


def breaks_for(monkeypatch, module, name, poison, error=None):
    """The named function of a module breaks for one row, given anywhere among its arguments."""
    real = getattr(module, name)

    def broken(*args, **more):
        if any(arg == poison for arg in args):
            raise error or ValueError("A row nobody thought of.")
        return real(*args, **more)

    monkeypatch.setattr(module, name, broken)


def aside():
    item = ExceptionItem.objects.get(reason="set_aside")
    assert item.message == "It could not be worked on: A row nobody thought of."
    return item


def test_a_batch_that_cannot_be_added_up_stops_no_other(pair, monkeypatch):
    poison, other = batch_of(pair, "1.00"), batch_of(pair, "2.00")
    breaks_for(monkeypatch, adding_up, "add_up", poison)
    adding_up.drain()
    assert (state(poison), state(other), aside().batch) == ("closed", "waiting", poison)
    assert adding_up.drain() == 0


def test_a_batch_set_aside_is_tried_again_once_its_exception_is_closed(pair, monkeypatch):
    poison = batch_of(pair, "1.00")
    with monkeypatch.context() as patched:
        breaks_for(patched, adding_up, "add_up", poison)
        adding_up.drain()
    adding_up.drain()
    assert state(poison) == "closed"
    ExceptionItem.objects.update(state="resolved")
    adding_up.drain()
    assert state(poison) == "waiting"


def test_a_late_document_that_cannot_be_ordered_stops_no_other(pair, monkeypatch):
    groups = []
    for _ in "ab":
        batch = SettlementBatchFactory(connection=pair.gateway, state="waiting")
        group = EffectFactory(
            pair=pair, batch=batch, kind="erp_batch", posting__kind="batch",
            posting__state="entered", posting__draft={"purpose": "receipts"},
        ).posting  # fmt: skip
        EffectFactory(pair=pair, batch=batch, posting__group=group, posting__state="entered")
        groups.append(group)
    breaks_for(monkeypatch, adding_up, "order_posting", groups[0])
    adding_up.drain()
    assert [group.members.filter(kind="batch_post").count() for group in groups] == [0, 1]
    assert aside().batch.state == "waiting"


def test_a_line_that_cannot_be_matched_stops_no_other(pair, monkeypatch):
    batch = batch_of(pair, "100.00")
    adding_up.drain()
    poison = BankLineFactory(connection=pair.bank, reference="nothing", amount=Decimal(1))
    line = BankLineFactory(
        connection=pair.bank, amount=Decimal("96.80"), reference=batch.vendor_ref
    )
    breaks_for(monkeypatch, match, "find", poison)
    match.drain()
    assert BankLine.objects.get(pk=line.pk).state == "matched"
    assert (aside().line, match.drain()) == (poison, 0)


def test_a_stray_that_cannot_be_booked_stops_no_other(pair, monkeypatch):
    poison, other = (
        BankLineFactory(connection=pair.bank, booked_on=TODAY.replace(month=1), reference=name)
        for name in ("a", "b")
    )
    breaks_for(monkeypatch, strays, "book_stray", poison)
    match.drain()
    other.refresh_from_db()
    assert (other.state, aside().line) == ("unmatched", poison)


def test_a_batch_of_nothing_due_that_breaks_stops_no_other(pair, monkeypatch):
    poison, other = batch_of(pair, days=4), batch_of(pair, days=4)
    adding_up.drain()
    breaks_for(monkeypatch, match, "added_up", poison)
    match.drain()
    assert (state(poison), state(other), aside().batch) == ("waiting", "matched", poison)


def test_a_batch_that_cannot_be_certified_stops_no_other(pair, monkeypatch):
    poison, other = (SettlementBatchFactory(connection=pair.gateway, state="matched") for _ in "ab")
    monkeypatch.setattr(certify, "ledger_of", lambda erp: Ledger())
    breaks_for(monkeypatch, certify, "_body", poison)
    assert certify.drain() == 2
    assert (state(poison), state(other), aside().batch) == ("matched", "discrepant", poison)


class Ledger:
    """Holds no line of any batch."""

    def ledger_lines(self, company, account, references) -> list[LedgerLineRecord]:
        return []


def test_every_batch_without_its_clearing_account_is_shown_and_stands_before_no_other(
    pair, monkeypatch
):
    monkeypatch.setattr(certify, "AT_ONCE", 2)
    monkeypatch.setattr(certify, "ledger_of", lambda erp: Ledger())
    AccountRule.objects.filter(role="clearing").delete()
    for _ in range(3):
        SettlementBatchFactory(connection=pair.gateway, state="matched")
    newest = SettlementBatchFactory(connection=pair.gateway, state="matched", closed_on=TODAY)
    opened = {"kind": "erp_batch", "posting__draft": RECEIPTS, "posting__state": "posted"}
    EffectFactory(pair=pair, batch=newest, **opened)
    for _ in range(3):
        certify.drain()
    assert reasons().count("account_unmapped") == 3
    assert state(newest) == "discrepant"


RECEIPTS = {"purpose": "receipts", "deposit_account": "1050-00"}


def test_a_batch_without_rules_on_its_day_says_so(pair):
    pair.rule_sets.update(active_from="2030-01-01")
    SettlementBatchFactory(connection=pair.gateway, state="matched")
    batch_of(pair, "1.00")
    assert (certify.drain(), adding_up.drain()) == (1, 1)
    assert reasons() == ["rules_missing", "rules_missing"]


def test_an_overdue_batch_that_breaks_stops_no_other(pair, monkeypatch):
    poison, other = batch_of(pair, "1.00", days=30), batch_of(pair, "2.00", days=30)
    adding_up.drain()
    BankLineFactory(connection=pair.bank, booked_on=TODAY, amount=Decimal(5))
    breaks_for(monkeypatch, overdue, "as_seen", poison)
    overdue.drain()
    assert (state(poison), state(other), aside().batch) == ("waiting", "discrepant", poison)


def test_a_held_posting_without_its_effect_stops_no_other(pair):
    orphan = PostingFactory(target=pair.erp, held=True)
    EffectFactory(pair=pair, posting=PostingFactory(target=pair.erp, held=True))
    assert (held.drain(), held.drain()) == (2, 0)
    item = ExceptionItem.objects.get(reason="set_aside")
    assert (item.posting, reasons().count("refused_by_erp")) == (orphan, 1)
    assert orphan.state == PostingState.HELD


def test_an_announcement_that_cannot_be_shown_stops_no_other(pair, monkeypatch):
    poison, other = (
        FactFactory(envelope__connection=pair.gateway, kind="hint", end="blocked") for _ in "ab"
    )
    breaks_for(monkeypatch, held, "_unconfirmed", poison)
    assert (held.drain(), held.drain()) == (2, 0)
    assert aside().fact == poison
    assert ExceptionItem.objects.get(reason="hint_unconfirmed").fact == other


def test_a_pair_for_which_a_step_breaks_stops_no_other_pair():
    first, _ = PairFactory(), PairFactory()

    def step(pair):
        if pair == first:
            raise TransientError("The ERP is away.")
        return 5

    assert pairs.for_each_pair("a step", step) == 6
    assert (
        "The ERP is away." in ExceptionItem.objects.get(subject=f"pair:{first.pk}:a step").message
    )


def test_a_lost_database_is_no_rows_fault(pair, monkeypatch):
    poison = batch_of(pair, "1.00")
    breaks_for(monkeypatch, adding_up, "add_up", poison, OperationalError("gone"))
    with pytest.raises(OperationalError):
        adding_up.drain()
    assert reasons() == []


def test_a_ledger_read_before_a_change_certifies_nothing(pair):
    batch = SettlementBatchFactory(connection=pair.gateway, state="matched")
    SettlementBatch.objects.update(state="closed")
    assert certify._certify(pair, batch, [], "clearing") == 0
    assert (state(batch), batch.certificates.count()) == ("closed", 0)
