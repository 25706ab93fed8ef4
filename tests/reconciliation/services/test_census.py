"""Counting in pages: what is owed, what is found, what is on its way, whatever the page size."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from integrations.choices import PostingState
from integrations.errors import TransientError
from integrations.models import Alert
from integrations.standing import Standing
from reconciliation import tasks
from reconciliation.models import Census, CensusFinding, DocumentReading, ExceptionItem
from reconciliation.services import census
from reconciliation.services.census import ledger, nightly, taking
from tests.builders import EffectFactory, PairFactory, PostingFactory, RuleSetVersionFactory
from tests.reconciliation.services.fake_erp import FakeErp, standing

pytestmark = pytest.mark.django_db
DRAFT = {
    "kind": "application",
    "amount": "10.00 USD",
    "receipt_key": "1",
    "item_key": "2",
}


@pytest.fixture
def pair():
    return PairFactory(slug="paytrace-sage500")


@pytest.fixture
def erp(monkeypatch):
    """`erp(documents, strays)` puts an ERP in place."""

    def put(documents, strays=()):
        made = FakeErp(documents, strays)
        monkeypatch.setattr(taking, "standing_of", lambda connection: made)
        return made

    return put


def owe(pair, count, state=PostingState.POSTED, **more):
    version = RuleSetVersionFactory(pair=pair)
    made = []
    for number in range(count):
        posting = PostingFactory(
            target=pair.erp, company=pair.company, kind="application", draft=DRAFT, posted=True,
            state=state, amount=Decimal("10.00"), document_key=f"{state}{number}", **more,
        )  # fmt: skip
        made.append(EffectFactory(pair=pair, version=version, posting=posting, key=posting.key))
    return made


def count(pair):
    return census.take(pair).census


@pytest.mark.parametrize("page", [1, 3, 1000])
def test_every_document_is_counted_once_whatever_the_page_size(pair, erp, monkeypatch, page):
    monkeypatch.setattr(taking, "PAGE", page)
    effects = owe(pair, 7)
    made = erp([standing(effect) for effect in effects[:5]])
    row = count(pair)
    assert (row.owed, row.found, row.missing, row.fits) == (7, 5, 2, False)
    assert made.largest <= page


def test_effects_on_their_way_are_numbers_of_their_own(pair, erp):
    owe(pair, 2, PostingState.UNKNOWN)
    owe(pair, 1, PostingState.HELD)
    owe(pair, 1, PostingState.CANCELLED)
    [sent] = owe(pair, 1, PostingState.READY)
    erp([standing(sent)])
    row = count(pair)
    assert row.on_the_way == {"held": 1, "ready": 1, "unknown": 2}
    assert (row.owed, row.found, row.early, row.fits) == (0, 0, 1, True)


def test_the_document_of_a_cancelled_effect_is_not_owed(pair, erp):
    [cancelled] = owe(pair, 1, PostingState.CANCELLED)
    erp([standing(cancelled)])
    assert count(pair).findings.get().kind == "unowed"


def test_a_posted_document_that_waits_in_the_erp_again_is_changed(pair, erp):
    [effect] = owe(pair, 1)
    erp([standing(effect, standing=Standing.PENDING)])
    finding = count(pair).findings.get()
    assert (finding.differing, finding.found["status"]) == (["status"], "entered")


def test_what_an_effect_entered_may_be_posted_already(pair, erp):
    [effect] = owe(pair, 1, PostingState.ENTERED)
    erp([standing(effect)])
    assert count(pair).fits


def test_a_change_that_is_gone_at_the_second_look_is_none(pair, erp):
    [effect] = owe(pair, 1)
    made = erp([standing(effect, standing=Standing.PENDING)])
    made.postings_of = lambda company, keys: [standing(effect)]
    assert count(pair).fits


def test_two_documents_under_one_key_are_double(pair, erp):
    [effect] = owe(pair, 1)
    again = standing(effect)
    other = type(again.document)("CR-2", "other", "1", True)
    erp([again, standing(effect, document=other)])
    row = count(pair)
    assert (row.double, row.findings.get().document_key) == (1, "other")


def test_another_pairs_documents_are_not_this_pairs_matter(pair, erp):
    other = PairFactory(erp=pair.erp, company=pair.company)
    effects = owe(pair, 1) + owe(other, 2)
    erp([standing(effect) for effect in effects])
    assert (count(pair).found, count(other).found) == (1, 2)
    assert not CensusFinding.objects.exists()


def test_each_finding_is_one_exception_however_often_it_is_found(pair, erp):
    owe(pair, 3)
    erp([])
    count(pair)
    count(pair)
    assert ExceptionItem.objects.filter(state="open").count() == 3
    assert list(Census.objects.order_by("id").values_list("number", "missing")) == [(1, 3), (2, 3)]


def test_a_census_is_never_changed(pair, erp):
    owe(pair, 1)
    erp([])
    row = count(pair)
    for change in (
        lambda: Census.objects.filter(pk=row.pk).update(missing=0),
        lambda: row.findings.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


def test_a_card_number_in_the_erps_text_is_not_kept(pair, erp):
    [effect] = owe(pair, 1)
    fields = {"amount": "10.00 USD", "receipt": "4111111111111111", "item": "2"}
    erp([standing(effect, fields=fields, changed_by="4111 1111 1111 1111")])
    finding = count(pair).findings.get()
    kept = f"{finding.found}{finding.message}{finding.changed_by}{finding.owed}"
    assert "4111" not in kept
    item = ExceptionItem.objects.get()
    assert "4111" not in f"{item.details}{item.message}"


def test_the_papers_of_one_census_are_not_those_of_the_next(pair):
    owe(pair, 2)
    assert ledger.begin(pair.pk)[0] == 2
    ledger.spool(['{"kind": "missing", "subject": "a"}'])
    assert ledger.begin(pair.pk)[0] == 2
    assert list(ledger.spooled(10)) == []


# --- the command -----------------------------------------------------------------------------


def test_the_command_ends_with_0_when_all_is_there(pair, erp, capsys):
    erp([standing(effect) for effect in owe(pair, 2)])
    call_command("census")
    said = "2 owed, 2 found, 0 missing, 0 double, 0 changed, 0 not owed."
    assert said in capsys.readouterr().out


def test_the_command_ends_with_1_when_something_is_missing(pair, erp, capsys):
    owe(pair, 1)
    erp([])
    with pytest.raises(SystemExit) as ended:
        call_command("census", "--json", "--pair", pair.slug)
    assert ended.value.code == 1
    assert '"missing": 1' in capsys.readouterr().out


def test_the_command_ends_with_2_when_the_erp_cannot_be_read(pair, erp):
    erp([]).list_postings = broken
    with pytest.raises(CommandError, match="Sage is away") as ended:
        call_command("census")
    assert ended.value.returncode == 2
    assert not Census.objects.exists()


def test_a_pair_that_there_is_none_of_is_named(pair):
    with pytest.raises(CommandError, match="no pair nobody; there are: paytrace-sage500"):
        call_command("census", "--pair", "nobody")


def broken(*_):
    raise TransientError("Sage is away")


# --- each night ------------------------------------------------------------------------------


def test_a_census_is_due_once_a_night_and_again_until_it_was_taken(pair, erp, settings):
    settings.TIEOUT_CENSUS_HOUR = 2
    pair.created_at = datetime(2010, 1, 1, tzinfo=UTC)
    pair.save()
    erp([])
    row = count(pair)
    night = nightly.due_since(row.started_at) + timedelta(days=1)
    assert nightly.due(row.started_at) == []
    assert nightly.due(night - timedelta(minutes=1)) == []
    assert nightly.due(night) == [pair]


def test_what_could_not_be_taken_is_told_until_it_was(pair, erp):
    erp([]).list_postings = broken
    assert tasks.take_census(pair.pk, "worker") is False
    assert Alert.objects.get().state == "open"
    erp([])
    assert tasks.take_census(pair.pk, "worker") is True
    assert Alert.objects.get().state == "cleared"


def test_two_censuses_of_a_pair_are_not_taken_at_once(pair, erp, transactional_db):
    from tests.reconciliation.services.other_session import holding

    erp([])
    with holding(f"census:{pair.pk}"):
        assert nightly.take_one(pair.pk, "worker") is False
        with pytest.raises(CommandError, match="under way already"):
            call_command("census")
    assert connection.connection is not None


def readings(effects):
    rows = DocumentReading.objects.filter(posting__in=[effect.posting for effect in effects])
    return {row.posting_id: row for row in rows}


def test_what_is_read_is_kept_as_it_stands(pair, erp):
    whole, changed, gone = owe(pair, 3)
    fields = {"amount": "9.00 USD", "receipt": "1", "item": "2"}
    erp([standing(whole), standing(changed, fields=fields, changed_by="bookkeeper")])
    count(pair)
    kept = readings([whole, changed, gone])
    assert [kept[one.posting_id].verdict for one in (whole, changed, gone)] == [
        "as_posted", "changed", "missing",
    ]  # fmt: skip
    assert kept[changed.posting_id].fields["amount"] == "9.00 USD"
    assert kept[changed.posting_id].changed_by == "bookkeeper"


def test_a_census_that_finds_the_same_again_writes_no_reading(pair, erp):
    effects = owe(pair, 2)
    erp([standing(effect) for effect in effects])
    count(pair)
    before = {pk: row.read_at for pk, row in readings(effects).items()}
    erp([standing(effects[0]), standing(effects[1], standing=Standing.VOIDED)])
    count(pair)
    after = readings(effects)
    assert after[effects[0].posting_id].read_at == before[effects[0].posting_id]
    voided = after[effects[1].posting_id]
    assert voided.read_at > before[effects[1].posting_id] == voided.first_read_at


def test_a_card_number_in_the_erp_is_not_kept(pair, erp):
    [effect] = owe(pair, 1)
    fields = {"amount": "10.00 USD", "receipt": "4111 1111 1111 1111", "item": "2"}
    erp([standing(effect, fields=fields)])
    count(pair)
    assert "4111" not in str(readings([effect])[effect.posting_id].fields)
