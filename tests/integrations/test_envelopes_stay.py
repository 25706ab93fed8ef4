import pytest
from django.db import IntegrityError, InternalError, transaction

from integrations.models import Envelope
from reconciliation.models import Effect
from tests.builders import EffectFactory, EnvelopeFactory

pytestmark = pytest.mark.django_db
REFUSED = (IntegrityError, InternalError)


@pytest.mark.parametrize("change", [{"body": b"other"}, {"identity": "other"}, {"headers": {}}])
def test_what_came_in_is_never_changed(change):
    envelope = EnvelopeFactory()
    with pytest.raises(REFUSED), transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk).update(**change)


def test_what_came_in_is_never_removed():
    envelope = EnvelopeFactory()
    with pytest.raises(REFUSED), transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk).delete()


def test_reading_an_envelope_changes_its_state():
    envelope = EnvelopeFactory()
    assert Envelope.objects.filter(pk=envelope.pk).update(state="read", problem="") == 1


def test_an_effect_is_made_once():
    effect = EffectFactory()
    with pytest.raises(REFUSED), transaction.atomic():
        Effect.objects.filter(pk=effect.pk).update(key="other")
