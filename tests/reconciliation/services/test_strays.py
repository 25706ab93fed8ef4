"""A deposit booked as unidentified in one company's books and owed to a batch of another's."""

import itertools
from decimal import Decimal

import pytest
from django.db import transaction

from integrations.models import Pair
from reconciliation.choices import EffectKind
from reconciliation.models import Effect, ExceptionItem
from reconciliation.services import strays
from tests.builders import BankLineFactory, PairFactory, SettlementBatchFactory
from tests.reconciliation.desk_world import DAY

pytestmark = pytest.mark.django_db
#: The ERP's database outlives a test: every test has a line of its own number.
numbers = itertools.count(70_001)


@pytest.fixture
def line(hub):
    """A deposit that no batch explained; its journal stands in the ERP."""
    row = BankLineFactory(
        id=next(numbers), connection=hub.pair.bank, booked_on=DAY, amount=Decimal("96.80")
    )
    assert strays.book_stray(hub.pair, row) == 1
    hub.run()
    row.refresh_from_db()
    return row


@pytest.fixture
def batch(hub):
    """A batch of another gateway, whose books another company keeps in the same ERP."""
    other = PairFactory(erp=hub.pair.erp, bank=hub.pair.bank, company="SOB", is_active=False)
    return SettlementBatchFactory(connection=other.gateway)


def tie(line, batch):
    with transaction.atomic():
        return strays.tie(Pair.objects.get(gateway=batch.connection), line, batch)


def ledger(hub, line):
    """What the line's reference has come to on each account of the ERP, and in how many lines."""
    rows = hub.sql(
        'SELECT a."GLAcctNo", sum(g."PostAmt"), count(*) FROM "tglTransaction" g'
        ' JOIN "tglAccount" a USING ("GLAcctKey") WHERE g."RefNo" = %s GROUP BY 1 ORDER BY 1',
        f"BANK-{line.pk}",
    )
    return {account: (f"{amount:.2f}", count) for account, amount, count in rows}


def test_it_stands_as_unidentified_first(hub, line):
    assert line.state == "unmatched"
    assert ledger(hub, line) == {"1000-00": ("96.80", 1), "2300-00": ("-96.80", 1)}


def test_it_is_taken_back_where_it_stands_by_the_same_journal_the_other_way(hub, line, batch):
    tied = tie(line, batch)
    hub.run()
    assert not tied.is_here
    assert ledger(hub, line) == {"1000-00": ("0.00", 2), "2300-00": ("0.00", 2)}


def test_taking_it_back_corrects_its_effect_in_the_same_company(hub, line, batch):
    tie(line, batch)
    first, back = Effect.objects.filter(line=line, kind=EffectKind.STRAY_DEPOSIT).order_by("id")
    assert (back.corrects, back.pair, back.posting.company) == (first, hub.pair, hub.pair.company)
    assert back.rules == ["its batch stands in other books"]
    assert ExceptionItem.objects.get(line=line).state == "resolved"


def test_in_the_same_books_nothing_is_taken_back(hub, line):
    with transaction.atomic():
        tied = strays.tie(hub.pair, line, hub.batch)
    hub.run()
    assert tied.is_here
    assert ledger(hub, line) == {"1000-00": ("96.80", 1), "2300-00": ("-96.80", 1)}
