import inspect

import pytest
from django.apps import apps
from factory.django import DjangoModelFactory

from tests import builders

FACTORIES = {
    found._meta.model: found
    for _, found in inspect.getmembers(builders, inspect.isclass)
    if issubclass(found, DjangoModelFactory) and found is not DjangoModelFactory
}


@pytest.mark.django_db
@pytest.mark.parametrize("model", FACTORIES, ids=lambda model: model.__name__)
def test_every_builder_makes_a_row_that_the_database_takes_twice(model):
    FACTORIES[model]()
    FACTORIES[model]()
    assert model.objects.exists()


@pytest.mark.parametrize("app", ["integrations", "mapping", "reconciliation"])
def test_every_model_has_a_builder(app):
    missing = [model for model in apps.get_app_config(app).get_models() if model not in FACTORIES]
    assert missing == []


@pytest.mark.django_db
@pytest.mark.parametrize("trait", ["settled", "refund"])
def test_a_transaction_can_be_built_by_its_state(trait):
    assert builders.TransactionFactory(**{trait: True}).pk


@pytest.mark.django_db
@pytest.mark.parametrize("trait", ["tied_out", "discrepant"])
def test_a_batch_can_be_built_by_its_state(trait):
    assert builders.SettlementBatchFactory(**{trait: True}).state == trait
