"""Services behind a single button ask for the duty themselves; superusers are no exception."""

import pytest
from django.core.exceptions import PermissionDenied
from django_q.models import OrmQ

from audit.models import Entry
from audit.roles import Role
from integrations.services.envelope_look import look
from reconciliation.models import DocumentReading, Impact
from reconciliation.services import impact, read_documents
from reconciliation.services.census import nightly
from tests.builders import EffectFactory, EnvelopeFactory, PairFactory, RuleSetVersionFactory
from tests.builders.reconciliation import TODAY
from tests.world import person

pytestmark = pytest.mark.django_db


def denied():
    entry = Entry.objects.get()
    return entry.action, entry.actor, entry.details["duty"]


def test_an_envelope_is_opened_for_nobody_else(admin_user):
    with pytest.raises(PermissionDenied):
        look(EnvelopeFactory(), admin_user)
    assert denied() == ("access.denied", "user:admin", "view_envelopes")


def test_a_document_is_read_back_for_nobody_else():
    with pytest.raises(PermissionDenied):
        read_documents.read_now(EffectFactory(), person("vera", Role.VIEWER))
    assert denied() == ("access.denied", "user:vera", "work_exceptions")
    assert not DocumentReading.objects.exists()


def test_a_census_is_queued_for_nobody_else(admin_user):
    with pytest.raises(PermissionDenied):
        nightly.ask(admin_user, PairFactory())
    assert denied() == ("access.denied", "user:admin", "work_exceptions")
    assert not OrmQ.objects.exists()


def test_a_version_is_replayed_for_nobody_else():
    with pytest.raises(PermissionDenied):
        impact.ask_for(person("olga", Role.OPERATOR), RuleSetVersionFactory(), TODAY, TODAY)
    assert denied() == ("access.denied", "user:olga", "replay_rules")
    assert not Impact.objects.exists()
