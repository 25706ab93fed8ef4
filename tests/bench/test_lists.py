import pytest
from django.contrib.auth.models import Group

from bench.lists import asked
from bench.lists.asked import Asked, Words, asked_of
from bench.lists.figures import callers
from bench.lists.fill import fill
from bench.lists.measure import measure
from integrations.models import Posting
from reconciliation.models import Certificate, ExceptionItem, Transaction

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(db):
    """So few rows that nothing is measured: what fills must fit the tables as they are by now."""
    fill(600, 12)
    return Words.found()


def test_what_fills_a_database_keeps_every_constraint_and_every_list_answers(filled, roles):
    assert Transaction.objects.count() == 600
    assert Transaction.objects.create(**copy_of(filled.sale)).pk > 600
    for model in (Posting, Certificate, ExceptionItem):
        assert model.objects.exists()
    person, key = callers()
    for page in (*asked.CONSOLE, *asked.API):
        client = key if page in asked.API else person
        found = measure(client, Asked(page), 1, is_warm=True)
        assert (found.status, found.queries <= 5) == (200, True), page


def copy_of(row):
    names = [field.attname for field in row._meta.concrete_fields if field.attname != "id"]
    return {name: getattr(row, name) for name in names} | {"vendor_id": "another"}


@pytest.fixture
def roles(db):
    for name in ("viewer", "operator", "mapper", "approver", "admin", "auditor"):
        Group.objects.get_or_create(name=name)


def test_every_filter_of_a_list_is_asked_by_itself_and_in_pairs(filled):
    close, pairs = asked_of("/transactions/", filled)
    assert Asked("/transactions/", "status=settled") in close
    assert Asked("/transactions/", "status=settled&kind=refund") in pairs
    assert any("page=" in each.query for each in close)
    assert Asked("/transactions/", "status=settled&sort=captured_at") in close
