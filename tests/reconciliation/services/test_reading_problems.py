"""What could not be read leaves the desk when it can be, however many readings there are."""

import pytest

from reconciliation.choices import Reason
from reconciliation.models import ExceptionItem
from reconciliation.services.reading_problems import heal
from tests.builders import ConnectionFactory, EnvelopeFactory, ExceptionItemFactory, FactFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway():
    return ConnectionFactory()


def broken(gateway, vendor_id):
    envelope = EnvelopeFactory(connection=gateway)
    fact = FactFactory(envelope=envelope, vendor_id=vendor_id, end="unreadable")
    return ExceptionItemFactory(
        connection=gateway,
        reason=Reason.UNREADABLE_RECORD,
        fact=fact,
        details={"envelope": str(envelope.pk), "name": envelope.name, "vendor_id": vendor_id},
    )


def readings(gateway, *ids):
    envelopes = [EnvelopeFactory(connection=gateway) for _ in ids]
    return [
        (envelope, [FactFactory(envelope=envelope, vendor_id=vendor_id)])
        for envelope, vendor_id in zip(envelopes, ids, strict=True)
    ]


def test_what_is_open_is_asked_for_once_for_all_readings(gateway, django_assert_num_queries):
    broken(gateway, "501")
    read = readings(gateway, *[str(700 + number) for number in range(20)])
    with django_assert_num_queries(1):
        assert heal(gateway, read) == 0


def test_each_reading_heals_its_own(gateway):
    items = [broken(gateway, "501"), broken(gateway, "502"), broken(gateway, "503")]
    assert heal(gateway, readings(gateway, "502", "999", "501", "501")) == 2
    states = dict(ExceptionItem.objects.values_list("pk", "state"))
    assert [states[item.pk] for item in items] == ["resolved", "resolved", "open"]


def test_nothing_is_healed_by_what_came_in_before_it(gateway):
    read = readings(gateway, "501")
    broken(gateway, "501")
    assert heal(gateway, read) == 0
