import pytest

from integrations.services import alert_watch
from reconciliation.services import desk_alerts
from tests.hub import gateway_database, hub, sage_copy, sage_template
from tests.journeys.people import Person

__all__ = ["gateway_database", "hub", "sage_copy", "sage_template"]


@pytest.fixture(autouse=True)
def looks_at_once(monkeypatch):
    """Whoever looks for alerts every some seconds looks in each round."""
    for module in (desk_alerts, alert_watch):
        monkeypatch.setattr(module, "PACE", module.Pace(0.0))


@pytest.fixture
def finance(hub):
    """Works on the desk and writes rules."""
    return Person("demo-finance")


@pytest.fixture
def approver(hub):
    return Person("demo-approver")


@pytest.fixture
def admin(hub):
    return Person("demo-admin")
