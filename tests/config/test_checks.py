import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks

from config import checks, production

GOOD = {
    "secret_key": "x" * 50,
    "vault_key_ids": ["2026-01"],
    "allowed_hosts": ["tieout.example"],
    "clock_file": None,
    "allow_sandbox": False,
}


def ids(found) -> list[str]:
    return sorted(each.id for each in found if each.id.startswith("config."))


def test_production_takes_settings_of_its_own():
    assert production.refusals(**GOOD) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"secret_key": None}, "needs TIEOUT_SECRET_KEY"),
        ({"secret_key": "short"}, "at least 50 characters"),
        ({"secret_key": "demo-" + "x" * 60}, "TIEOUT_SECRET_KEY is a demo's"),
        ({"vault_key_ids": []}, "needs TIEOUT_VAULT_KEYS"),
        ({"vault_key_ids": ["2026-01", "dev-1"]}, "TIEOUT_VAULT_KEYS holds a demo's key"),
        ({"allowed_hosts": []}, "needs TIEOUT_ALLOWED_HOSTS"),
        ({"allowed_hosts": ["*"]}, "must name the hosts"),
        ({"clock_file": "clock"}, "TIEOUT_CLOCK_FILE is refused"),
        ({"allow_sandbox": True}, "TIEOUT_ALLOW_SANDBOX is refused"),
        ({"debug": True}, "DEBUG is refused"),
    ],
)
def test_production_refuses_what_belongs_to_a_demo(change, sentence):
    reasons = production.refusals(**{**GOOD, **change})
    assert len(reasons) == 1
    assert sentence in reasons[0]


def test_the_checks_repeat_the_refusals_for_settings_that_code_changed(settings):
    assert ids(run_checks()) == []
    settings.TIEOUT_MODE = "production"
    assert set(ids(run_checks())) == {"config.E001"}


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"retry": 90}, "config.E003"),
        ({"timeout": None}, "config.E003"),
        ({"max_attempts": 0}, "config.E004"),
        ({"ack_failures": False}, "config.E005"),
        ({"timeout": 60}, "config.E006"),
        ({"save_limit": 250}, "config.W002"),
        ({"poll": 1}, "config.W003"),
    ],
)
def test_a_queue_that_repeats_tasks_is_refused(settings, change, number):
    settings.Q_CLUSTER = {**settings.Q_CLUSTER, **change}
    assert ids(run_checks()) == [number]


def test_fewer_workers_than_lanes_are_warned_of(settings):
    settings.TIEOUT_WORKERS = 2
    assert ids(run_checks()) == ["config.W001"]
    settings.TIEOUT_WORKERS = 3
    assert ids(run_checks()) == []


@pytest.mark.django_db
def test_production_does_not_start_beside_a_demos_users(settings):
    get_user_model().objects.create_user("demo-finance")
    checks.refuse_demo_users()
    settings.TIEOUT_MODE = "production"
    with pytest.raises(SystemExit, match=r"demo's users demo-finance exist"):
        checks.refuse_demo_users()
    assert ids(checks.demo_users(None, databases=["default"])) == ["config.E002"]


@pytest.mark.django_db
def test_production_starts_where_no_demo_was(settings):
    get_user_model().objects.create_user("finance")
    settings.TIEOUT_MODE = "production"
    assert checks.demo_users_present() == []
    assert checks.demo_users(None, databases=["default"]) == []
