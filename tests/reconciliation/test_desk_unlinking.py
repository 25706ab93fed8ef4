"""A deposit that was linked to the wrong batch is taken back from it, before and after posting."""

import pytest
from django.contrib.auth.models import User

from audit.models import Entry
from integrations.choices import PostingState
from reconciliation.choices import BankLineState, BatchState, EffectKind, Reason
from reconciliation.models import BankLine, Effect, ExceptionItem, Match, SettlementBatch
from reconciliation.services import desk
from reconciliation.services.desk.undo import undo
from tests.reconciliation.desk_world import CLEARING, FINANCE, UNIDENTIFIED
from tests.reconciliation.test_desk_bank import LEFT, link, stray  # noqa: F401

OF_BATCH = (
    *("state", "bank_amount", "residual", "reasons", "net_amount", "sales_amount", "fee_amount"),
    "accepted",
)
OF_LINE = ("state", "rule", "amount")


def standing(hub, item):
    batch = SettlementBatch.objects.filter(pk=hub.batch.pk).values(*OF_BATCH).get()
    line = BankLine.objects.filter(pk=item.line_id).values(*OF_LINE).get()
    item.refresh_from_db()
    return batch, line, item.state, item.resolution, item.details


def deposits(hub):
    made = Effect.objects.filter(batch=hub.batch, kind=EffectKind.DEPOSIT).order_by("pk")
    return [(each.key.rsplit("|", 1)[-1], each.posting.state) for each in made]


def test_what_was_not_sent_is_cancelled_and_everything_is_as_it_was(hub, stray, client):  # noqa: F811
    before = standing(hub, stray)
    link(stray, hub.batch.vendor_ref)
    client.force_login(User.objects.get(username="demo-finance"))
    url = f"/exceptions/rows/{stray.bulk_items.get().pk}/undo/"
    html = client.post(url, follow=True).content.decode()
    assert f"Batch {hub.batch.vendor_ref} waits for its money again" in html
    assert standing(hub, stray) == before
    assert deposits(hub) == [("1", PostingState.CANCELLED)]
    assert not Match.objects.exists()
    assert not ExceptionItem.objects.filter(batch=hub.batch, state="open").exists()
    assert Entry.objects.filter(action="batch.unmatched").get().actor == FINANCE
    hub.run()
    assert standing(hub, stray) == before


def test_it_is_linked_again_under_the_next_key(hub, stray):  # noqa: F811
    link(stray, hub.batch.vendor_ref)
    undo(stray.bulk_items.get(), FINANCE)
    link(stray, hub.batch.vendor_ref)
    hub.run()
    assert deposits(hub) == [("1", PostingState.CANCELLED), ("2", PostingState.POSTED)]
    assert SettlementBatch.objects.get(pk=hub.batch.pk).state == BatchState.DISCREPANT
    assert (hub.account(CLEARING), Match.objects.count()) == ("0.00", 1)


def test_what_was_posted_is_reversed_and_the_batch_waits_for_its_money_again(hub, stray):  # noqa: F811
    line_ref = f"BANK-{stray.line_id}"
    money = hub.sql(LEFT, UNIDENTIFIED, line_ref)
    link(stray, hub.batch.vendor_ref)
    hub.run()
    assert hub.sql(LEFT, UNIDENTIFIED, line_ref) != money
    said = undo(stray.bulk_items.get(), FINANCE)
    assert "is reversed in the ERP" in said
    hub.run()
    batch, line, state, *_ = standing(hub, stray)
    assert (batch["state"], batch["bank_amount"]) == (BatchState.WAITING, None)
    assert (line["state"], state) == (BankLineState.UNMATCHED, "open")
    assert (hub.account(CLEARING), hub.sql(LEFT, UNIDENTIFIED, line_ref)) == ("50.00", money)
    assert not ExceptionItem.objects.filter(reason=Reason.FEE_DIFFERS, state="open").exists()


def test_after_a_reversal_the_next_certificate_agrees_with_the_ledger(hub, stray):  # noqa: F811
    link(stray, hub.batch.vendor_ref)
    hub.run()
    undo(stray.bulk_items.get(), FINANCE)
    hub.run()
    stray.refresh_from_db()
    link(stray, hub.batch.vendor_ref)
    hub.run()
    batch = SettlementBatch.objects.get(pk=hub.batch.pk)
    last = batch.certificates.order_by("-number").first()
    assert (last.number, last.supersedes.number) == (2, 1)
    assert [row["reason"] for row in last.body["residuals"]] == [Reason.FEE_DIFFERS.value]
    assert (last.body["clearing"]["sum"], hub.account(CLEARING)) == ("0.00", "0.00")


def test_a_journal_on_its_way_is_waited_for_in_words_and_nothing_changes(hub, stray):  # noqa: F811
    link(stray, hub.batch.vendor_ref)
    linked = standing(hub, stray)
    journal = Effect.objects.get(batch=hub.batch, kind=EffectKind.DEPOSIT).posting
    journal.state = PostingState.UNKNOWN
    journal.save(update_fields=["state"])
    with pytest.raises(desk.DeskError, match=r"deposit journal is on its way .*; undo it when"):
        undo(stray.bulk_items.get(), FINANCE)
    assert standing(hub, stray) == linked
    assert Match.objects.exists()
